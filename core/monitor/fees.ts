import { least, most } from '../bitcoin/amounts.ts';
import type { Claim } from './claims.ts';

/** Bitcoin Core's minimum relay feerate of one satoshi a virtual byte, rounded up: also what a replacement pays more (BIP 125, rule 4). */
export const FLOOR_FEERATE_PER_KW = 253;

/** BOLT 5, Revoked Transaction Close Handling, security_delay: from so many blocks before its deadline a claim pays more with every block. */
const SECURITY_DELAY = 18;

/** How much more a block: this part of what is asked for transactions without haste. */
const HASTE = 8;

/** A claim that nobody competes for waits for a feerate that leaves it this part of its value. */
const SHARE_WITHOUT_HASTE = 2n;

/** An HTLC transaction that coins pay for costs at most this part of its HTLC. */
const SHARE_OF_HTLC = 2n;

/** The part of a channel that its closing may cost, where its commitment does not pay enough by itself. */
const SHARE_OF_CHANNEL = 10n;

export function feeOf(feeratePerKw: number, weight: number): bigint {
  return BigInt(Math.ceil((feeratePerKw * weight) / 1000));
}

/** In satoshis for 1000 weight units: what is asked in general, and more as the deadline comes near. */
export function claimFeerate(feeratePerKw: number, deadline: number | undefined, tipHeight: number): number {
  const feerate = Math.max(feeratePerKw, FLOOR_FEERATE_PER_KW);
  if (deadline === undefined) return feerate;
  const near = Math.min(SECURITY_DELAY, Math.max(0, SECURITY_DELAY - (deadline - tipHeight)));
  return feerate + Math.floor((feerate * near) / HASTE);
}

/**
 * The most that a claim may pay: all of it where somebody else would have it otherwise, for what is not ours to lose has no price; a share where
 * it waits without loss, or where the host's coins pay.
 */
function mostFee({ amountSat, deadline, spending }: Claim): bigint {
  switch (spending.how) {
    case 'sweep':
      return deadline === undefined ? amountSat / SHARE_WITHOUT_HASTE : amountSat;
    case 'htlc_tx':
      return amountSat / SHARE_OF_HTLC;
    case 'commitment':
      return amountSat / SHARE_OF_CHANNEL;
  }
}

/** What a claim asks of its fee beside its own weight. */
interface FeeTerms {
  readonly feeratePerKw: number;
  readonly weight: number;
  /** What it can't pay beyond, whatever it is worth. */
  readonly atMost: bigint;
  /** What it pays for its parent. */
  readonly beyond: bigint;
  /** What its last version paid, and what a replacement must add. */
  readonly floor: bigint;
}

/** What a claim pays in satoshis; the most that it may, where that is less than what is asked and a deadline drives it. Undefined: it waits. */
export function claimFee(claim: Claim, { feeratePerKw, weight, atMost, beyond, floor }: FeeTerms): bigint | undefined {
  const limit = least(mostFee(claim), atMost);
  const fee = most(feeOf(feeratePerKw, weight) + beyond, floor);
  if (fee <= limit) return fee;
  const lowest = most(feeOf(FLOOR_FEERATE_PER_KW, weight), floor);
  return claim.deadline !== undefined && lowest <= limit ? limit : undefined;
}

/** BIP 125, rules 3 and 4; not before it changes something. */
export function replacementFloor(lastFeeSat: bigint, weight: number): bigint {
  return lastFeeSat + most(feeOf(FLOOR_FEERATE_PER_KW, weight), lastFeeSat / 8n);
}
