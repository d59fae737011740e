import { hmac } from '@noble/hashes/hmac.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Branded, Hash32, Hex } from './bytes.ts';
import { fromHex, toHex, writeHex } from './bytes.ts';
import type { HashFunctions } from './types.ts';

/** Where hex becomes the bytes that are hashed next, and nothing else reads: a new buffer for each hash would cost more than hashing. */
const scratch = new Uint8Array(1024);

/** To be hashed at once: the next call writes over them. */
function bytesOf(hex: Hex): Uint8Array {
  const length = hex.length >>> 1;
  if (length > scratch.length) return fromHex(hex);
  writeHex(hex, scratch, 0);
  return scratch.subarray(0, length);
}

type OverBytes = Pick<HashFunctions, 'sha256' | 'ripemd160' | 'hmacSha256'>;

/** Everything, from what takes bytes: for a host that has nothing faster for hex. */
export function overHex({ sha256: once, ripemd160: short, hmacSha256 }: OverBytes): HashFunctions {
  return {
    sha256: once,
    ripemd160: short,
    hmacSha256,
    sha256OfHex: (data) => toHex(once(bytesOf(data))),
    hash256OfHex: (data) => toHex(once(once(bytesOf(data)))),
    hash160OfHex: (data) => toHex(short(once(bytesOf(data)))),
  };
}

/** The hash functions that need nothing of the platform. */
export const nobleHashes: HashFunctions = overHex({ sha256, ripemd160, hmacSha256: (key, data) => hmac(sha256, key, data) });

/** SHA-256 twice: Bitcoin's hash of transactions, blocks and sighashes. */
export function hash256(hashes: HashFunctions, data: Uint8Array): Uint8Array {
  return hashes.sha256(hashes.sha256(data));
}

/** RIPEMD160 of SHA-256: what P2WPKH and the scripts of BOLT 3 commit to. 20 bytes. */
export function hash160(hashes: HashFunctions, data: Uint8Array): Uint8Array {
  return hashes.ripemd160(hashes.sha256(data));
}

export function sha256Hex<T extends Branded<string> = Hash32>(hashes: HashFunctions, data: Hex): T {
  return hashes.sha256OfHex(data) as T;
}

/** `hash256` of hex: of a raw transaction without witnesses it is the Txid (internal byte order). */
export function hash256Hex<T extends Branded<string> = Hash32>(hashes: HashFunctions, data: Hex): T {
  return hashes.hash256OfHex(data) as T;
}

/** RIPEMD160 alone: BOLT 3 HTLC scripts commit to RIPEMD160(payment_hash), which is a SHA-256 already. 20 bytes. */
export function ripemd160Hex(hashes: HashFunctions, data: Hex): Hex {
  return toHex(hashes.ripemd160(bytesOf(data)));
}

/** 20 bytes. */
export function hash160Hex(hashes: HashFunctions, data: Hex): Hex {
  return hashes.hash160OfHex(data);
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
