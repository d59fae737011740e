/// <reference types="node" />
import * as nodeCrypto from 'node:crypto';
import { createRequire } from 'node:module';
import { nobleHashes } from '../../core/crypto/hashes.ts';
import type { Secp256k1Module } from '../../core/crypto/native.ts';
import { createNativeCrypto } from '../../core/crypto/native.ts';
import type { Crypto, HashFunctions } from '../../core/crypto/types.ts';

/** A digest as a string and back: half the cost of the Buffer that node:crypto would allocate. */
function oneShot(algorithm: string): (data: Uint8Array) => Uint8Array {
  return (data) => {
    const digest = nodeCrypto.hash(algorithm, data, 'binary');
    const bytes = new Uint8Array(digest.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = digest.charCodeAt(i);
    return bytes;
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

/** The one-shot `hash` of node:crypto came with Node 20.12. HMAC stays noble's: node:crypto's is slower. */
function fastestHashes(): HashFunctions {
  if (typeof nodeCrypto.hash !== 'function') return nobleHashes;
  const sha256 = { sha256: oneShot('sha256'), sha256ToHex: (data: Uint8Array) => nodeCrypto.hash('sha256', data, 'hex') };
  return { ...nobleHashes, ...sha256, ...(hasRipemd160() ? { ripemd160: oneShot('ripemd160') } : {}) };
}

export const nodeHashes: HashFunctions = fastestHashes();

/**
 * The `native` provider, or undefined where the optional dependency `secp256k1` is not installed or has no binary for this platform
 * (its own JavaScript fallback is not wanted: noble is faster and audited).
 */
export function loadNativeCrypto(): Crypto | undefined {
  try {
    const module: Secp256k1Module = createRequire(import.meta.url)('secp256k1/bindings');
    return createNativeCrypto(module, nodeHashes);
  } catch {
    return undefined;
  }
}
