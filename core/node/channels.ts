import { keepsWaiting } from '../channel/awaited.ts';
import { channelStep } from '../channel/channel.ts';
import { errorData } from '../channel/fail/fail-channel.ts';
import type { ChannelState, StoredChannel } from '../channel/model/state.ts';
import type { ChannelInput, ChannelOutput } from '../channel/model/channel-vocabulary.ts';
import type { ChannelId, PublicKey } from '../crypto/bytes.ts';
import { dropHeldUpdates, dropUnwantedBroadcasts, enqueue, release } from './outbox.ts';
import { drain } from './worklist.ts';
import { channelEnv, ownChannels, setSlot, waitUntil } from './run.ts';
import type { Run } from './run.ts';
import type { ChannelSlot, NodeState, NodeWord } from './node-vocabulary.ts';
import { isOwed, told } from './watching/watching.ts';
import type { Watching } from './watching/watching.ts';
import { RULES } from '../rules.ts';
import type { ViolableId } from '../rules.ts';

/** The funded channels of a node. */

export function channelsWith(state: NodeState, peer: PublicKey): readonly ChannelId[] {
  const ids: ChannelId[] = [];
  for (const [id, slot] of state.channels) if (slot.state.params.peer === peer) ids.push(id);
  return ids;
}

/** One channel takes one input. */
export function stepChannel(run: Run, channelId: ChannelId, input: ChannelInput): void {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return;
  const { state, effects } = channelStep(channelEnv(run, slot.state.params.peer, slot.current), slot.state, input);
  // By its own id, not an equal one that came in a message: the same string is found many times as fast.
  adopt(run, slot.state.channelId, slot, state, effects);
}

/**
 * From when a connected peer owes something until it has answered, a minute runs. BOLT 2 has no such bound; most of what holds a peer up is over
 * when it connects again.
 */
function watchSilence(run: Run, channelId: ChannelId, before: StoredChannel, state: ChannelState): void {
  if (before.phase !== 'funded') return;
  const { connection, awaited } = before.lifecycle;
  const same = state.phase === 'funded' && state.lifecycle.connection === connection && state.lifecycle.awaited === awaited;
  if (same) return;
  const waits = state.phase === 'funded' && keepsWaiting(state);
  waitUntil(run, channelId, waits ? run.state.nowMs + run.env.config.answerTimeoutMs : undefined);
}

/** The minute is over: true when the peer is at fault, and not our own disk, which holds back what it is to answer. */
export function isSilent(run: Run, channelId: ChannelId): boolean {
  const slot = run.state.channels.get(channelId);
  if (slot === undefined) return false;
  if (!slot.outbox.some(({ kind }) => kind === 'send')) return true;
  waitUntil(run, channelId, run.state.nowMs + run.env.config.answerTimeoutMs);
  return false;
}

/** What a step of a channel came to takes its place in the node. */
export function adopt(run: Run, channelId: ChannelId, before: ChannelSlot, state: ChannelState, effects: readonly ChannelOutput[]): void {
  watchSilence(run, channelId, before.state, state);
  if (state.phase === 'forgotten') {
    ownChannels(run).delete(channelId);
    run.effects.push({ kind: 'forget', channelId });
    run.work.push(...effects);
    releaseAll(run, channelId);
    return drain(run);
  }
  const failed = state.phase === 'failed' && before.state.phase === 'funded';
  const { outbox, storedVersion } = failed ? dropHeldUpdates(before) : before;
  const current = before.current || (state.phase === 'funded' && state.lifecycle.connection === 'connected');
  const watching = before.watching && afterStore(run, before.watching, effects);
  const words = before.watching === undefined ? effects : withRecords(effects, before.watching);
  const isSame = state === before.state && watching === before.watching;
  const slot = isSame ? before : { state: state as StoredChannel, outbox, storedVersion, current, watching };
  setSlot(run, channelId, enqueue(dropUnwantedBroadcasts(slot), words, run.work));
  releaseAll(run, channelId);
  if (watching !== undefined && isOwed(slot)) run.work.push({ kind: 'watched', channelId });
  drain(run);
}

/** What the node's own watcher has done rides in the channel's next store. */
function withRecords(effects: readonly ChannelOutput[], { unstored }: Watching): readonly NodeWord[] {
  if (unstored.length === 0) return effects;
  return effects.map((effect) => {
    if (effect.kind !== 'store') return effect;
    const { kind, channelId, version, state, records } = effect;
    return { kind, channelId, version, state, records: [...unstored, ...records] };
  });
}

/** Where a step stores, the channel's watcher has something more to learn, and nothing left to store. */
function afterStore({ env: { crypto } }: Run, watching: Watching, effects: readonly ChannelOutput[]): Watching {
  for (const effect of effects) if (effect.kind === 'store') return told(crypto, watching, effect.records);
  return watching;
}

/** Everything that may leave now, of this channel first and then of others that waited for it. */
export function releaseAll(run: Run, first: ChannelId): void {
  const { channels } = run.state;
  const own = channels.get(first);
  if (own !== undefined && own.outbox.length > 0) setSlot(run, first, release(channels, own, run.work));
  for (const slot of channels.values()) {
    const { channelId } = slot.state;
    if (slot.outbox.length === 0 || channelId === first) continue;
    setSlot(run, channelId, release(run.state.channels, slot, run.work));
  }
}

/**
 * What names no channel that is there: an error for its id, and nothing else (BOLT 1). A warning by rules whose ids mean something to the peer,
 * which an error would fail.
 */
export function answer(run: Run, peer: PublicKey, channelId: ChannelId, rule: ViolableId, detail: string): void {
  const data = errorData(`${rule}: ${detail}`);
  const type = RULES[rule].consequence === 'warn' ? 'warning' : 'error';
  run.effects.push({ kind: 'violated', peer, channelId, rule, detail }, { kind: 'send', peer, message: { type, channelId, data } });
}
