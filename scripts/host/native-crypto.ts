/// <reference types="node" />
import * as nodeCrypto from 'node:crypto';
import { createRequire } from 'node:module';
import { nobleHashes } from '../../core/crypto/hashes.ts';
import type { Secp256k1Module } from '../../core/crypto/native.ts';
import { createNativeCrypto } from '../../core/crypto/native.ts';
import type { Crypto, HashFunctions } from '../../core/crypto/types.ts';

function nodeSha256(data: Uint8Array): Uint8Array {
  // As a string and back: half the cost of the Buffer that node:crypto would allocate.
  const digest = nodeCrypto.hash('sha256', data, 'binary');
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = digest.charCodeAt(i);
  return bytes;
}

/**
 * SHA-256 of node:crypto, whose one-shot `hash` came with Node 20.12. The rest stays noble's: node:crypto's HMAC is slower, and an
 * OpenSSL without legacy algorithms has no RIPEMD160.
 */
export const nodeHashes: HashFunctions =
  typeof nodeCrypto.hash === 'function'
    ? { ...nobleHashes, sha256: nodeSha256, sha256ToHex: (data) => nodeCrypto.hash('sha256', data, 'hex') }
    : nobleHashes;

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
