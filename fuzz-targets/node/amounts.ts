import type { Hash32, Preimage } from '../../core/crypto/bytes.ts';
import { sha256Hex } from '../../core/crypto/hashes.ts';
import { crypto } from './subject.ts';

/** Preimages that every peer knows, and the subject's user with them. */
export const PREIMAGES: readonly Preimage[] = Array.from(
  { length: 64 },
  (_, i) => (i + 1).toString(16).padStart(2, '0').repeat(32) as Preimage,
);
export const HASHES: readonly Hash32[] = PREIMAGES.map((preimage) => sha256Hex(crypto, preimage));
const preimageOf = new Map(HASHES.map((hash, i) => [hash, PREIMAGES[i] as Preimage]));

export function knownPreimage(paymentHash: Hash32): Preimage | undefined {
  return preimageOf.get(paymentHash);
}

export const AMOUNTS_MSAT: readonly bigint[] = [
  10_000_000n,
  1_000_000n,
  353_000n,
  1n,
  100_000_000n,
  700_000_000n,
  999_999n,
  5_000_000_000n,
];
export const FUNDINGS_SAT: readonly bigint[] = [1_000_000n, 20_000n, 16_777_215n, 100_000n];
