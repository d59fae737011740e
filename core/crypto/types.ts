import type { Hash32, Hex, PublicKey, SecretKey, Signature } from './bytes.ts';
import type { ChaCha20 } from './chacha20.ts';

/**
 * Hash functions that a host may have faster than noble's (node:crypto). Results must be identical, and arguments are neither kept nor
 * returned: callers write over them. `overHex` makes the second half from the first.
 */
export interface HashFunctions {
  sha256(data: Uint8Array): Uint8Array;
  /** RIPEMD160 of the bytes alone. */
  ripemd160(data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;

  /** SHA-256 of bytes in hex, as hex. Most of what a channel hashes is hex before and after. Throws a RangeError for what is no hex. */
  sha256OfHex(data: Hex): Hex;
  /** SHA-256 twice. */
  hash256OfHex(data: Hex): Hex;
  /** RIPEMD160 of SHA-256: 20 bytes. */
  hash160OfHex(data: Hex): Hex;
}

/**
 * Everything that core asks of cryptography, so that a host can bring its own.
 *
 * Pure and synchronous; equal inputs give equal outputs on every provider that is real (`noble`, `native`).
 * Arguments are valid by type: keys that came from a peer have passed `isValidPublicKey` at the border. An operation whose
 * result would be the point at infinity or the zero scalar throws: it cannot happen by chance, and a caller that lets a peer choose
 * both operands checks first.
 */
export interface Crypto extends HashFunctions {
  readonly name: string;

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
  /**
   * The key under which this signature of the digest verifies (BOLT 11); high S is accepted. `recoveryId` is in {0,1,2,3}. Undefined where there
   * is none. Never throws.
   */
  recover(signature: Signature, recoveryId: number, digest: Hash32): PublicKey | undefined;
  /** SHA-256 of the compressed shared point (BOLT 4, BOLT 8). */
  ecdh(point: PublicKey, secret: SecretKey): Hash32;
  readonly chacha20: ChaCha20;
}

export type { Hex };
