import { ascii } from '../crypto/bytes.ts';
import type { ChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { hkdf } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';

/** What sealing needs of its host. */
export interface SealEnv {
  readonly crypto: Crypto;
  readonly cipher: ChaCha20Poly1305;
}

/** For one purpose, both from one secret. */
export interface SealingKeys {
  readonly content: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The form of all that is sealed. Any change to it, or to what derives from a secret, needs a new version. */
export const SEAL_VERSION = 1;

const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** What sealing adds to the plaintext: a version of two bytes, the nonce, the tag. */
export const SEAL_OVERHEAD = 2 + NONCE_LENGTH + TAG_LENGTH;

/** Nothing longer is opened: a copy of what a watcher knows of a channel with millions of payments is shorter. */
export const MAX_SEALED_BYTES = 0x1000_0000;

const NONE: Readonly<Uint8Array> = new Uint8Array(0);

/** `purpose` tells keys of one secret apart. `secret` has 32 bytes. */
export function sealingKeys({ crypto }: SealEnv, secret: Uint8Array, purpose: string): SealingKeys {
  const [content, nonce] = hkdf(crypto, ascii(`fulgurite ${purpose}`), secret);
  return { content, nonce };
}

/**
 * ChaCha20-Poly1305 (RFC 8439), with a nonce made from the key and the content: a device that was rolled back, and says something else under the
 * same number, repeats no nonce. The same content under the same keys is the same bytes.
 */
export function seal({ crypto, cipher }: SealEnv, keys: SealingKeys, plaintext: Uint8Array): Uint8Array {
  const nonce = nonceOf(crypto, keys, plaintext);
  const sealed = new Uint8Array(SEAL_OVERHEAD + plaintext.length);
  sealed[1] = SEAL_VERSION;
  sealed.set(nonce, 2);
  sealed.set(cipher.encrypt(keys.content, nonce, NONE, plaintext), 2 + NONCE_LENGTH);
  return sealed;
}

/** What `seal` was given; undefined for any other bytes. Never throws. */
export function open({ crypto, cipher }: SealEnv, keys: SealingKeys, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD || sealed.length > MAX_SEALED_BYTES || sealed[0] !== 0 || sealed[1] !== SEAL_VERSION) return undefined;
  const nonce = sealed.slice(2, 2 + NONCE_LENGTH);
  const plaintext = cipher.decrypt(keys.content, nonce, NONE, sealed.slice(2 + NONCE_LENGTH));
  if (plaintext === undefined) return undefined;
  const expected = nonceOf(crypto, keys, plaintext);
  return nonce.every((byte, at) => byte === expected[at]) ? plaintext : undefined;
}

function nonceOf(crypto: Crypto, { nonce }: SealingKeys, plaintext: Uint8Array): Uint8Array {
  return crypto.hmacSha256(nonce, plaintext).slice(0, NONCE_LENGTH);
}
