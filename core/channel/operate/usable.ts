import { fundingDepth, isConfirmed } from '../model/ending.ts';
import type { FundedState } from '../model/state.ts';
import type { Message } from '../../wire/messages/index.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

/** A shutdown has been said, or is wanted: no more HTLCs (BOLT 2, shutdown). */
export function isClosing({ closing }: FundedState): boolean {
  return closing.sent !== undefined || closing.received !== undefined || closing.wanted !== undefined;
}

/** Why no update of ours gets to the peer now, if none does (BOLT 2, Normal Operation and Message Retransmission). */
export function updateObstacle({ lifecycle }: FundedState): Refusal | undefined {
  const { connection, readySent, readyReceived } = lifecycle;
  if (connection === 'disconnected') return refusal('channel.not_connected', 'the peer is not connected');
  if (connection === 'reestablishing') return refusal('channel.reestablishing', "the peer's channel_reestablish has not come");
  return readySent && readyReceived ? undefined : refusal('channel.before_ready', 'the channel is not ready');
}

/** BOLT 2, Normal Operation: begins once both nodes have exchanged channel_ready. */
export function notReady({ lifecycle: { readySent, readyReceived } }: FundedState, { type }: Message): Violation | undefined {
  return readySent && readyReceived ? undefined : violation('channel.before_ready', `${type} came before channel_ready was exchanged`);
}

/** Why we can offer no HTLC now, whatever its amount, if we can't: the channel is usable when nothing is in the way. */
export function offerObstacle(state: FundedState): Refusal | undefined {
  const obstacle = updateObstacle(state);
  if (obstacle !== undefined) return obstacle;
  if (isClosing(state)) return refusal('update_add_htlc.after_shutdown', 'the channel is closing');
  // What the peer offers is taken: it may see another chain.
  if (isConfirmed(state)) return undefined;
  return refusal('channel.funding_unconfirmed', `the chain has taken the funding back: it has ${fundingDepth(state)} confirmations`);
}
