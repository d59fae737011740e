import type { Outpoint } from '../bitcoin/tx.ts';
import type { StoredChannel } from '../channel/model/state.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import type { Dependency } from '../channel/model/channel-vocabulary.ts';
import { wantedOf } from '../channel/fail/broadcast.ts';
import type { ChannelSlot, NodeWord } from './node-vocabulary.ts';

/** What an effect waits for; absent for those that no store and no queue holds back. */
function dependenciesOf(effect: NodeWord): readonly Dependency[] | undefined {
  return 'after' in effect ? effect.after : undefined;
}

function isDurable(channels: ReadonlyMap<ChannelId, ChannelSlot>, dependency: Dependency): boolean {
  const slot = channels.get(dependency.channelId);
  if (slot === undefined) return true;
  if ('sink' in dependency) return slot.storedVersion >= dependency.version;
  const { quorum, of, number } = dependency;
  return of.filter((watcher) => holds(slot.state, watcher, number)).length >= quorum;
}

/** A watcher's updates count by contiguous prefix: none up to this one may be open. */
function holds({ durability }: StoredChannel, watcher: string, number: number): boolean {
  return durability.pendingMonitor.every((pending) => pending.id > number || !pending.waiting.includes(watcher));
}

function mayLeave(channels: ReadonlyMap<ChannelId, ChannelSlot>, slot: ChannelSlot, effect: NodeWord): boolean {
  if (isRevocation(effect) && owesPreimage(slot)) return false;
  return (dependenciesOf(effect) ?? []).every((dependency) => isDurable(channels, dependency));
}

function isRevocation(effect: NodeWord): boolean {
  return effect.kind === 'send' && effect.message.type === 'revoke_and_ack';
}

/**
 * What it has learned claims an HTLC of another channel, where it is not durable yet. The commitment that has the forwarded HTLC is not revoked
 * before: this store may come back old. Read off the state whenever a revocation is to leave, retransmitted or not; a store waits for nothing, so
 * channels that forward to each other wait in no circle.
 */
function owesPreimage({ state }: ChannelSlot): boolean {
  return state.host.events.some(({ event }) => event.kind === 'payment_sent' && event.origin.kind === 'forward');
}

/** What a failed channel broadcasts, or has signed for that, waits for its own store only, not for what a watcher still owes. */
function isUrgent({ state }: ChannelSlot, { kind }: NodeWord): boolean {
  return state.phase === 'failed' && (kind === 'broadcast' || kind === 'sign');
}

/** The same waits already: whatever a peer says again and again while a store hangs, the queue does not grow. */
function isHeld({ outbox }: ChannelSlot, effect: NodeWord): boolean {
  if (effect.kind === 'broadcast') return outbox.some((held) => held.kind === 'broadcast' && held.tx === effect.tx);
  if (effect.kind !== 'send' || effect.message.type !== 'error') return false;
  const { data } = effect.message;
  return outbox.some((held) => held.kind === 'send' && held.message.type === 'error' && held.message.data === data);
}

function withOutbox({ state, storedVersion, current, watching }: ChannelSlot, outbox: readonly NodeWord[]): ChannelSlot {
  return { state, outbox, storedVersion, current, watching };
}

/** More coins are asked for the same claim than before: of what has not left, only the newest question does. */
export function withoutQuestion(slot: ChannelSlot, { txid, vout }: Outpoint): ChannelSlot {
  return keepOnly(slot, (held) => held.kind !== 'ask_coins' || held.claim.txid !== txid || held.claim.vout !== vout);
}

/** Puts a step's effects in order: what waits joins the channel's queue, the rest leaves at once. */
export function enqueue(slot: ChannelSlot, effects: readonly NodeWord[], leaving: NodeWord[]): ChannelSlot {
  if (effects.length === 0) return slot;
  const waiting: NodeWord[] = [];
  const urgent: NodeWord[] = [];
  for (const effect of effects) {
    if (dependenciesOf(effect) === undefined) leaving.push(effect);
    else if (!isHeld(slot, effect)) (isUrgent(slot, effect) ? urgent : waiting).push(effect);
  }
  return waiting.length + urgent.length === 0 ? slot : withOutbox(slot, [...urgent, ...slot.outbox, ...waiting]);
}

/**
 * Releases from the head of the channel's queue what no store holds back. The channel is paused while the head waits. What watchers are told
 * waits for its store alone: one that hangs keeps nothing from the others. Nor does what is sent hold back the word that an answer is durable: the
 * revocation of another channel waits for it, and may be waited for.
 */
export function release(channels: ReadonlyMap<ChannelId, ChannelSlot>, slot: ChannelSlot, leaving: NodeWord[]): ChannelSlot {
  const held: NodeWord[] = [];
  for (const effect of slot.outbox) {
    if ((held.length === 0 || passes(effect)) && mayLeave(channels, slot, effect)) leaving.push(effect);
    else held.push(effect);
  }
  return held.length === slot.outbox.length ? slot : withOutbox(slot, held);
}

function passes({ kind }: NodeWord): boolean {
  return kind === 'monitor' || kind === 'answer_durable' || isOnChain(kind);
}

/** What is claimed on the chain waits for no peer, and for no watcher elsewhere. */
function isOnChain(kind: NodeWord['kind']): boolean {
  return kind === 'claim' || kind === 'ask_coins' || kind === 'release_coins' || kind === 'sign_claim' || kind === 'told_on_chain';
}

/** Held messages count as sent and lost after a disconnection. Other effects stay. */
export function dropHeldSends(slot: ChannelSlot): ChannelSlot {
  return keepOnly(slot, (effect) => effect.kind !== 'send');
}

/** Nor do they leave when the channel fails, nor what its signer was to do; but for channel_reestablish: the error must not come before it. */
export function dropHeldUpdates(slot: ChannelSlot): ChannelSlot {
  return keepOnly(slot, (effect) => {
    if (effect.kind === 'send') return effect.message.type === 'channel_reestablish';
    return effect.kind !== 'sign';
  });
}

/** A failed channel that has learned that its transaction is not to be broadcast, or which one is, drops what it held of others. */
export function dropUnwantedBroadcasts(slot: ChannelSlot): ChannelSlot {
  const { state } = slot;
  if (state.phase !== 'failed') return slot;
  const wanted = wantedOf(state);
  return keepOnly(slot, (effect) => effect.kind !== 'broadcast' || effect.tx === wanted);
}

function keepOnly(slot: ChannelSlot, stays: (effect: NodeWord) => boolean): ChannelSlot {
  return slot.outbox.every(stays) ? slot : withOutbox(slot, slot.outbox.filter(stays));
}
