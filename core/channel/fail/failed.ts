import { txid } from '../../bitcoin/tx.ts';
import type { ChannelReestablish } from '../../wire/messages/index.ts';
import { broadcastFailed, broadcastNowAndThen } from './broadcast.ts';
import { closingBlockSeen, spendsFunding } from '../close/closing-signed.ts';
import { draft } from '../model/draft.ts';
import type { Out } from '../step/transition.ts';
import { announceEvents, persist, send } from '../step/transition.ts';
import { errorData, failUnsigned, isOfOurTime } from './fail-channel.ts';
import type { BlockTransaction } from '../model/vocabulary.ts';
import { diagnose, reestablishMessage } from '../retransmit/channel-reestablish.ts';
import type { FailedState } from '../model/state.ts';
import type { Refusal } from '../model/violation.ts';
import { refusal } from '../model/violation.ts';

/** What a failed channel still does. */

/**
 * BOLT 2, Message Retransmission: a channel in an error state SHOULD repeat its error. It says channel_reestablish first, which BOLT 2 asks of
 * other channels only and forbids to none: a peer that came back with an old state must see the proof in it before it takes the error, or it
 * would broadcast a commitment that it has revoked. The error waits for the same stores, so that it never overtakes the proof.
 */
export function greet(out: Out<FailedState>): void {
  send(out, reestablishMessage(out.env, out.state));
  const { channelId, error } = out.state;
  if (error !== undefined) send(out, { type: 'error', channelId, data: error });
}

/** The owner does not want to wait for the mutual close any longer: its fee may be too low. */
export function preferCommitment(out: Out<FailedState>): Refusal | undefined {
  const { closingTx, commitmentToBroadcast, spentBy } = out.state;
  if (closingTx === undefined || commitmentToBroadcast === undefined || spentBy !== undefined)
    return refusal('force_close', 'the channel has failed already');
  draft(out).closingTx = undefined;
  persist(out);
  broadcastFailed(out);
  return undefined;
}

/**
 * A peer that goes on as if nothing had happened has not heard, or has forgotten. One that proves that our state is old comes too late for what
 * was broadcast (BOLT 1: an error MUST fail the channel, also where it came before the proof), but nothing of it is broadcast again.
 */
export function receiveReestablishLate(out: Out<FailedState>, message: ChannelReestablish): void {
  const { kind } = diagnose(out.env, out.state, message);
  if (kind === 'we-are-behind' && out.state.commitmentToBroadcast !== undefined) {
    draft(out).commitmentToBroadcast = undefined;
    persist(out);
  }
  if (kind === 'resume') certain(out);
  // Briefly: `greet` has said all of it, and a peer may ask as often as it likes.
  send(out, { type: 'error', channelId: out.state.channelId, data: errorData(out.state.reason) });
}

/** Our state is known not to be old. */
function certain(out: Out<FailedState>): void {
  const { nextEventId } = out.state;
  failUnsigned(out);
  if (out.state.nextEventId === nextEventId) return;
  persist(out);
  announceEvents(out, nextEventId);
}

/** BOLT 5: the chain decides. A mutual close ends the channel; after a commitment nothing of ours is broadcast any more. */
export function failedBlock(out: Out<FailedState>, transactions: readonly BlockTransaction[]): void {
  if (closingBlockSeen(out, transactions)) return;
  const spend = transactions.find(({ tx }) => spendsFunding(out.state, tx));
  if (spend === undefined) return broadcastNowAndThen(out);
  const { nextEventId } = out.state;
  draft(out).spentBy = txid(out.env.crypto, spend.tx);
  if (isOfOurTime(out.env, out.state, spend.tx)) failUnsigned(out);
  persist(out);
  announceEvents(out, nextEventId);
}
