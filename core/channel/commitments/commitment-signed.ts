import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { bySide, other } from '../../transactions/types.ts';
import type { CommitmentSigned } from '../../wire/messages/index.ts';
import { faultOfPeer } from '../operate/update-add-htlc.ts';
import { growthOf } from './growth.ts';
import { buildCommitments, checkSignatures } from './build.ts';
import { contents, cutToSign, sameCut, slice, SIDES, withCommitments } from '../model/contents.ts';
import { draft } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { ask, monitor, persist, send } from '../step/transition.ts';
import { openerAffords } from '../operate/limits.ts';
import type { LimitBroken } from '../operate/limits.ts';
import { awaitsRemoteSignature } from '../model/duties.ts';
import { brokenBySome, onlyFunding } from '../model/fundings.ts';
import type { Commitment, CommitmentSignatures, Funding, FundedState, FundingOutput } from '../model/state.ts';
import { revoke } from './revoke-and-ack.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

const OBSTACLES = {
  'commit.not_connected': 'the peer is not connected',
  'commit.reestablishing': "the peer's channel_reestablish has not come",
  'commit.not_ready': 'channel_ready has not come',
  'commit.signature_owed': 'our signer has not answered yet',
  'commit.revocation_owed': 'the peer owes a revoke_and_ack',
  'commit.no_updates': 'there are no updates to sign',
} as const;

type CommitRule = keyof typeof OBSTACLES;

/** Why we can't sign for the peer now, if we can't (BOLT 2, commitment_signed, sending node). */
export function commitObstacle(state: FundedState): CommitRule | undefined {
  const { shared, params, remote } = state;
  const theirs = shared.commitments[other(params.us)];
  const { connection } = state.lifecycle;
  if (connection !== 'connected') return connection === 'disconnected' ? 'commit.not_connected' : 'commit.reestablishing';
  if (remote.nextPoint === undefined) return 'commit.not_ready';
  if (awaitsRemoteSignature(state) || shared.commitments[params.us].next !== undefined) return 'commit.signature_owed';
  if (theirs.next !== undefined) return 'commit.revocation_owed';
  if (sameCut(cutToSign(shared, params.us), theirs.current.cut)) return 'commit.no_updates';
  return undefined;
}

/** Whether an update that came now would be signed for at once. */
export function canCommitNow(state: FundedState): boolean {
  const obstacle = commitObstacle(state);
  return obstacle === undefined || obstacle === 'commit.no_updates';
}

/** Signs all updates so far for the peer's next commitment. */
export function commit(out: Transition<FundedState>): Refusal | undefined {
  const obstacle = commitObstacle(out.state);
  if (obstacle !== undefined) return refusal(obstacle, OBSTACLES[obstacle]);
  const { env, state } = out;
  const { params, shared, fundings } = state;
  const peer = other(params.us);
  const point = state.remote.nextPoint as NonNullable<typeof state.remote.nextPoint>;
  const number = shared.commitments[peer].current.number + 1n;
  const cut = cutToSign(shared, params.us);
  const built = buildCommitments(env, params, outputsOf(fundings), peer, number, point, contents(shared, cut));
  const next: Commitment = { number, cut };
  const signed = draft(out);
  signed.shared = withCommitments(shared, peer, { current: shared.commitments[peer].current, next });
  signed.fundings = fundings.map((funding, i) => {
    const b = built[i] as BuiltCommitment;
    const { output, tx, txids, received, receivedNext } = funding;
    const sent = env.signer.signRemoteCommitment(params.keysId, b);
    const theirs = { current: txids[peer].current, next: b.txid };
    return { output, tx, txids: bySide(peer, theirs, txids[params.us]), received, receivedNext, sent };
  });
  signed.lastSent = 'commitment_signed';
  monitor(out, { kind: 'theirs', ...growthOf(shared, peer, next, point) });
  persist(out);
  sendCommitmentSigned(out);
  if (awaitsRemoteSignature(out.state)) ask(out, { kind: 'sign_remote', keysId: params.keysId, number, built });
  return undefined;
}

function outputsOf(fundings: readonly Funding[]): readonly FundingOutput[] {
  return fundings.map(({ output }) => output);
}

/** Our signatures for the peer's `next` commitment, one message a funding; none before the signer has given them. */
export function sendCommitmentSigned(out: Transition<FundedState>): void {
  const { channelId, fundings } = out.state;
  for (const { output, sent } of fundings) {
    if (sent === undefined) continue;
    const { signature, htlcSignatures } = sent;
    send(out, { type: 'commitment_signed', channelId, signature, htlcSignatures, fundingTxid: output.txid });
  }
}

/** BOLT 2, update_fee: a feerate that this signature commits to and that the opener could not afford, crossing updates aside. */
function unaffordableFee(state: FundedState): LimitBroken | undefined {
  const { shared, params } = state;
  if (params.us === 'opener') return undefined;
  const news = slice(shared, 'opener', shared.commitments.accepter.current.cut.opener);
  if (!news.some((update) => update.kind === 'fee')) return undefined;
  return faultOfPeer(shared, params, (next) => brokenBySome(state.fundings, (terms) => openerAffords(params, terms, 'accepter', next)));
}

/** BOLT 2, commitment_signed, receiving node: verify, revoke the old commitment, acknowledge. */
export function receiveCommitmentSigned(out: Transition<FundedState>, message: CommitmentSigned): Violation | undefined {
  const { env, state } = out;
  const { params, shared } = state;
  const { us } = params;
  const { output } = onlyFunding(state);
  // Without splices there is no other, and the peer waits for an answer.
  if (message.fundingTxid !== undefined && message.fundingTxid !== output.txid)
    return violation('commitment_signed.another_funding', `of ${message.fundingTxid}, which is not the funding of this channel`);
  if (shared.commitments[us].next !== undefined)
    return violation('commitment_signed.before_revocation', 'the one before is not acknowledged yet');
  const unaffordable = unaffordableFee(state);
  if (unaffordable !== undefined) return violation(unaffordable.rule, unaffordable.detail);

  const number = shared.commitments[us].current.number + 1n;
  const cut = cutToSign(shared, other(us));
  const next = contents(shared, cut);
  if (SIDES.some((side) => next.balanceMsat[side] < 0n))
    return violation('commitment_signed.negative_balance', 'a balance would be negative');
  const point = env.signer.perCommitmentPoint(params.keysId, number);
  const [built] = buildCommitments(env, params, [output], us, number, point, next) as [BuiltCommitment];
  const received: CommitmentSignatures = { signature: message.signature, htlcSignatures: message.htlcSignatures };
  if (built.feeSat < 0n) return violation('commitment_signed.anchors', 'the opener cannot pay for its anchors');
  const wrong = checkSignatures(env.crypto, params, built, received, 'commitment_signed.signature');
  if (wrong !== undefined) return wrong;
  const commitment: Commitment = { number, cut };
  monitor(out, { kind: 'ours', ...growthOf(shared, us, commitment, point), signatures: [received] });
  accept(out, commitment, built, received);
  return undefined;
}

/**
 * The signer takes our new commitment in the place of the current one, whose secret it reveals: within the step, or it is asked when the new one is
 * durable, and until it answers the current one is what we have. Not while a signature of ours is under way: the peer would count what we
 * acknowledge to that.
 */
function accept(out: Transition<FundedState>, commitment: Commitment, successor: BuiltCommitment, received: CommitmentSignatures): void {
  const { env, state } = out;
  const { params, shared } = state;
  const { us, keysId } = params;
  const busy = awaitsRemoteSignature(state);
  const number = commitment.number - 1n;
  const secret = busy ? undefined : env.signer.revealSecret(keysId, number, successor, received);
  if (secret !== undefined) return revoke(out, { commitment, txid: successor.txid, received, secret });
  const { output, tx, txids, received: receivedBefore, sent } = onlyFunding(state);
  const waiting = draft(out);
  const ours = { current: txids[us].current, next: successor.txid };
  waiting.shared = withCommitments(shared, us, { current: shared.commitments[us].current, next: commitment });
  waiting.fundings = [{ output, tx, txids: bySide(us, ours, txids[other(us)]), received: receivedBefore, receivedNext: received, sent }];
  persist(out);
  if (!busy) ask(out, { kind: 'reveal', keysId, number, successor, signatures: received });
}
