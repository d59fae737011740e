import { canCommitNow } from '../../channel/commitments/commitment-signed.ts';
import type { NewHtlc, NotOffered } from '../../channel/model/channel-vocabulary.ts';
import { isClosed, isConfirmed } from '../../channel/model/ending.ts';
import { forwards } from '../../channel/model/origin.ts';
import type { Origin } from '../../channel/model/origin.ts';
import { isClosing } from '../../channel/operate/usable.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import { expiryFault, permanently, temporarily } from '../../payments/forwarding.ts';
import type { NotForwarded } from '../../payments/forwarding.ts';
import { stepChannel } from '../channels.ts';
import type { ChannelSlot, WaitingAdd } from '../node-vocabulary.ts';
import { draft, waitUntil } from '../run.ts';
import type { Run } from '../run.ts';
import { incomingHtlc, notForwarded, recordOf } from './answer-htlc.ts';

/**
 * HTLCs on their way to a channel of this node. They enter its log only where it can sign for them at once, so that until then they can be
 * failed; all that wait, for one signature. In memory alone: lost in a crash, their incoming HTLCs are undecided again.
 */

/** In one channel: as many as one commitment may have. More are failed. */
export const MAX_WAITING_ADDS = 483;

/** The name of a channel's wait among the deadlines of the node. */
type WaitingKey = `waiting ${ChannelId}`;

function waitingKey(channelId: ChannelId): WaitingKey {
  return `waiting ${channelId}`;
}

export function isWaitingKey(key: string): key is WaitingKey {
  return key.startsWith('waiting ');
}

export function channelOf(key: WaitingKey): ChannelId {
  return key.slice('waiting '.length) as ChannelId;
}

type Fate = 'ready' | 'wait' | NotForwarded;

/** What is to be done with an HTLC for this channel now. */
function fateOf({ state, outbox, current }: ChannelSlot, isNew: boolean): Fate {
  // What its state doesn't show may have been lost: nothing that rests on that is failed before it has shown that it is current.
  if (!current && !isNew) return 'wait';
  if (state.phase === 'failed' || isClosed(state)) return permanently('the channel is closed');
  if (isClosing(state)) return permanently('the channel is closing');
  const { connection, readySent, readyReceived } = state.lifecycle;
  if (connection === 'disconnected') return temporarily('the peer is not connected');
  if (!readySent || !readyReceived || !isConfirmed(state)) return temporarily('the channel is not ready');
  return outbox.length === 0 && canCommitNow(state) ? 'ready' : 'wait';
}

/** Hands an HTLC to its channel, or says why it can't go on. */
export function hand(run: Run, channelId: ChannelId, add: NewHtlc, isNew: boolean): NotForwarded | undefined {
  const fate = fateOf(run.state.channels.get(channelId) as ChannelSlot, isNew);
  if (typeof fate !== 'string') return fate;
  const before = run.state.waiting.get(channelId) ?? [];
  if (before.length >= MAX_WAITING_ADDS) return temporarily(`${before.length} HTLCs wait already`);
  setWaiting(run, channelId, [...before, { add, sinceMs: run.state.nowMs, isNew }]);
  return undefined;
}

function setWaiting(run: Run, channelId: ChannelId, adds: readonly WaitingAdd[]): void {
  const node = draft(run);
  const waiting = new Map(node.waiting);
  if (adds.length > 0) waiting.set(channelId, adds);
  else waiting.delete(channelId);
  node.waiting = waiting;
  limitWait(run, channelId);
}

/** How long the first of them still waits: for ever, while what the channel shows proves nothing of it. */
function limitWait(run: Run, channelId: ChannelId): void {
  const first = run.state.waiting.get(channelId)?.find((waiting) => isLimited(run, channelId, waiting));
  waitUntil(run, waitingKey(channelId), first === undefined ? undefined : first.sinceMs + run.env.config.maxForwardWaitMs);
}

function isLimited(run: Run, channelId: ChannelId, { isNew }: WaitingAdd): boolean {
  return isNew || run.state.channels.get(channelId)?.current === true;
}

/** Nothing else is left to do in this step: every channel that can takes what waits for it. */
export function flushWaiting(run: Run): void {
  for (const [channelId, adds] of run.state.waiting) {
    const slot = run.state.channels.get(channelId);
    const fates = adds.map(({ isNew }) => (slot === undefined ? permanently('the channel is gone') : fateOf(slot, isNew)));
    const left = adds.filter((_, i) => fates[i] === 'wait');
    if (left.length === adds.length) limitWait(run, channelId);
    else setWaiting(run, channelId, left);
    const ready = adds.filter((_, i) => fates[i] === 'ready');
    if (ready.length > 0) offer(run, channelId, ready);
    for (const [i, { add }] of adds.entries()) {
      const fate = fates[i] as Fate;
      if (typeof fate !== 'string') giveBack(run, add.origin, fate);
    }
  }
}

function offer(run: Run, channelId: ChannelId, waited: readonly WaitingAdd[]): void {
  const adds: NewHtlc[] = [];
  for (const { add } of waited) {
    const late = expiryFault(run.env.config, add.cltvExpiry, run.state.tip.height);
    if (late === undefined) adds.push(add);
    else giveBack(run, add.origin, late);
  }
  if (adds.length > 0) stepChannel(run, channelId, { kind: 'offer', adds });
}

/** The channel's own limits forbid it. */
export function notOffered(run: Run, { origin, rule, detail }: NotOffered): void {
  giveBack(run, origin, temporarily(`${rule}: ${detail}`));
}

/** Time has passed: those that have waited too long. */
export function expireWaiting(run: Run, channelId: ChannelId): void {
  const adds = run.state.waiting.get(channelId) ?? [];
  const latest = run.state.nowMs - run.env.config.maxForwardWaitMs;
  const late = adds.filter((waiting) => waiting.sinceMs <= latest && isLimited(run, channelId, waiting));
  setWaiting(
    run,
    channelId,
    adds.filter((waiting) => !late.includes(waiting)),
  );
  for (const { add } of late) giveBack(run, add.origin, temporarily('the channel could not take it in time'));
}

/** One whose incoming HTLC is answered otherwise. */
export function dropWaiting(run: Run, channelId: ChannelId, incoming: ChannelId, htlcId: bigint): void {
  const adds = run.state.waiting.get(channelId) ?? [];
  setWaiting(
    run,
    channelId,
    adds.filter(({ add: { origin } }) => !forwards(origin, incoming, htlcId)),
  );
}

/** Whoever wanted it to go on hears that it does not. */
function giveBack(run: Run, origin: Origin, fault: NotForwarded): void {
  run.work.push({ kind: 'given_back', origin, fault });
}

/** It does not go on: its incoming HTLC is failed. */
export function forwardGivenBack(run: Run, { channelId, htlcId }: Extract<Origin, { kind: 'forward' }>, fault: NotForwarded): void {
  const incoming = run.state.channels.get(channelId)?.state;
  const add = incoming && incomingHtlc(incoming, htlcId);
  if (incoming === undefined || add === undefined || recordOf(incoming, htlcId)?.answered !== undefined) return;
  notForwarded(run, channelId, add, fault);
}
