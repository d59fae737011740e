import type { ChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { hkdf } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';

/** What the transport needs of its host. */
export interface TransportEnv {
  readonly crypto: Crypto;
  readonly cipher: ChaCha20Poly1305;
}

/** One direction of an established connection: its key, the chaining key that the next one comes from, and the next nonce. */
export interface CipherState {
  readonly key: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly nonce: number;
}

export const TAG_LENGTH = 16;

/** BOLT 8: a key is rotated after 1000 uses, which are 500 messages. */
const KEY_USES = 1000;

/** BOLT 8: 32 zero bits, then the nonce in 64 bits, little-endian. All our nonces are below 65,536. */
export function encodeNonce(nonce: number): Uint8Array {
  const bytes = new Uint8Array(12);
  bytes[4] = nonce & 0xff;
  bytes[5] = nonce >> 8;
  return bytes;
}

/** The state after one use of the key. */
export function advance(env: TransportEnv, state: CipherState): CipherState {
  if (state.nonce + 1 < KEY_USES) return { key: state.key, chainingKey: state.chainingKey, nonce: state.nonce + 1 };
  const [chainingKey, key] = hkdf(env.crypto, state.chainingKey, state.key);
  return { key, chainingKey, nonce: 0 };
}
