/** What an end of a channel charges for relaying: millisatoshis, and millionths of what goes on. */
export interface Fees {
  readonly feeBaseMsat: number;
  readonly feeProportionalMillionths: number;
}

const MILLION = 1_000_000;

/**
 * BOLT 7, HTLC Fees, in numbers for the search: exact while everything is below 2^53, Infinity from there on. `amount` is what goes on, in millisatoshis,
 * a whole number below 2^53.
 */
export function approximateFee(amount: number, base: number, proportional: number): number {
  const millions = Math.floor(amount / MILLION);
  const fee = base + millions * proportional + Math.floor(((amount - millions * MILLION) * proportional) / MILLION);
  return fee <= Number.MAX_SAFE_INTEGER ? fee : Infinity;
}

/** BOLT 7, HTLC Fees: what relaying `amountMsat` costs, in millisatoshis. */
export function feeOf(amountMsat: bigint, { feeBaseMsat, feeProportionalMillionths }: Fees): bigint {
  return BigInt(feeBaseMsat) + (amountMsat * BigInt(feeProportionalMillionths)) / BigInt(MILLION);
}
