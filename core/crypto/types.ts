import type { Hash32, Hex, PublicKey, SecretKey, Signature } from './bytes.ts';

/**
 * Everything that core asks of cryptography, so that a host can bring its own.
 *
 * Pure and synchronous; equal inputs give equal outputs on every provider that is real (`noble`, `native`).
 * Arguments are valid by type: keys that came from a peer have passed `isValidPublicKey` at the border. An operation whose
 * result would be the point at infinity or the zero scalar throws: it cannot happen by chance, and a caller that lets a peer choose
 * both operands checks first.
 */
export interface Crypto {
  readonly name: string;

  /** As every function here that takes bytes: it neither keeps nor returns its argument, which the caller writes over. */
  sha256(data: Uint8Array): Uint8Array;
  /** The same digest as hex, which some hosts make faster than bytes. */
  sha256ToHex(data: Uint8Array): Hex;
  /** RIPEMD160 of the bytes. */
  ripemd160(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;

  isValidSecretKey(secret: SecretKey): boolean;
  isValidPublicKey(point: PublicKey): boolean;
  /** secret × G. */
  publicKey(secret: SecretKey): PublicKey;
  /** point × scalar. */
  pointMultiply(point: PublicKey, scalar: SecretKey): PublicKey;
  pointAdd(a: PublicKey, b: PublicKey): PublicKey;
  /** point + tweak × G, in one operation: what key derivation does most. */
  pointTweakAdd(point: PublicKey, tweak: SecretKey): PublicKey;
  /** a + b mod n. */
  scalarAdd(a: SecretKey, b: SecretKey): SecretKey;
  /** a × b mod n. */
  scalarMultiply(a: SecretKey, b: SecretKey): SecretKey;

  /** Deterministic (RFC 6979), low S, compact. `digest` is the 32-byte message hash. */
  sign(digest: Hash32, secret: SecretKey): Signature;
  /** False for a bad signature, one with high S, or r or s out of range. Never throws. */
  verify(signature: Signature, digest: Hash32, point: PublicKey): boolean;
  /** SHA-256 of the compressed shared point (BOLT 8). */
  ecdh(point: PublicKey, secret: SecretKey): Hash32;
}

/** Hash functions that a host may have faster than noble's (node:crypto). Results must be identical, and arguments are neither kept nor returned. */
export interface HashFunctions {
  sha256(data: Uint8Array): Uint8Array;
  /** The same digest as hex, which some hosts make faster than bytes. */
  sha256ToHex(data: Uint8Array): Hex;
  ripemd160(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}

export type { Hex };
