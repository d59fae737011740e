import { other } from '../../transactions/types.ts';
import { contents, slice } from '../model/contents.ts';
import type { Answer, Duty } from '../model/duties.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { FundedState } from '../model/state.ts';
import { awaitedSignatures, signedAnnouncement } from '../announce/announcement-signatures.ts';
import { signedUpdate } from '../announce/channel-update.ts';
import { closingDuty, signedClosing } from '../close/closing-signed.ts';
import { retransmitShutdown } from '../close/shutdown.ts';
import { sendOwnUpdates } from '../operate/own-updates.ts';
import { draft } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { ask, persist } from '../step/transition.ts';
import { buildCommitments } from './build.ts';
import { sendCommitmentSigned } from './commitment-signed.ts';
import { answerTo } from './late-signer.ts';
import { revoke } from './revoke-and-ack.ts';

/** What a signer says that answers later. */

export function signed(out: Transition<FundedState>, answer: Answer): void {
  switch (answer.kind) {
    case 'sign_remote':
      return signedRemote(out, answer);
    case 'reveal':
      return revealed(out, answer);
    case 'sign_closing':
      return signedClosing(out, answer);
    case 'sign_announcement':
      return signedAnnouncement(out, answer);
    case 'sign_update':
      return signedUpdate(out, answer);
    case 'sign_own':
      return;
  }
}

/** After a restart, and where one duty waited for another: the signer is asked, and may answer within the step. */
export function askAgain(out: Transition<FundedState>): void {
  const duty = awaitsRemoteSignature(out.state) ? remoteDuty(out) : (revealDuty(out) ?? closingDuty(out.env, out.state));
  if (duty !== undefined) askFor(out, duty);
}

/** After a restart, what everybody is told waits for nothing of these. */
export function askForAnnouncement(out: Transition<FundedState>): void {
  const { unsigned } = out.state.announcement;
  const duty = awaitedSignatures(out.env, out.state);
  if (duty !== undefined) askFor(out, duty);
  if (unsigned !== undefined) askFor(out, { kind: 'sign_update', update: unsigned });
}

function askFor(out: Transition<FundedState>, duty: Duty): void {
  const answer = answerTo(out.env.signer, duty);
  if (answer === undefined) ask(out, duty);
  else signed(out, answer);
}

function remoteDuty({ env, state }: Transition<FundedState>): Duty | undefined {
  const { params, shared, fundings, remote } = state;
  const peer = other(params.us);
  const { next } = shared.commitments[peer];
  if (next === undefined || remote.nextPoint === undefined) return undefined;
  const { number, cut } = next;
  const outputs = fundings.map(({ output }) => output);
  const built = buildCommitments(env, params, outputs, peer, number, remote.nextPoint, contents(shared, cut));
  return { kind: 'sign_remote', keysId: params.keysId, number, built };
}

function revealDuty({ env, state }: Transition<FundedState>): Duty | undefined {
  const { params, shared } = state;
  const { us, keysId } = params;
  const { next } = shared.commitments[us];
  const { output, receivedNext: signatures } = onlyFunding(state);
  if (next === undefined || signatures === undefined) return undefined;
  const { number, cut } = next;
  const point = env.signer.perCommitmentPoint(keysId, number);
  const [successor] = buildCommitments(env, params, [output], us, number, point, contents(shared, cut));
  return successor && { kind: 'reveal', keysId, number: number - 1n, successor, signatures };
}

/**
 * The signer has signed the peer's next commitment: what waited for it follows, in the order in which it came. Without a connection it is kept,
 * and retransmitted after channel_reestablish.
 */
function signedRemote(out: Transition<FundedState>, { number, signatures }: Extract<Answer, { kind: 'sign_remote' }>): void {
  const { state } = out;
  const { shared, params, fundings, lifecycle } = state;
  const { us } = params;
  const { next } = shared.commitments[other(us)];
  if (next?.number !== number || !awaitsRemoteSignature(state) || signatures.length !== fundings.length) return;
  draft(out).fundings = fundings.map(({ output, tx, txids, received, receivedNext }, i) => {
    return { output, tx, txids, received, receivedNext, sent: signatures[i] };
  });
  persist(out);
  if (lifecycle.connection === 'connected') {
    sendCommitmentSigned(out);
    sendOwnUpdates(out, slice(shared, us, next.cut[us]));
    // It may have become due while we waited; that it comes twice says nothing new.
    retransmitShutdown(out);
  }
  askAgain(out);
}

/** The signer has accepted our next commitment. */
function revealed(out: Transition<FundedState>, { number, secret }: Extract<Answer, { kind: 'reveal' }>): void {
  const { state } = out;
  const { us } = state.params;
  const { current, next: commitment } = state.shared.commitments[us];
  const { txids, receivedNext: received } = onlyFunding(state);
  const txid = txids[us].next;
  if (commitment === undefined || received === undefined || txid === undefined || current.number !== number) return;
  revoke(out, { commitment, txid, received, secret });
}
