import { FORMATS } from './formats.ts';
import type { HtlcTransactionKind } from './formats.ts';
import type { CommitmentFormat, HtlcSpec, Side } from './types.ts';
import { satOf } from '../bitcoin/amounts.ts';

/** BOLT 3, Fee Calculation: of one more output. */
const HTLC_OUTPUT_WEIGHT = 172;

/** Satoshis for a weight, rounded down. A feerate and a weight are below 2^32 and 2^20: the product is exact. */
function feeSat(feeratePerKw: number, weight: number): bigint {
  return BigInt(Math.floor((feeratePerKw * weight) / 1000));
}

/** BOLT 3, Fee Calculation: the base fee of a commitment transaction, which the opener pays. */
export function commitmentFeeSat(format: CommitmentFormat, feeratePerKw: number, untrimmedCount: number): bigint {
  return feeSat(feeratePerKw, FORMATS[format].commitmentWeight + HTLC_OUTPUT_WEIGHT * untrimmedCount);
}

/** What the opener sets aside for anchor outputs, whether or not both are made (BOLT 3, Commitment Transaction Construction). */
export function anchorsCostSat(format: CommitmentFormat): bigint {
  return 2n * FORMATS[format].anchorSat;
}

/** The owner of a commitment times out what it offered, and succeeds with what it received. */
export function htlcTransactionKind(owner: Side, htlc: HtlcSpec): HtlcTransactionKind {
  return htlc.offerer === owner ? 'timeout' : 'success';
}

/** BOLT 3, Fee Calculation: the fee of an HTLC transaction in satoshis. */
export function htlcTxFeeSat(format: CommitmentFormat, feeratePerKw: number, kind: HtlcTransactionKind): bigint {
  return feeSat(feeratePerKw, FORMATS[format].htlcFeeWeight[kind]);
}

/** BOLT 3, Trimmed Outputs: whether `owner`'s commitment leaves this HTLC to the fees. `dustLimitSat` is the owner's. */
export function isTrimmed(format: CommitmentFormat, owner: Side, dustLimitSat: bigint, feeratePerKw: number, htlc: HtlcSpec): boolean {
  const fee = htlcTxFeeSat(format, feeratePerKw, htlcTransactionKind(owner, htlc));
  return satOf(htlc.amountMsat) - fee < dustLimitSat;
}
