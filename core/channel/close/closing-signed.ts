import { dustThresholdSat } from '../../bitcoin/script.ts';
import { plainTx, txid, withWitness } from '../../bitcoin/tx.ts';
import type { Script, Signature } from '../../crypto/bytes.ts';
import { buildClosing } from '../../transactions/closing.ts';
import type { BuiltClosing } from '../../transactions/closing.ts';
import { fundingWitness } from '../../transactions/commitment.ts';
import type { Side } from '../../transactions/types.ts';
import { bySide, other } from '../../transactions/types.ts';
import type { ClosingSigned } from '../../wire/messages/index.ts';
import { answerFee, closingWeight, feeTerms, NO_OFFERS } from './closing-fee.ts';
import type { FeeTerms } from './closing-fee.ts';
import { contents, logLength, SIDES } from '../model/contents.ts';
import { isClosed } from '../model/ending.ts';
import type { Answer, Duty } from '../model/duties.ts';
import { isClosing } from '../operate/usable.ts';
import { draftClosing } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { after, ask, persist, send } from '../step/transition.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { FeeRange, FundedState, SharedState } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { badSignature, isViolation, violation } from '../model/violation.ts';
import { satOf } from '../../bitcoin/amounts.ts';

/** BOLT 2, Legacy Closing Negotiation. */

/** BOLT 2: no HTLC is left, and all updates are in both commitments: then nothing is signed that could be owed a revocation. */
export function isSettled(shared: SharedState): boolean {
  return SIDES.every((owner) => {
    const { current, next } = shared.commitments[owner];
    const complete = next === undefined && SIDES.every((side) => current.cut[side] === logLength(shared, side));
    return complete && contents(shared, current.cut).htlcs.length === 0;
  });
}

/** What the closing transactions of a negotiation have in common. */
interface ClosingTerms {
  readonly scripts: Readonly<Record<Side, Script>>;
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
}

/** Present once both shutdowns are exchanged and the channel is settled. */
function closingOf(state: FundedState): ClosingTerms | undefined {
  const { shared, params, closing } = state;
  const { us } = params;
  if (closing.sent === undefined || closing.received === undefined || !isSettled(shared)) return undefined;
  const scripts = bySide(us, closing.sent, closing.received);
  return { scripts, balanceMsat: contents(shared, shared.commitments[us].current.cut).balanceMsat };
}

/**
 * BOLT 3, Legacy Closing Transaction: what `signer` may sign for this fee: without outputs below its own dust limit, and perhaps
 * without its own output.
 */
function variants(env: ChannelEnv, state: FundedState, closing: ClosingTerms, signer: Side, feeSat: bigint): readonly BuiltClosing[] {
  const { params } = state;
  const { dustLimitSat } = params.parties[signer];
  const { scripts, balanceMsat } = closing;
  const channel = env.cache.scripts(params, onlyFunding(state).output);
  return [undefined, signer].flatMap((omit) => {
    const result = buildClosing(channel, { scripts, balanceMsat, feeSat, dustLimitSat, omit });
    return result.ok ? [result.closing] : [];
  });
}

/** The most that the opener can pay so that an output is left. */
function payableSat(state: FundedState, closing: ClosingTerms): bigint {
  const { dustLimitSat } = state.params.parties[state.params.us];
  const openerSat = satOf(closing.balanceMsat.opener);
  if (satOf(closing.balanceMsat.accepter) >= dustLimitSat) return openerSat;
  return openerSat > dustLimitSat ? openerSat - dustLimitSat : 0n;
}

function termsOf(env: ChannelEnv, state: FundedState, closing: ClosingTerms): FeeTerms {
  return feeTerms(env.config, state.params.us, env.feeratePerKw, closingWeight(closing.scripts), payableSat(state, closing));
}

/** Sends closing_signed for this fee, over `preferred` where that is a variant that we may sign. */
function sendOffer(
  out: Transition<FundedState>,
  closing: ClosingTerms,
  feeSat: bigint,
  range: FeeRange,
  preferred?: BuiltClosing,
): Violation | undefined {
  const { env, state } = out;
  const { channelId, params } = state;
  const [first, ...others] = variants(env, state, closing, params.us, feeSat);
  if (first === undefined) return violation('closing_signed.no_transaction', `none can be made with a fee of ${feeSat} sat`);
  const built = others.find((variant) => variant.txid === preferred?.txid) ?? first;
  const { keysId } = params;
  const signature = env.signer.signClosing(keysId, built);
  const unsigned = signature === undefined ? built.txid : undefined;
  const { negotiation, agreed } = state.closing;
  draftClosing(out).negotiation = {
    offered: { feeSat, range, unsigned },
    peerOffered: negotiation?.peerOffered,
  };
  if (signature !== undefined) send(out, { type: 'closing_signed', channelId, feeSat, signature, feeRange: range });
  else if (agreed?.txid !== unsigned) ask(out, { kind: 'sign_closing', keysId, built });
  return undefined;
}

/** BOLT 2, closing_signed, funding node: sends the first one, once in each connection. */
export function offerFirstFee(out: Transition<FundedState>): Violation | undefined {
  const { env, state } = out;
  const { negotiation } = state.closing;
  if (state.params.us !== 'opener' || negotiation === undefined || negotiation.offered !== undefined) return undefined;
  const closing = closingOf(state);
  if (closing === undefined) return undefined;
  const { feeSat, range } = termsOf(env, state, closing);
  return sendOffer(out, closing, feeSat, range);
}

/** BOLT 2, closing_signed, receiving node: the variant that the peer's signature is for, if that may be broadcast. */
function signedVariant(env: ChannelEnv, state: FundedState, closing: ClosingTerms, message: ClosingSigned): BuiltClosing | Violation {
  const peer = other(state.params.us);
  const { feeSat, signature } = message;
  const candidates = variants(env, state, closing, peer, feeSat);
  const [usual] = candidates;
  if (usual === undefined)
    return violation('closing_signed.fee_beyond_balance', `${feeSat} sat: the opener cannot pay that and leave an output`);
  const key = onlyFunding(state).output.fundingPubkeys[peer];
  const signed = candidates.find(({ sighash }) => env.crypto.verify(signature, sighash, key));
  if (signed === undefined)
    return badSignature('closing_signed.signature', `not valid for a closing transaction with a fee of ${feeSat} sat`, usual.tx);
  const dust = signed.outputs.find(({ amountSat, script }) => amountSat < dustThresholdSat(script));
  return dust === undefined
    ? signed
    : violation('closing_signed.dust_output', `the closing output of ${dust.amountSat} sat to ${dust.script} would not be relayed`);
}

/** BOLT 2, closing_signed, receiving node. */
export function receiveClosingSigned(out: Transition<FundedState>, message: ClosingSigned): Violation | undefined {
  const { env, state } = out;
  const { us } = state.params;
  const { feeSat, signature, feeRange } = message;
  const closing = closingOf(state);
  if (closing === undefined) return violation('closing_signed.before_shutdown', 'before shutdown is complete');
  const negotiation = state.closing.negotiation ?? NO_OFFERS;
  const { offered } = negotiation;
  if (us === 'opener' && (offered === undefined || offered.unsigned !== undefined))
    return violation('closing_signed.funder_first', 'the funder sends the first');
  const signed = signedVariant(env, state, closing, message);
  if (isViolation(signed)) return signed;
  const terms = termsOf(env, state, closing);
  const answer = answerFee(us, terms, negotiation, feeSat, feeRange);
  if (isViolation(answer)) return answer;
  const peerOffered = { feeSat, ...(feeRange === undefined ? {} : { range: feeRange }) };
  draftClosing(out).negotiation = { offered, peerOffered };
  const range = offered?.range ?? terms.range;
  if (answer.kind === 'propose') return sendOffer(out, closing, answer.feeSat, range);
  complete(out, signed, feeSat, signature);
  // The peer has our signature for this fee already when it is the one that we offered.
  return offered?.feeSat === feeSat ? undefined : sendOffer(out, closing, feeSat, range, signed);
}

/** Both have signed: the transaction is durable, then broadcast. The channel stays until a block has it. */
function complete(out: Transition<FundedState>, built: BuiltClosing, feeSat: bigint, peers: Signature): void {
  const { env, state } = out;
  const { params, closing } = state;
  if (closing.tx !== undefined && txid(env.crypto, closing.tx) === built.txid) return;
  // The chain has decided: who asks again has not seen it yet.
  if (isClosed(state)) return;
  const { keysId } = params;
  const own = env.signer.signClosing(keysId, built);
  if (own !== undefined) return close(out, built, own, peers);
  if (closing.agreed?.txid === built.txid) return;
  draftClosing(out).agreed = { feeSat, txid: built.txid, signature: peers };
  persist(out);
  ask(out, { kind: 'sign_closing', keysId, built });
}

function close(out: Transition<FundedState>, built: BuiltClosing, ours: Signature, peers: Signature): void {
  const { channelId, params } = out.state;
  const { opener, accepter } = bySide(params.us, ours, peers);
  const tx = plainTx(withWitness(built.tx, 0, fundingWitness(built.channel, opener, accepter)));
  const closing = draftClosing(out);
  closing.tx = tx;
  closing.agreed = undefined;
  persist(out);
  out.effects.push({ kind: 'broadcast', tx, channelId, purpose: 'closing', after: after(out) });
  out.effects.push({ kind: 'watch_tx', txid: built.txid, channelId });
}

/** The transaction that only our signature is missing for, asked for again after a restart. */
export function closingDuty(env: ChannelEnv, state: FundedState): Extract<Duty, { kind: 'sign_closing' }> | undefined {
  const { closing, params } = state;
  const { agreed } = closing;
  const terms = closingOf(state);
  if (agreed === undefined || terms === undefined) return undefined;
  const built = variants(env, state, terms, other(params.us), agreed.feeSat).find(({ txid: id }) => id === agreed.txid);
  return built && { kind: 'sign_closing', keysId: params.keysId, built };
}

/** Our signature has come: for what both want, and for what we offer. */
export function signedClosing(out: Transition<FundedState>, answer: Extract<Answer, { kind: 'sign_closing' }>): void {
  const { env, state } = out;
  const { txid: id, signature } = answer;
  const { agreed, negotiation } = state.closing;
  const duty = agreed?.txid === id ? closingDuty(env, state) : undefined;
  if (agreed !== undefined && duty !== undefined) close(out, duty.built, signature, agreed.signature);
  const { offered, peerOffered } = negotiation ?? {};
  if (offered?.unsigned !== id) return;
  const { feeSat, range } = offered;
  draftClosing(out).negotiation = { offered: { feeSat, range }, peerOffered };
  send(out, { type: 'closing_signed', channelId: state.channelId, feeSat, signature, feeRange: range });
}

/** BOLT 2, closing_signed, sending node: "if it doesn't receive a closing_signed response after a reasonable amount of time: MUST fail the channel". */
export function missedClosing({ tip: { height }, config }: ChannelEnv, state: FundedState): Violation | undefined {
  const { awaited } = state.lifecycle;
  if (awaited === undefined || !isClosing(state) || height - awaited.sinceHeight < config.answerTimeoutBlocks) return undefined;
  return violation('closing_signed.unanswered', `no ${awaited.message} since height ${awaited.sinceHeight}, height is ${height}`);
}
