import type { ChannelId, Hash32 } from '../crypto/bytes.ts';
import type { DeviceRun } from './device-run.ts';
import type { DeviceInput, KnownWatcher } from './device-vocabulary.ts';
import { agrees, newest, withoutWaiting, withPending } from './feed.ts';
import type { Feed } from './feed.ts';
import type { Prefix } from './statements.ts';

/** The node tells a watcher. What it is known to hold is acknowledged to the node, and not said again. */
export function told(run: DeviceRun, { watcher: name, channelId, id, content }: Extract<DeviceInput, { kind: 'monitor' }>): void {
  const watcher = run.watcher(name);
  if (watcher === undefined) return;
  const before = run.feed(channelId, watcher.kind);
  const alike = run.env.watchers.filter(({ kind }) => kind === watcher.kind);
  const names = alike.map((one) => one.name);
  const feed = withPending(run.env.crypto, before, names, id, content);
  run.feeds(channelId, watcher.kind, feed);
  // After a restart others may be known to hold it.
  if (feed !== before) for (const one of alike) releaseHeld(run, one, channelId, id);
  const held = run.standing(name).held.get(channelId);
  if (held !== undefined && held.number >= id) {
    // Where it is news, `releaseHeld` has said so.
    if (feed === before && agrees(feed, held) === true) run.effects.push({ kind: 'stored', watcher: name, channelId, id });
    return;
  }
  if (!run.state.ready || !run.standing(name).begun || id <= before.base.number) return;
  if (held !== undefined && agrees(feed, held) === false) return;
  if (id === 1) run.join(watcher, channelId, keysIdOf(feed), undefined);
  run.update(name, channelId, id, content);
}

function releaseHeld(run: DeviceRun, watcher: KnownWatcher, channelId: ChannelId, id: number): void {
  const held = run.standing(watcher.name).held.get(channelId);
  if (held !== undefined && held.number >= id) release(run, watcher, channelId, held);
}

/** Of the first update, where that is still there. */
function keysIdOf({ pending: [first] }: Feed): Hash32 | undefined {
  if (first?.number !== 1 || first.content.kind !== 'update' || first.content.update.kind !== 'parameters') return undefined;
  return first.content.update.keysId;
}

/** A watcher says how much of a channel it holds. */
export function heldAt(run: DeviceRun, name: string, channelId: ChannelId, { number, chain }: Prefix): void {
  const watcher = run.watcher(name);
  if (watcher === undefined) return;
  run.holds(name, channelId, { number, chain });
  release(run, watcher, channelId, { number, chain });
}

/** Tells the node of every update that this watcher holds, where it holds what was told. */
function release(run: DeviceRun, { name, kind }: KnownWatcher, channelId: ChannelId, held: Prefix): void {
  const feed = run.feed(channelId, kind);
  // More than is known here: the node's restart has told, or will tell, whether its state is old.
  if (held.number > newest(feed).number) return;
  const same = agrees(feed, held);
  if (same === false) run.distrust(name, 'watchers.forked', `it holds another update ${held.number} of ${channelId}`);
  if (same !== true) return;
  const waited = feed.pending.filter(({ number, waiting }) => number <= held.number && waiting.includes(name));
  if (waited.length === 0) return;
  run.feeds(channelId, kind, withoutWaiting(feed, name, held.number));
  for (const { number: id } of waited) run.effects.push({ kind: 'stored', watcher: name, channelId, id });
}

/** Says to a watcher what it lacks, of one channel or of all: as the updates that are still there, or as a copy. */
export function resynchronise(run: DeviceRun, name: string, only?: ChannelId): void {
  const watcher = run.watcher(name);
  if (watcher === undefined || !run.state.ready) return;
  for (const channelId of only === undefined ? run.state.channels.keys() : [only]) {
    const feed = run.feed(channelId, watcher.kind);
    const held = run.standing(name).held.get(channelId);
    if (held !== undefined) release(run, watcher, channelId, held);
    if (held === undefined || agrees(feed, held) !== false) catchUp(run, watcher, channelId, feed, held?.number);
  }
}

function catchUp(run: DeviceRun, watcher: KnownWatcher, channelId: ChannelId, feed: Feed, held: number | undefined): void {
  const { name } = watcher;
  if ((held ?? 0) < feed.base.number) {
    run.effects.push({ kind: 'copy_wanted', watcher: name, channelId });
    return;
  }
  if (held === undefined && feed.pending.length > 0) run.join(watcher, channelId, keysIdOf(feed), undefined);
  for (const { number, content } of feed.pending) if (number > (held ?? 0)) run.update(name, channelId, number, content);
}
