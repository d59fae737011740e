import type { ChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import { RunningHash } from './hash.ts';

const TAG_LENGTH = 16;

/**
 * No encryption at all, beside the fake points: bytes are masked, and the tag is a short hash that anyone can compute. It depends on key,
 * nonce, associated data and every bit of the ciphertext, so whoever confuses any of them is noticed as with the real cipher.
 */
export const fakeCipher: ChaCha20Poly1305 = {
  encrypt(key, nonce, associatedData, plaintext) {
    const out = new Uint8Array(plaintext.length + TAG_LENGTH);
    const hash = keyed(key, nonce, associatedData);
    mask(hash, plaintext, out.subarray(0, plaintext.length));
    hash.bytes(out.subarray(0, plaintext.length));
    out.set(hash.state(), plaintext.length);
    return out;
  },
  decrypt(key, nonce, associatedData, ciphertext) {
    const length = ciphertext.length - TAG_LENGTH;
    if (length < 0) return undefined;
    const hash = keyed(key, nonce, associatedData);
    const out = new Uint8Array(length);
    mask(hash, ciphertext.subarray(0, length), out);
    hash.bytes(ciphertext.subarray(0, length));
    const tag = hash.state();
    for (let i = 0; i < TAG_LENGTH; i++) if (tag[i] !== ciphertext[length + i]) return undefined;
    return out;
  },
};

function keyed(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): RunningHash {
  const hash = new RunningHash();
  hash.bytes(key);
  hash.bytes(nonce);
  hash.bytes(associatedData);
  return hash;
}

function mask(hash: RunningHash, from: Uint8Array, to: Uint8Array): void {
  const pad = hash.state();
  for (let i = 0; i < from.length; i++) to[i] = (from[i] as number) ^ (pad[i & 15] as number) ^ (i >> 4);
}
