import { bySide, other } from '../../transactions/types.ts';
import type { Shutdown } from '../../wire/messages/index.ts';
import { NO_OFFERS } from './closing-fee.ts';
import { offerFirstFee } from './closing-signed.ts';
import { logLength } from '../model/contents.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import { isClosing } from '../operate/usable.ts';
import { draftClosing, draftLifecycle } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { monitor, persist, send } from '../step/transition.ts';
import type { ChannelCommand } from '../model/channel-vocabulary.ts';
import { mayReceive, maySend, ownShutdownScript } from './shutdown-scripts.ts';
import type { FundedState, SharedState } from '../model/state.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

/** How many of `signer`'s own updates it has signed for. */
function signedCount(shared: SharedState, signer: 'opener' | 'accepter'): number {
  const { current, next } = shared.commitments[other(signer)];
  return (next ?? current).cut[signer];
}

/** BOLT 2, shutdown: no updates of the sender may wait on the receiver's commitment: it has signed for all of them. */
function hasUnsigned(shared: SharedState, sender: 'opener' | 'accepter'): boolean {
  return signedCount(shared, sender) < logLength(shared, sender);
}

/** The host wants to close. BOLT 2 may make the message wait; the wish is durable. */
export function shutdown(out: Transition<FundedState>, command: Extract<ChannelCommand, { kind: 'shutdown' }>): Refusal | undefined {
  const { env, state } = out;
  const { script } = command;
  if (state.closing.sent !== undefined || state.closing.wanted !== undefined)
    return refusal('shutdown.already_sent', 'the channel is closing already');
  const may = maySend(env, state.params, script);
  if (may === 'has-no-allowed-form') return refusal('shutdown.scriptpubkey', `${script} has none of the allowed forms`);
  if (may === 'another-was-promised')
    return refusal('shutdown.upfront_shutdown_script', `we committed to ${state.params.parties[state.params.us].upfrontShutdownScript}`);
  restartAnswerBound(out);
  draftClosing(out).wanted = script;
  persist(out);
  return undefined;
}

/** What the peer owes already may take as long as any answer that the closing waits for: a channel in use gives it all the time that it takes. */
function restartAnswerBound(out: Transition<FundedState>): void {
  const { awaited } = out.state.lifecycle;
  if (awaited === undefined || isClosing(out.state)) return;
  const { message, number } = awaited;
  draftLifecycle(out).awaited = { message, number, sinceHeight: out.env.tip.height };
}

/** The answer, and the negotiation of the fee, follow in `advanceShutdown`. */
export function receiveShutdown(out: Transition<FundedState>, message: Shutdown): Violation | undefined {
  const { env, state } = out;
  const { scriptPubkey: script } = message;
  const { received, negotiation } = state.closing;
  if (received !== undefined && received !== script) {
    return violation('shutdown.another_script', 'another scriptpubkey than before');
  }
  // `negotiation` is there from the peer's shutdown of this connection on: both must have been sent again before fees are talked about.
  draftClosing(out).negotiation = negotiation ?? NO_OFFERS;
  if (received !== undefined) return undefined;
  const may = mayReceive(env, state.params, script);
  if (may === 'has-no-allowed-form') return violation('shutdown.scriptpubkey', `${script} has none of the allowed forms`);
  if (may === 'another-was-promised') return violation('shutdown.upfront_shutdown_script', `${script} is not what the peer committed to`);
  if (hasUnsigned(state.shared, other(state.params.us))) {
    return violation('shutdown.unsigned_updates', 'while updates of the sender were not signed for');
  }
  restartAnswerBound(out);
  draftClosing(out).received = script;
  persist(out);
  tellScripts(out);
  return undefined;
}

/** Watchers know where a mutual close pays before we sign one. */
function tellScripts(out: Transition<FundedState>): void {
  const { closing, params } = out.state;
  const { sent, received } = closing;
  if (sent !== undefined && received !== undefined) monitor(out, { kind: 'shutdown_scripts', scripts: bySide(params.us, sent, received) });
}

/** Sends a shutdown that is wanted or owed as soon as BOLT 2 allows it. */
function sendDueShutdown(out: Transition<FundedState>): void {
  const { env, state } = out;
  const { params } = state;
  const { sent, received, wanted } = state.closing;
  if (sent !== undefined || (wanted === undefined && received === undefined)) return;
  if (hasUnsigned(state.shared, params.us)) return;
  // One that the peer's features of today forbid waits for better ones, but not when the peer waits for our answer.
  const allowed = wanted !== undefined && maySend(env, params, wanted) === 'yes' ? wanted : undefined;
  if (allowed === undefined && received === undefined) return;
  const closing = draftClosing(out);
  closing.sent = allowed ?? ownShutdownScript(env, params);
  closing.wanted = undefined;
  persist(out);
  tellScripts(out);
  retransmitShutdown(out);
}

/** What closing asks for after any step of a CONNECTED channel: the shutdown that is due, then the opener's first closing_signed. */
export function advanceShutdown(out: Transition<FundedState>): Violation | undefined {
  sendDueShutdown(out);
  return offerFirstFee(out);
}

/**
 * BOLT 2, Message Retransmission: if it has sent a previous shutdown, MUST retransmit it. Not before a signature under way, which covers updates
 * that the peer has: it follows that (`signedRemote`).
 */
export function retransmitShutdown(out: Transition<FundedState>): void {
  const { channelId, closing } = out.state;
  if (closing.sent !== undefined && !awaitsRemoteSignature(out.state))
    send(out, { type: 'shutdown', channelId, scriptPubkey: closing.sent });
}
