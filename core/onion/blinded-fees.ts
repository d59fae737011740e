import type { PaymentRelay } from './blinded-data.ts';

/** What using a blinded path costs as a whole: what its creator tells the payer. Fees in millisatoshis and millionths, the delta in blocks. */
export interface PathCosts {
  readonly feeBaseMsat: bigint;
  readonly feeProportionalMillionths: bigint;
  readonly cltvExpiryDelta: number;
}

const MILLION = 1_000_000n;

function ceilingOf(numerator: bigint): bigint {
  return (numerator + MILLION - 1n) / MILLION;
}

/**
 * BOLT 4, `payload` format: the costs of a path whose nodes before the last ask for these, in its order; `minFinalCltvExpiryDelta` is the recipient's. The sum
 * goes from the recipient backwards: each node takes its fee on what it forwards.
 */
export function aggregate(relays: readonly PaymentRelay[], minFinalCltvExpiryDelta: number): PathCosts {
  let base = 0n;
  let proportional = 0n;
  let cltvExpiryDelta = minFinalCltvExpiryDelta;
  for (const relay of relays.toReversed()) {
    const [ownBase, own] = [BigInt(relay.feeBaseMsat), BigInt(relay.feeProportionalMillionths)];
    base = ceilingOf(ownBase * MILLION + base * (MILLION + own));
    proportional = ceilingOf((proportional + own) * MILLION + proportional * own);
    cltvExpiryDelta += relay.cltvExpiryDelta;
  }
  return { feeBaseMsat: base, feeProportionalMillionths: proportional, cltvExpiryDelta };
}

/**
 * BOLT 4, `payload` format: what a node inside a blinded path forwards of what it got, rounded up: never less than the creator reckoned with. Below zero where
 * the base fee is more than what came.
 */
export function amountToForward(amountMsat: bigint, relay: PaymentRelay): bigint {
  const proportional = BigInt(relay.feeProportionalMillionths);
  const numerator = (amountMsat - BigInt(relay.feeBaseMsat)) * MILLION;
  if (numerator < 0n) return -1n;
  return (numerator + MILLION + proportional - 1n) / (MILLION + proportional);
}
