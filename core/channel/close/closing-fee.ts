import { byteLength } from '../../bitcoin/encode.ts';
import type { Script } from '../../crypto/bytes.ts';
import type { Side } from '../../transactions/types.ts';
import type { ChannelConfig } from '../model/channel-vocabulary.ts';
import type { ClosingNegotiation, FeeRange } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { violation } from '../model/violation.ts';
import { least, most } from '../../bitcoin/amounts.ts';

/** BOLT 2, closing_signed: which fee to offer and how to answer one. Pure; amounts in satoshi. */

/** BOLT 3, Appendix A: version, one input with an empty script, counts of inputs and outputs, locktime. */
const CLOSING_BYTES = 4 + 1 + 41 + 1 + 4;
/** BOLT 3, Appendix A: marker, flag, and a witness of two signatures of 73 bytes and the 2-of-2 script. */
const CLOSING_WITNESS_WEIGHT = 2 + 1 + 1 + 74 + 74 + 72;

/** The expected weight of a closing transaction with both outputs. */
export function closingWeight(scripts: Readonly<Record<Side, Script>>): number {
  const output = (script: Script): number => 8 + 1 + byteLength(script);
  return 4 * (CLOSING_BYTES + output(scripts.opener) + output(scripts.accepter)) + CLOSING_WITNESS_WEIGHT;
}

/** The fee that we would offer first, and the range that we allow. */
export interface FeeTerms {
  readonly feeSat: bigint;
  readonly range: FeeRange;
}

function clamp(value: bigint, range: FeeRange): bigint {
  return most(range.minFeeSat, least(value, range.maxFeeSat));
}

function within(value: bigint, range: FeeRange): boolean {
  return value >= range.minFeeSat && value <= range.maxFeeSat;
}

/**
 * Our terms at this feerate. The opener pays, so it bounds the fee by its estimate; the accepter asks for "a fairly low" minimum and
 * takes whatever more the opener can pay.
 */
export function feeTerms(config: ChannelConfig, us: Side, feeratePerKw: number, weight: number, payableSat: bigint): FeeTerms {
  const feeAt = (rate: number): bigint => BigInt(Math.floor((rate * weight) / 1000));
  const { min, max } = config.closingFeeRangePercent;
  const relayable = feeAt(config.minFeeratePerKw);
  const estimate = most(relayable, feeAt(feeratePerKw));
  const wanted: FeeRange =
    us === 'opener'
      ? { minFeeSat: most(relayable, (estimate * BigInt(min)) / 100n), maxFeeSat: (estimate * BigInt(max)) / 100n }
      : { minFeeSat: relayable, maxFeeSat: payableSat };
  const range = { minFeeSat: least(wanted.minFeeSat, payableSat), maxFeeSat: least(wanted.maxFeeSat, payableSat) };
  return { feeSat: clamp(estimate, range), range };
}

/** A negotiation in which nobody has offered a fee. */
export const NO_OFFERS: ClosingNegotiation = { offered: undefined, peerOffered: undefined };

/** `agree`: the fee is final. `propose`: answer with this fee. */
export type FeeAnswer = { readonly kind: 'agree' } | { readonly kind: 'propose'; readonly feeSat: bigint };

const AGREE: FeeAnswer = { kind: 'agree' };

function strictlyBetween(value: bigint, a: bigint, b: bigint): boolean {
  return value > least(a, b) && value < most(a, b);
}

/**
 * BOLT 2, closing_signed, receiving node: how to answer `fee_satoshis`. The fee that we sent last, or any in the range that we sent, is agreed on
 * before anything else is looked at.
 */
export function answerFee(
  us: Side,
  terms: FeeTerms,
  { offered, peerOffered }: ClosingNegotiation,
  feeSat: bigint,
  theirs: FeeRange | undefined,
): FeeAnswer | Violation {
  if (offered !== undefined && (offered.feeSat === feeSat || within(feeSat, offered.range))) return AGREE;
  const ours = { feeSat: terms.feeSat, range: offered?.range ?? terms.range };
  return theirs === undefined
    ? answerWithoutRange(ours, offered?.feeSat, peerOffered?.feeSat, feeSat)
    : answerRange(us, ours.range, theirs, offered?.feeSat, feeSat);
}

/** BOLT 2, closing_signed: "if the message contains a fee_range". */
function answerRange(us: Side, ours: FeeRange, theirs: FeeRange, sentSat: bigint | undefined, feeSat: bigint): FeeAnswer | Violation {
  const overlap: FeeRange = { minFeeSat: most(ours.minFeeSat, theirs.minFeeSat), maxFeeSat: least(ours.maxFeeSat, theirs.maxFeeSat) };
  if (overlap.minFeeSat > overlap.maxFeeSat) {
    return violation(
      'closing_signed.fee_range',
      `[${theirs.minFeeSat}, ${theirs.maxFeeSat}] does not overlap [${ours.minFeeSat}, ${ours.maxFeeSat}]`,
    );
  }
  if (us === 'opener') return violation('closing_signed.fee_outside_overlap', `${feeSat} sat is not in the overlap of both fee_ranges`);
  if (sentSat !== undefined)
    return violation('closing_signed.fee_not_the_chosen', `${feeSat} sat, not the ${sentSat} that we chose from the opener's fee_range`);
  return within(feeSat, overlap) ? AGREE : { kind: 'propose', feeSat: clamp(feeSat, overlap) };
}

/**
 * BOLT 2, closing_signed, without fee_range: fees approach each other "strictly between". Each of ours goes a quarter of the way that is left to
 * our bound, so that a peer that goes half of the way to us each time is met before it.
 */
function answerWithoutRange(
  { feeSat: wanted, range }: FeeTerms,
  sentSat: bigint | undefined,
  receivedSat: bigint | undefined,
  feeSat: bigint,
): FeeAnswer | Violation {
  if (sentSat !== undefined && receivedSat !== undefined && !strictlyBetween(feeSat, sentSat, receivedSat)) {
    const detail = `${feeSat} sat is not strictly between ${sentSat} and ${receivedSat}`;
    return violation('closing_signed.fee_not_between', detail);
  }
  if (sentSat === undefined) return within(feeSat, range) ? AGREE : { kind: 'propose', feeSat: wanted };
  const bound = clamp(feeSat, range);
  if (bound === sentSat) return violation('closing_signed.fee_beyond_bound', `${feeSat} sat: we go no further than ${bound}`);
  // Rounded away from what we sent: there is always progress.
  const step = bound > sentSat ? (bound - sentSat + 3n) / 4n : (bound - sentSat - 3n) / 4n;
  return { kind: 'propose', feeSat: sentSat + step };
}
