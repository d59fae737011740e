import { hmac } from '@noble/hashes/hmac.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Branded, Hash32, Hex } from './bytes.ts';
import { fromHex, toHex, writeHex } from './bytes.ts';
import type { HashFunctions } from './types.ts';

/** The hash functions that need nothing of the platform. */
export const nobleHashes: HashFunctions = {
  sha256: (data) => sha256(data),
  sha256ToHex: (data) => toHex(sha256(data)),
  ripemd160: (data) => ripemd160(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
};

/** SHA-256 twice: Bitcoin's hash of transactions, blocks and sighashes. */
export function hash256(hashes: HashFunctions, data: Uint8Array): Uint8Array {
  return hashes.sha256(hashes.sha256(data));
}

/** RIPEMD160 of SHA-256: what P2WPKH and the scripts of BOLT 3 commit to. 20 bytes. */
export function hash160(hashes: HashFunctions, data: Uint8Array): Uint8Array {
  return hashes.ripemd160(hashes.sha256(data));
}

/** Where hex becomes the bytes that are hashed next, and nothing else reads: a new buffer for each hash would cost more than hashing. */
const scratch = new Uint8Array(1024);

/** To be hashed at once: the next call writes over them. */
function bytesOf(hex: Hex): Uint8Array {
  const length = hex.length >>> 1;
  if (length > scratch.length) return fromHex(hex);
  writeHex(hex, scratch, 0);
  return scratch.subarray(0, length);
}

export function sha256Hex<T extends Branded<string> = Hash32>(hashes: HashFunctions, data: Hex): T {
  return hashes.sha256ToHex(bytesOf(data)) as T;
}

/** `hash256` of hex: of a raw transaction without witnesses it is the Txid (internal byte order). */
export function hash256Hex<T extends Branded<string> = Hash32>(hashes: HashFunctions, data: Hex): T {
  return hashes.sha256ToHex(hashes.sha256(bytesOf(data))) as T;
}

/** RIPEMD160 alone: BOLT 3 HTLC scripts commit to RIPEMD160(payment_hash), which is a SHA-256 already. 20 bytes. */
export function ripemd160Hex(hashes: HashFunctions, data: Hex): Hex {
  return toHex(hashes.ripemd160(bytesOf(data)));
}

/** 20 bytes. */
export function hash160Hex(hashes: HashFunctions, data: Hex): Hex {
  return toHex(hash160(hashes, bytesOf(data)));
}

const FIRST_BLOCK = Uint8Array.of(1);

/** RFC 5869 with SHA-256 and empty `info`, two 32-byte outputs: the HKDF of BOLT 8. */
export function hkdf(hashes: HashFunctions, salt: Uint8Array, ikm: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const key = hashes.hmacSha256(salt, ikm);
  const first = hashes.hmacSha256(key, FIRST_BLOCK);
  const secondBlock = new Uint8Array(33);
  secondBlock.set(first);
  secondBlock[32] = 2;
  return [first, hashes.hmacSha256(key, secondBlock)];
}
