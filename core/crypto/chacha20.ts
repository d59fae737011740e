import { chacha20 } from '@noble/ciphers/chacha.js';

/**
 * BOLT 4's pseudo-random stream: `length` bytes of ChaCha20 (RFC 8439) with a null nonce, from block zero, in a new array. The key has 32
 * bytes and makes one stream only.
 */
export type ChaCha20 = (key: Uint8Array, length: number) => Uint8Array;

const NULL_NONCE: Readonly<Uint8Array> = new Uint8Array(12);

export const nobleChaCha20: ChaCha20 = (key, length) => chacha20(key, NULL_NONCE, new Uint8Array(length));
