import { other } from '../transactions/types.ts';
import { contents } from './model/contents.ts';
import { awaitsRemoteSignature } from './model/duties.ts';
import type { Awaited, FundedState, StoredChannel } from './model/state.ts';
import { draftLifecycle } from './step/draft.ts';
import type { Transition } from './step/transition.ts';
import { notify, persist } from './step/transition.ts';

/**
 * Answers that the peer owes. Each has a bound in blocks, whether there is a connection or not, as long as this node is there to hear it. A channel on its way to its use, or to its end,
 * fails at it (`missedReady`, `missedClosing`); one in use only tells its host: an HTLC has a deadline of its own, and without one nothing is lost by waiting.
 */

type Owed = Omit<Awaited, 'sinceHeight'>;

/** The first message that the peer owes: read off the state, whatever has become of the connection. */
function owedBy(state: FundedState): Owed | undefined {
  const { shared, params, closing, lifecycle } = state;
  const { us } = params;
  const ours = shared.commitments[us];
  const theirs = shared.commitments[other(us)];
  if (theirs.next !== undefined)
    return awaitsRemoteSignature(state) ? undefined : { message: 'revoke_and_ack', number: theirs.current.number };
  if (ours.next === undefined && ours.current.cut[us] < theirs.current.cut[us])
    return { message: 'commitment_signed', number: ours.current.number + 1n };
  if (closing.sent !== undefined) {
    // Our own signer is no fault of the peer's, and HTLCs have deadlines of their own.
    if (closing.tx !== undefined || closing.agreed !== undefined || closing.negotiation?.offered?.unsigned !== undefined) return undefined;
    if (contents(shared, ours.current.cut).htlcs.length > 0) return undefined;
    return { message: closing.received === undefined ? 'shutdown' : 'closing_signed', number: 0n };
  }
  return lifecycle.readySent && !lifecycle.readyReceived ? { message: 'channel_ready', number: 0n } : undefined;
}

/** Notes since when the peer owes what it owes now, durably: the last of every step. */
export function noteAwaited(out: Transition<FundedState>): void {
  const { awaited } = out.state.lifecycle;
  const owed = owedBy(out.state);
  if (owed?.message === awaited?.message && owed?.number === awaited?.number) return;
  draftLifecycle(out).awaited = owed && { message: owed.message, number: owed.number, sinceHeight: out.env.tip.height };
  if (owed !== undefined) persist(out);
}

/**
 * No peer could have answered in the blocks that came while this node was away: how many they are, of those above `since`, which the channel has
 * been told before. They don't count.
 */
export function excuseAway(out: Transition<FundedState>, since: number): number {
  const { tip, awayFrom } = out.env;
  const { awaited } = out.state.lifecycle;
  const blocks = awayFrom === undefined ? 0 : tip.height - Math.max(since, awayFrom);
  if (awaited === undefined || blocks <= 0) return 0;
  const { message, number, sinceHeight } = awaited;
  draftLifecycle(out).awaited = { message, number, sinceHeight: sinceHeight + blocks };
  persist(out);
  return blocks;
}

/** The host of a channel in use hears once that its peer is late; `since` is the height up to which its time has been judged before. */
export function tellLate(out: Transition<FundedState>, since: number): void {
  const { tip, config } = out.env;
  const { awaited } = out.state.lifecycle;
  if (awaited === undefined) return;
  const { message, sinceHeight } = awaited;
  const due = sinceHeight + config.answerTimeoutBlocks;
  if (since < due && due <= tip.height) notify(out, { kind: 'unanswered', message, sinceHeight });
}

/**
 * Whether a connected peer owes something that it could say at once. Not channel_ready, which waits for blocks that it may see later, nor shutdown,
 * which may wait for its own updates (BOLT 2).
 */
export function keepsWaiting(state: StoredChannel): boolean {
  if (state.phase !== 'funded') return false;
  const { connection, awaited } = state.lifecycle;
  if (connection !== 'connected') return connection === 'reestablishing';
  return awaited !== undefined && awaited.message !== 'channel_ready' && awaited.message !== 'shutdown';
}
