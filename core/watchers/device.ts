import * as codec from '../wire/codec.ts';
import type { DeviceEnv, DeviceInput, DeviceState, DeviceStep, KeptChannel, Session } from './device-vocabulary.ts';
import { DeviceRun, nothingHeard } from './device-run.ts';
import { heldAt, resynchronise, told } from './device-sync.ts';
import { newest, prefixAt } from './feed.ts';
import type { Feed } from './feed.ts';
import { wordsToDevice } from './messages.ts';
import type { ToDevice } from './messages.ts';
import { open } from './seal.ts';
import { isSigned, NO_EPOCH, sameEpoch } from './statements.ts';
import type { Epoch, Prefix } from './statements.ts';
import { neededToBegin } from './quorum.ts';

/**
 * A device that starts, with what is durable of its channels' feeds. The node does not run before `ready`: until then its channels must not
 * reestablish, sign or be failed, because a newer start of the same node may exist. `session`: 16 random bytes, of this start alone.
 */
export function createDevice(env: DeviceEnv, session: Session, kept: readonly KeptChannel[]): DeviceStep {
  const feed = (base: Prefix): Feed => ({ base, pending: [] });
  const channels = new Map(kept.map(({ channelId, base }) => [channelId, { full: feed(base.full), blind: feed(base.blind) }]));
  const standings = new Map(env.watchers.map(({ name }) => [name, nothingHeard()]));
  const run = new DeviceRun(env, { epoch: NO_EPOCH, serial: 0, ready: false, standings, channels });
  run.begin({ number: 1, session });
  beginsWhenHeard(run);
  return run.done();
}

/** The device's side of its watchers, pure. Never throws for what comes from a link. */
export function deviceStep(env: DeviceEnv, state: DeviceState, input: DeviceInput): DeviceStep {
  const run = new DeviceRun(env, state);
  switch (input.kind) {
    case 'connected':
      if (!run.state.ready && refusals(run).length > 0) beginLater(run);
      else run.send(input.watcher, { kind: 'begin' });
      break;
    case 'received':
      received(run, input.watcher, input.bytes);
      break;
    case 'monitor':
      told(run, input);
      break;
    case 'copy':
      copied(run, input);
      break;
    case 'fetch':
      run.send(input.watcher, { kind: 'fetch', channelId: input.channelId });
      break;
    case 'leave':
      for (const { name } of env.watchers) run.send(name, { kind: 'leave', channelId: input.channelId });
      run.forget(input.channelId);
      break;
  }
  return run.done();
}

function received(run: DeviceRun, name: string, bytes: Uint8Array): void {
  const watcher = run.watcher(name);
  const plaintext = watcher === undefined ? undefined : open(run.env, watcher.link.toDevice, bytes);
  if (plaintext === undefined) return run.distrust(name, 'watchers.unreadable', 'it was not sealed by this watcher');
  const words = codec.decode(wordsToDevice, plaintext);
  if (!words.ok) return run.distrust(name, 'watchers.unreadable', `${words.error.field}: ${words.error.detail}`);
  if (!sameEpoch(words.value.epoch, run.state.epoch)) return otherEpoch(run, name, words.value);
  if (words.value.kind === 'preimage') {
    const { channelId, preimage } = words.value;
    run.effects.push({ kind: 'preimage', watcher: name, channelId, preimage });
    return;
  }
  // An older answer that comes late, or again, says nothing new.
  if (words.value.answers < run.standing(name).answered) return;
  run.answered(name, words.value.answers);
  listen(run, name, words.value);
}

/**
 * A watcher has heard of a newer start. One may lie: a device that runs stops when so many say so that no quorum is left, and one that starts goes
 * on as long as there are enough without them.
 */
function otherEpoch(run: DeviceRun, name: string, { epoch }: ToDevice): void {
  if (epoch.number < run.state.epoch.number) return;
  run.superseded(name, epoch.number);
  const { watchers, quorum } = run.env;
  const needed = neededToBegin({ watchers: watchers.map((watcher) => watcher.name), quorum });
  const refused = refusals(run).length;
  if (run.state.ready) {
    if (refused >= needed) run.effects.push({ kind: 'superseded' });
  } else if (watchers.length - refused < needed) beginLater(run);
}

function refusals(run: DeviceRun): readonly number[] {
  return run.env.watchers.flatMap(({ name }) => run.standing(name).newer ?? []);
}

/** Behind the least of the newer epochs: one that somebody made up, however high, is in nobody's way. */
function beginLater(run: DeviceRun): void {
  const number = Math.min(...refusals(run)) + 1;
  if (Number.isSafeInteger(number)) run.begin({ number, session: run.state.epoch.session });
}

function listen(run: DeviceRun, name: string, words: Exclude<ToDevice, { kind: 'preimage' }>): void {
  switch (words.kind) {
    case 'begun': {
      if (!words.held.every((held) => isSignedBy(run, name, words.epoch, held))) return;
      run.begun(name, words.held);
      if (!run.state.ready) return beginsWhenHeard(run);
      tellAhead(run, name);
      return resynchronise(run, name);
    }
    case 'holds':
    case 'lacks': {
      if (!isSignedBy(run, name, words.epoch, words.held)) return;
      heldAt(run, name, words.held.channelId, words.held);
      if (words.kind === 'lacks') resynchronise(run, name, words.held.channelId);
      return;
    }
    case 'unknown':
      run.holds(name, words.channelId, undefined);
      return resynchronise(run, name, words.channelId);
    case 'copy':
      run.effects.push({ kind: 'copy', watcher: name, channelId: words.channelId, copy: words.copy });
      return;
    case 'left':
      return;
    case 'superseded':
      // It says so with an epoch that is not ours.
      return;
  }
}

function isSignedBy(run: DeviceRun, name: string, epoch: Epoch, held: Parameters<typeof isSigned>[3]): boolean {
  const watcher = run.watcher(name);
  if (watcher !== undefined && isSigned(run.env.crypto, watcher.key, epoch, held)) return true;
  run.distrust(name, 'watchers.unsigned', `update ${held.number} of ${held.channelId}`);
  return false;
}

/** So many have heard that every quorum that ever was is met, and none is left to an older start. */
function beginsWhenHeard(run: DeviceRun): void {
  const { watchers, quorum } = run.env;
  const names = watchers.map(({ name }) => name);
  const begun = names.filter((name) => run.standing(name).begun);
  if (begun.length < neededToBegin({ watchers: names, quorum })) return;
  run.ready();
  const watcherIds = begun.flatMap((watcher) =>
    [...run.standing(watcher).held].map(([channelId, { number }]) => ({ channelId, watcher, id: number })),
  );
  run.effects.push({ kind: 'ready', watcherIds });
  for (const name of begun) resynchronise(run, name);
}

/** What a watcher holds that the node has not told, now that it runs. */
function tellAhead(run: DeviceRun, name: string): void {
  const watcher = run.watcher(name);
  for (const [channelId, { number }] of run.standing(name).held)
    if (watcher !== undefined && number > newest(run.feed(channelId, watcher.kind)).number)
      run.effects.push({ kind: 'ahead', channelId, watcher: name, id: number });
}

/** A copy stands for all updates up to its number: the device must know what those were. */
function copied(run: DeviceRun, { watcher: name, channelId, number, knowledge }: Extract<DeviceInput, { kind: 'copy' }>): void {
  const watcher = run.watcher(name);
  if (watcher === undefined) return;
  const feed = run.feed(channelId, watcher.kind);
  const prefix = prefixAt(feed, number);
  if (prefix === undefined) {
    run.effects.push({ kind: 'refused', rule: 'watchers.lacking', detail: `a copy with ${number} updates is too old, or from the future` });
    return;
  }
  const { keysId } = knowledge.parameters;
  const copy = { number, chain: prefix.chain, knowledge: watcher.kind === 'full' ? knowledge : undefined };
  run.join(watcher, channelId, keysId, copy);
  for (const { number: later, content } of feed.pending) if (later > number) run.update(name, channelId, later, content);
}
