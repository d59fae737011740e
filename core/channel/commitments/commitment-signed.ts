import { insertSecret, secretIndex } from '../../transactions/secrets.ts';
import type { BuiltCommitment } from '../../transactions/commitment.ts';
import { bySide, other } from '../../transactions/types.ts';
import type { CommitmentSigned, RevokeAndAck } from '../../wire/messages/index.ts';
import { faultOfPeer } from '../operate/update-add-htlc.ts';
import { growthOf } from './growth.ts';
import { buildCommitments, checkSignatures } from './build.ts';
import { contents, cutToSign, fold, sameCut, slice, SIDES, withCommitments } from '../model/contents.ts';
import type { Folded } from '../model/contents.ts';
import { draft, draftHost } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { addEvent, after, announceEvents, monitor, persist, send } from '../step/transition.ts';
import { exceedsDustExposure, openerAffords } from '../operate/limits.ts';
import { offeredHtlc } from '../operate/remove-htlc.ts';
import type { LimitBroken } from '../operate/limits.ts';
import { brokenBySome, onlyFunding } from '../model/fundings.ts';
import type { ChannelEnv } from '../model/vocabulary.ts';
import type {
  AddUpdate,
  Commitment,
  CommitmentSignatures,
  Funding,
  FundedState,
  FundingOutput,
  ReceivedHtlc,
  SharedState,
  Update,
} from '../model/state.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';

const OBSTACLES = {
  'commit.not_connected': 'the peer is not connected',
  'commit.not_ready': 'channel_ready has not come',
  'commit.revocation_owed': 'the peer owes a revoke_and_ack',
  'commit.no_updates': 'there are no updates to sign',
} as const;

type CommitRule = keyof typeof OBSTACLES;

/** Why we can't sign for the peer now, if we can't (BOLT 2, commitment_signed, sending node). */
export function commitObstacle(state: FundedState): CommitRule | undefined {
  const { shared, params, remote } = state;
  const theirs = shared.commitments[other(params.us)];
  if (state.lifecycle.connection !== 'connected') return 'commit.not_connected';
  if (remote.nextPoint === undefined) return 'commit.not_ready';
  if (theirs.next !== undefined) return 'commit.revocation_owed';
  if (sameCut(cutToSign(shared, params.us), theirs.current.cut)) return 'commit.no_updates';
  return undefined;
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
    const { output, tx, txids, received } = funding;
    const sent = env.signer.signRemoteCommitment(params.keysId, b);
    const theirs = { current: txids[peer].current, next: b.txid };
    return { output, tx, txids: bySide(peer, theirs, txids[params.us]), received, sent };
  });
  signed.lastSent = 'commitment_signed';
  monitor(out, { kind: 'theirs', ...growthOf(shared, peer, next, point) });
  persist(out);
  sendCommitmentSigned(out);
  return undefined;
}

function outputsOf(fundings: readonly Funding[]): readonly FundingOutput[] {
  return fundings.map(({ output }) => output);
}

/** Our signatures for the peer's `next` commitment, one message a funding. */
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
  const { output, tx, txids, sent } = onlyFunding(state);
  if (message.fundingTxid !== undefined && message.fundingTxid !== output.txid) return undefined; // BOLT 2: of an obsolete funding, ignored
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
  const current: Commitment = { number, cut };
  const firstEvent = state.host.nextEventId;
  const acknowledged = draft(out);
  const ours = { current: built.txid, next: undefined };
  acknowledged.fundings = [{ output, tx, txids: bySide(us, ours, txids[other(us)]), received, sent }];
  acknowledged.lastSent = 'revoke_and_ack';
  const folded = advance(out, withCommitments(shared, us, { current }));
  monitor(out, { kind: 'ours', ...growthOf(shared, us, current, point), signatures: [received] });
  persist(out);
  sendRevokeAndAck(out);
  announce(out, folded, firstEvent);
  return undefined;
}

/** Reveals the secret of the commitment before the current one; of one that was signed for the chain there is none to reveal. */
export function sendRevokeAndAck(out: Transition<FundedState>): void {
  const { env, state } = out;
  const { keysId, us } = state.params;
  const { number } = state.shared.commitments[us].current;
  const perCommitmentSecret = env.signer.revealSecret(keysId, number - 1n);
  if (perCommitmentSecret === undefined) return;
  send(out, {
    type: 'revoke_and_ack',
    channelId: state.channelId,
    perCommitmentSecret,
    nextPerCommitmentPoint: env.signer.perCommitmentPoint(keysId, number + 1n),
  });
}

/** BOLT 2, revoke_and_ack, receiving node. */
export function receiveRevokeAndAck(out: Transition<FundedState>, message: RevokeAndAck): Violation | undefined {
  const { env, state } = out;
  const { crypto } = env;
  const { shared, params, remote } = state;
  const peer = other(params.us);
  const { current, next } = shared.commitments[peer];
  const { perCommitmentSecret: secret, nextPerCommitmentPoint } = message;
  if (next === undefined || remote.nextPoint === undefined)
    return violation('revoke_and_ack.unexpected', 'we have not signed a new commitment');
  if (!crypto.isValidSecretKey(secret) || crypto.publicKey(secret) !== remote.currentPoint) {
    return violation('revoke_and_ack.per_commitment_secret', `does not belong to the point of commitment ${current.number}`);
  }
  if (!crypto.isValidPublicKey(nextPerCommitmentPoint))
    return violation('revoke_and_ack.next_per_commitment_point', 'not a point of the curve');
  const secrets = insertSecret(crypto, remote.secrets, secretIndex(current.number), secret);
  if (!secrets.ok) return violation('revoke_and_ack.secret_sequence', 'was not generated from the same seed as the earlier ones');
  const revoked = draft(out);
  revoked.fundings = state.fundings.map(({ output, tx, txids, received }) => {
    const theirs = { current: txids[peer].next ?? txids[peer].current, next: undefined };
    return { output, tx, txids: bySide(peer, theirs, txids[params.us]), received, sent: undefined };
  });
  revoked.remote = { currentPoint: remote.nextPoint, nextPoint: nextPerCommitmentPoint, secrets: secrets.store };
  const firstEvent = state.host.nextEventId;
  const folded = advance(out, withCommitments(shared, peer, { current: next }));
  monitor(out, { kind: 'secret', number: current.number, secret });
  persist(out);
  announce(out, folded, firstEvent);
  return undefined;
}

/** Folds what is irrevocable now, and records what our host must hear of it. */
function advance(out: Transition<FundedState>, shared: SharedState): Folded {
  const { us } = out.state.params;
  const before = shared.base.htlcs[us];
  const { shared: folded, folded: updates } = fold(shared);
  const { offered, received } = out.state.host;
  draft(out).shared = folded;
  for (const update of updates[other(us)]) {
    if (update.kind !== 'fail' && update.kind !== 'fail_malformed') continue;
    const htlc = before.find((h) => h.id === update.id);
    if (htlc === undefined) continue;
    const { origin, preimage } = offeredHtlc(out.state, htlc.id);
    // A preimage that was revealed before is worth more than the failure: the host has heard of it.
    if (preimage === undefined) addEvent(out, { kind: 'payment_failed', origin, paymentHash: htlc.paymentHash, failure: update });
  }
  const gone = before.filter((h) => !folded.base.htlcs[us].includes(h));
  if (gone.length > 0) draftHost(out).offered = offered.filter(({ id }) => !gone.some((h) => h.id === id));
  const bound = receivedNow(out.env, received, updates[other(us)], folded.base.htlcs[other(us)]);
  if (bound !== received) draftHost(out).received = bound;
  return updates;
}

/** What we know of the peer's HTLCs: of those that both sides are bound to since now, too, and no more of those that are gone. */
function receivedNow(
  env: ChannelEnv,
  before: readonly ReceivedHtlc[],
  updates: readonly Update[],
  inFlight: readonly AddUpdate[],
): readonly ReceivedHtlc[] {
  const still = before.length === 0 ? before : before.filter(({ id }) => inFlight.some((htlc) => htlc.id === id));
  const fresh = updates.flatMap((update) => (update.kind === 'add' ? [receivedHtlc(env, update)] : []));
  return fresh.length === 0 && still.length === before.length ? before : [...still, ...fresh];
}

function receivedHtlc({ nowMs }: ChannelEnv, { id }: AddUpdate): ReceivedHtlc {
  return { id, receivedMs: nowMs, payload: undefined, sharedSecret: undefined, answered: undefined };
}

/** Tells the host, after what makes it true is durable: resolved payments, and incoming HTLCs that both sides are bound to. */
function announce(out: Transition<FundedState>, folded: Folded, firstEvent: number): void {
  announceEvents(out, firstEvent);
  for (const update of folded[other(out.state.params.us)]) if (update.kind === 'add') presentHtlc(out, update.id);
}

/**
 * Presents an irrevocably committed incoming HTLC to the host, which answers with a removal. BOLT 2, Bounding exposure to trimmed in-flight
 * HTLCs: each is judged on top of what stood before it, so that of a batch only those are to be failed that no longer fit.
 */
export function presentHtlc(out: Transition<FundedState>, id: bigint): void {
  const { env, state } = out;
  const { shared, params } = state;
  const add = shared.base.htlcs[other(params.us)].find((h) => h.id === id);
  if (add === undefined) return;
  const dustExposureExceeded = SIDES.some((owner) => {
    const all = contents(shared, shared.commitments[owner].current.cut);
    const upToIt = { ...all, htlcs: all.htlcs.filter((htlc) => htlc.offerer === params.us || htlc.id <= id) };
    return state.fundings.some(({ output }) => exceedsDustExposure(params, output, owner, upToIt, add, env.config.maxDustHtlcExposureMsat));
  });
  out.effects.push({ kind: 'htlc_irrevocable', channelId: state.channelId, add, dustExposureExceeded, after: after(out) });
}
