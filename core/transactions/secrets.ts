import { fromHex, toHex } from '../crypto/bytes.ts';
import type { SecretKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';

/** BOLT 3, Per-commitment Secret Requirements: the index of commitment 0's secret; it counts down from here. */
export const FIRST_SECRET_INDEX = 0xffffffffffffn;

/** The index of the secret of a commitment number, in [0, 2^48). */
export function secretIndex(commitmentNumber: bigint): bigint {
  return FIRST_SECRET_INDEX - commitmentNumber;
}

/** The 48 bits of an index as two numbers of 24: both fit what shifts work on. */
interface Bits {
  readonly high: number;
  readonly low: number;
}

function bitsOf(index: bigint): Bits {
  return { high: Number(index >> 24n) & 0xffffff, low: Number(index & 0xffffffn) };
}

function hasBit({ high, low }: Bits, bit: number): boolean {
  return (((bit < 24 ? low : high) >> (bit % 24)) & 1) === 1;
}

/** How many bits have to be done again: up to the highest in which the two differ. */
function differing(a: Bits, b: Bits): number {
  const high = a.high ^ b.high;
  return high === 0 ? 32 - Math.clz32(a.low ^ b.low) : 56 - Math.clz32(high);
}

/** Hashed at once, and not kept. */
const flipped = new Uint8Array(32);

/** One step of BOLT 3's derivation: flip the bit and hash. */
function step(crypto: Crypto, value: Uint8Array, bit: number): Uint8Array {
  flipped.set(value);
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return crypto.sha256(flipped);
}

/** BOLT 3, derive_secret: the secret of `index`, from one whose index has the same bits from `bits` up. */
function deriveSecret(crypto: Crypto, base: SecretKey, bits: number, index: bigint): SecretKey {
  let value = fromHex(base);
  const wanted = bitsOf(index);
  for (let bit = bits - 1; bit >= 0; bit--) if (hasBit(wanted, bit)) value = step(crypto, value, bit);
  return toHex<SecretKey>(value);
}

/** BOLT 3, generate_from_seed. `index` in [0, 2^48). Up to 48 hashes: use a `SecretGenerator` for many. */
export function generateSecret(crypto: Crypto, seed: SecretKey, index: bigint): SecretKey {
  return deriveSecret(crypto, seed, 48, index);
}

/** generate_from_seed for one seed, remembering the way to the last index: neighbours cost one or two hashes. */
export class SecretGenerator {
  readonly #crypto: Crypto;
  /** At `bit`, the value once all bits of the last index from `bit` up are done; the seed at 48. */
  readonly #path: Uint8Array[];
  #last: Bits = { high: 0, low: 0 };

  constructor(crypto: Crypto, seed: SecretKey) {
    this.#crypto = crypto;
    const start = fromHex(seed);
    this.#path = Array.from({ length: 49 }, () => start);
  }

  /** `index` in [0, 2^48). */
  at(index: bigint): SecretKey {
    const wanted = bitsOf(index);
    for (let bit = differing(wanted, this.#last) - 1; bit >= 0; bit--) {
      const above = this.#path[bit + 1] as Uint8Array;
      this.#path[bit] = hasBit(wanted, bit) ? step(this.#crypto, above, bit) : above;
    }
    this.#last = wanted;
    return toHex<SecretKey>(this.#path[0] as Uint8Array);
  }
}

/** One secret that others derive from. `index` ends in as many zero bits as its place in the store says. */
export interface StoredSecret {
  readonly index: bigint;
  readonly secret: SecretKey;
}

/** BOLT 3, Efficient Per-commitment Secret Storage: at most 49 secrets, by the trailing zeros of their index. */
export type SecretStore = readonly StoredSecret[];

export const EMPTY_SECRET_STORE: SecretStore = [];

/** BOLT 3, where_to_put_secret. */
function bucketOf(index: bigint): number {
  const bits = bitsOf(index);
  for (let bit = 0; bit < 48; bit++) if (hasBit(bits, bit)) return bit;
  return 48;
}

export type InsertSecretResult =
  | { readonly ok: true; readonly store: SecretStore }
  | { readonly ok: false; readonly reason: 'secret-not-from-same-seed' | 'secret-out-of-order' };

/**
 * BOLT 3, insert_secret: the store with the secret of `index` added, or why not. The given store is left as it is.
 * Secrets come in descending order of index, without gaps, from `FIRST_SECRET_INDEX`.
 */
export function insertSecret(crypto: Crypto, store: SecretStore, index: bigint, secret: SecretKey): InsertSecretResult {
  const bucket = bucketOf(index);
  if (index < 0n || bucket > store.length) return { ok: false, reason: 'secret-out-of-order' };
  for (const known of store.slice(0, bucket)) {
    if (deriveSecret(crypto, secret, bucket, known.index) !== known.secret) return { ok: false, reason: 'secret-not-from-same-seed' };
  }
  return { ok: true, store: [...store.slice(0, bucket), { index, secret }, ...store.slice(bucket + 1)] };
}

/** BOLT 3, derive_old_secret: undefined for an index that has not been received. */
export function secretAt(crypto: Crypto, store: SecretStore, index: bigint): SecretKey | undefined {
  for (const [bucket, known] of store.entries()) {
    const bits = BigInt(bucket);
    if (index >> bits === known.index >> bits) return deriveSecret(crypto, known.secret, bucket, index);
  }
  return undefined;
}
