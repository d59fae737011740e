import { nobleChaCha20Poly1305 } from '../core/crypto/chacha20poly1305.ts';
import type { ChaCha20Poly1305 } from '../core/crypto/chacha20poly1305.ts';
import { toHex } from '../core/crypto/bytes.ts';
import type { PublicKey, SecretKey } from '../core/crypto/bytes.ts';
import type { TransportEnv } from '../core/transport/cipher.ts';
import { createFakeCrypto } from '../sim/deterministic/fake-crypto.ts';
import { promise } from './target.ts';

/** Keys that are the same in every run. */
export function secretKey(n: number): SecretKey {
  return n.toString(16).padStart(2, '0').repeat(32) as SecretKey;
}

/** Points that cost nothing, and the cipher of the real transport. */
export const crypto = createFakeCrypto();
export const transportEnv: TransportEnv = { crypto, cipher: nobleChaCha20Poly1305 };

export function nodeId(secret: SecretKey): PublicKey {
  return crypto.publicKey(secret);
}

/** BOLT 8: a key is used at most 1000 times, and never twice with one nonce. */
const MAX_KEY_USES = 1000;

/** A cipher that breaks its promise when its owner does. */
export function watchedCipher(cipher: ChaCha20Poly1305 = nobleChaCha20Poly1305): ChaCha20Poly1305 {
  const usedNonces = new Map<string, Set<string>>();
  return {
    ...cipher,
    encrypt(key, nonce, associatedData, plaintext) {
      const name = toHex(key);
      const used = usedNonces.get(name) ?? new Set<string>();
      usedNonces.set(name, used);
      const text = toHex(nonce);
      promise(!used.has(text), 'a nonce is used once', () => `nonce ${text} for the second time under one key`);
      used.add(text);
      promise(used.size <= MAX_KEY_USES, 'a key is rotated after 1000 uses', () => `${used.size} uses`);
      return cipher.encrypt(key, nonce, associatedData, plaintext);
    },
  };
}
