import type { ChannelReestablish } from '../../wire/messages/index.ts';
import { broadcastFailed, tellFinal } from './broadcast.ts';
import { draftClosing, draftFailure } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { notifyEvents, persist, send } from '../step/transition.ts';
import { errorData, failUnsigned } from './fail-channel.ts';
import { diagnose, reestablishMessage } from '../retransmit/channel-reestablish.ts';
import { fundingSpend } from '../model/ending.ts';
import type { FailedState } from '../model/state.ts';
import type { Refusal } from '../model/violation.ts';
import { refusal } from '../model/violation.ts';

/** What a failed channel still does. */

/**
 * BOLT 2, Message Retransmission: a channel in an error state SHOULD repeat its error. It says channel_reestablish first, which BOLT 2 asks of
 * other channels only and forbids to none: a peer that came back with an old state must see the proof in it before it takes the error, or it
 * would broadcast a commitment that it has revoked. The error waits for the same stores, so that it never overtakes the proof.
 */
export function greet(out: Transition<FailedState>): void {
  send(out, reestablishMessage(out.env, out.state));
  const { channelId, failure } = out.state;
  const { error } = failure;
  if (error !== undefined) send(out, { type: 'error', channelId, data: error });
}

/** The owner does not want to wait for the mutual close any longer: its fee may be too low. */
export function preferCommitment(out: Transition<FailedState>): Refusal | undefined {
  const { closing, failure, chain } = out.state;
  if (closing.tx === undefined || failure.stale || fundingSpend(out.state, chain) !== undefined)
    return refusal('force_close.failed_already', 'the channel has failed already');
  draftClosing(out).tx = undefined;
  persist(out);
  tellFinal(out);
  broadcastFailed(out);
  return undefined;
}

/**
 * A peer that goes on as if nothing had happened has not heard, or has forgotten. One that proves that our state is old comes too late for what
 * was broadcast (BOLT 1: an error MUST fail the channel, also where it came before the proof), but nothing of it is broadcast again.
 */
export function receiveReestablishLate(out: Transition<FailedState>, message: ChannelReestablish): void {
  const { kind } = diagnose(out.env, out.state, message);
  if (kind === 'we-are-behind' && !out.state.failure.stale) {
    const failure = draftFailure(out);
    failure.stale = true;
    failure.commitmentToBroadcast = undefined;
    persist(out);
  }
  if (kind === 'resume') certain(out);
  const { rule, reason } = out.state.failure;
  // Briefly: `greet` has said all of it, and a peer may ask as often as it likes.
  send(out, { type: 'error', channelId: out.state.channelId, data: errorData(`${rule}: ${reason}`) });
}

/** Our state is known not to be old. */
function certain(out: Transition<FailedState>): void {
  const { nextEventId } = out.state.host;
  failUnsigned(out);
  if (out.state.host.nextEventId === nextEventId) return;
  persist(out);
  notifyEvents(out, nextEventId);
}
