/// <reference types="node" />
import * as nodeCrypto from 'node:crypto';
import { createRequire } from 'node:module';
import { toHex } from '../../core/crypto/bytes.ts';
import type { Hex } from '../../core/crypto/bytes.ts';
import type { ChaCha20 } from '../../core/crypto/chacha20.ts';
import { nobleChaCha20 } from '../../core/crypto/chacha20.ts';
import { nobleHashes } from '../../core/crypto/hashes.ts';
import type { Secp256k1Module } from '../../core/crypto/native.ts';
import { createNativeCrypto } from '../../core/crypto/native.ts';
import { createNobleCrypto } from '../../core/crypto/noble.ts';
import type { Crypto, HashFunctions } from '../../core/crypto/types.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { CryptoProviders } from '../../sim/run/run.ts';

type Encode = (data: Uint8Array, encoding: 'hex' | 'binary') => string;

function hasher(algorithm: string): Encode {
  return (data, encoding) => nodeCrypto.hash(algorithm, data, encoding);
}

/** Where text becomes bytes that are hashed at once: natively, and without a new buffer for each hash. */
const scratch = Buffer.alloc(4096);
/** By length: the head of `scratch`. */
const heads: Uint8Array[] = [];

function ofHex(hex: Hex): Uint8Array {
  if (hex.length % 2 !== 0) throw new RangeError('hex string of odd length');
  const length = hex.length >>> 1;
  const target = length <= scratch.length ? scratch : Buffer.alloc(length);
  if (target.write(hex, 'hex') !== length) throw new RangeError('not a hex string');
  if (target !== scratch) return target;
  return (heads[length] ??= scratch.subarray(0, length));
}

function writeBinary(text: string, target: Uint8Array): Uint8Array {
  for (let i = 0; i < target.length; i++) target[i] = text.charCodeAt(i);
  return target;
}

/** A digest as a string and back: half the cost of the Buffer that node:crypto would allocate. */
function oneShot(encode: Encode): (data: Uint8Array) => Uint8Array {
  return (data) => {
    const digest = encode(data, 'binary');
    return writeBinary(digest, new Uint8Array(digest.length));
  };
}

const BLOCK = 64;
const inner = new Uint8Array(BLOCK + 256);
const outer = new Uint8Array(BLOCK + 32);

/** RFC 2104, over one-shot hashes: for short messages faster than node:crypto's own, which is faster than noble's. */
function hmacOf(encode: Encode): (key: Uint8Array, data: Uint8Array) => Uint8Array {
  const hash = oneShot(encode);
  return (key, data) => {
    const short = key.length > BLOCK ? hash(key) : key;
    const length = BLOCK + data.length;
    const message = length <= inner.length ? inner : new Uint8Array(length);
    for (let i = 0; i < BLOCK; i++) {
      const byte = short[i] ?? 0;
      message[i] = byte ^ 0x36;
      outer[i] = byte ^ 0x5c;
    }
    message.set(data, BLOCK);
    outer.set(hash(message.subarray(0, length)), BLOCK);
    return hash(outer);
  };
}

/** An OpenSSL without legacy algorithms has no RIPEMD160. */
function hasRipemd160(): boolean {
  try {
    return nodeCrypto.hash('ripemd160', new Uint8Array(0), 'hex') === '9c1185a5c5e9fc54612808977ee8f548b2258d31';
  } catch {
    return false;
  }
}

/** The one-shot `hash` of node:crypto came with Node 20.12. */
function fastestHashes(): HashFunctions {
  if (typeof nodeCrypto.hash !== 'function') return nobleHashes;
  const sha256 = hasher('sha256');
  const ripemd160 = hasRipemd160() ? oneShot(hasher('ripemd160')) : nobleHashes.ripemd160;
  const digest = new Uint8Array(32);
  /** To be hashed at once: the next call writes over it. */
  const again = (data: Uint8Array): Uint8Array => writeBinary(sha256(data, 'binary'), digest);
  return {
    sha256: oneShot(sha256),
    ripemd160,
    hmacSha256: hmacOf(sha256),
    sha256OfHex: (data) => sha256(ofHex(data), 'hex'),
    hash256OfHex: (data) => sha256(again(ofHex(data)), 'hex'),
    hash160OfHex: (data) => toHex(ripemd160(again(ofHex(data)))),
  };
}

export const nodeHashes: HashFunctions = fastestHashes();

/** OpenSSL's IV is the counter of blocks, little-endian, and then the nonce. */
const FIRST_BLOCK_NULL_NONCE: Readonly<Uint8Array> = new Uint8Array(16);

const opensslChaCha20: ChaCha20 = (key, length) => {
  const stream = nodeCrypto.createCipheriv('chacha20', key, FIRST_BLOCK_NULL_NONCE).update(new Uint8Array(length));
  return new Uint8Array(stream.buffer, stream.byteOffset, length);
};

/** An OpenSSL that keeps to a standard older than ChaCha20 has none. */
export const nodeChaCha20: ChaCha20 = nodeCrypto.getCiphers().includes('chacha20') ? opensslChaCha20 : nobleChaCha20;

/**
 * libsecp256k1, or undefined where the optional dependency `secp256k1` is not installed or has no binary for this platform (its own JavaScript
 * fallback is not wanted: noble is faster and audited).
 */
function loadSecp256k1(): Secp256k1Module | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings') as Secp256k1Module;
  } catch {
    return undefined;
  }
}

/** A `native` provider, where this machine can have one: one for each node. */
export function loadNativeCrypto(): Crypto | undefined {
  const secp256k1 = loadSecp256k1();
  return secp256k1 && createNativeCrypto(secp256k1, nodeHashes, nodeChaCha20);
}

/** How to make the providers that this machine can have, with its fast hashes. */
export function nodeProviders(): CryptoProviders & Record<'fake' | 'noble', () => Crypto> {
  const secp256k1 = loadSecp256k1();
  return {
    fake: () => createFakeCrypto(nodeHashes),
    noble: () => createNobleCrypto(nodeHashes, nodeChaCha20),
    ...(secp256k1 && { native: () => createNativeCrypto(secp256k1, nodeHashes, nodeChaCha20) }),
  };
}
