import type { ChannelReestablish } from '../wire/messages/index.ts';
import type { Out } from './effects.ts';
import { persist, send } from './effects.ts';
import { errorData } from './fail.ts';
import { diagnose, reestablishMessage } from './reestablish.ts';
import type { FailedState } from './state.ts';

/** What a failed channel still does. */

/**
 * BOLT 2, Message Retransmission: a channel in an error state SHOULD repeat its error. It says channel_reestablish first, which BOLT 2 asks of
 * other channels only and forbids to none: a peer that came back with an old state must see the proof in it before it takes the error, or it
 * would broadcast a commitment that it has revoked. The error waits for the same stores, so that it never overtakes the proof.
 */
export function greet(out: Out<FailedState>): void {
  send(out, reestablishMessage(out.env, out.state));
  if (out.state.error !== undefined) repeatError(out);
}

function repeatError(out: Out<FailedState>): void {
  const { channelId, error, reason } = out.state;
  send(out, { type: 'error', channelId, data: error ?? errorData(reason) });
}

/**
 * A peer that goes on as if nothing had happened has not heard, or has forgotten. One that proves that our state is old comes too late for what
 * was broadcast (BOLT 1: an error MUST fail the channel, also where it came before the proof), but nothing of it is broadcast again.
 */
export function receiveReestablishLate(out: Out<FailedState>, message: ChannelReestablish): void {
  const { commitmentToBroadcast, ...rest } = out.state;
  if (commitmentToBroadcast !== undefined && diagnose(out.env, out.state, message).kind === 'we-are-behind') {
    out.state = rest;
    persist(out);
  }
  repeatError(out);
}
