import { chacha20poly1305 } from '@noble/ciphers/chacha.js';

/** The AEAD of BOLT 8 (RFC 8439), so that a host can bring a faster one. Keys have 32 bytes, nonces 12, tags 16. */
export interface ChaCha20Poly1305 {
  /** The ciphertext with its tag appended, in a new array. */
  encrypt(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext in a new array, or undefined when the tag does not match (or there is none). */
  decrypt(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined;
}

const TAG_LENGTH = 16;

export const nobleChaCha20Poly1305: ChaCha20Poly1305 = {
  encrypt: (key, nonce, associatedData, plaintext) => chacha20poly1305(key, nonce, associatedData).encrypt(plaintext),
  decrypt: (key, nonce, associatedData, ciphertext) => {
    if (ciphertext.length < TAG_LENGTH) return undefined;
    try {
      return chacha20poly1305(key, nonce, associatedData).decrypt(ciphertext);
    } catch {
      return undefined;
    }
  },
};
