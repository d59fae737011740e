import { secp256k1 as curves } from '@noble/curves/secp256k1.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as secp256k1 from '@noble/secp256k1';
import type { Hash32, PublicKey, SecretKey, Signature } from './bytes.ts';
import { fromHex, toHex } from './bytes.ts';
import type { ChaCha20 } from './chacha20.ts';
import { nobleChaCha20 } from './chacha20.ts';
import { nobleHashes } from './hashes.ts';
import { isScalar, isSignature, scalarAdd, scalarMultiply, scalarToBigint } from './scalar.ts';
import type { Crypto, HashFunctions } from './types.ts';

// The library leaves the choice of HMAC (for RFC 6979) to the program; only this module uses it.
secp256k1.hashes.hmacSha256 = (key, data) => hmac(sha256, key, data);

const PREHASHED = { prehash: false } as const;
const COMPRESSED_POINT = /^0[23][0-9a-f]{64}$/;

/** Compressed and in lower case: two spellings of one point would be two ids. */
export function hasPointShape(hex: string): boolean {
  return COMPRESSED_POINT.test(hex);
}

function isValidPublicKey(point: PublicKey): boolean {
  return hasPointShape(point) && curves.utils.isValidPublicKey(fromHex(point), true);
}

type Point = ReturnType<typeof curves.Point.fromHex>;
const MAX_PARSED = 1000;

/** Points that came lately: decompressing one costs a square root, and a channel's basepoints come again and again. */
class ParsedPoints {
  readonly #points = new Map<PublicKey, Point>();

  get(point: PublicKey): Point {
    let parsed = this.#points.get(point);
    if (parsed === undefined) {
      if (this.#points.size >= MAX_PARSED) this.#points.clear();
      this.#points.set(point, (parsed = curves.Point.fromHex(point)));
    }
    return parsed;
  }
}

/** The tweak may come from a secret: in constant time, by the library that is the faster one with the generator. Both have the same coordinates. */
function timesGenerator(scalar: SecretKey): Point {
  const { X, Y, Z } = secp256k1.Point.BASE.multiply(scalarToBigint(scalar));
  return new curves.Point(X, Y, Z);
}

function encode(point: Point): PublicKey {
  return toHex<PublicKey>(point.toBytes());
}

function verify(signature: Signature, digest: Hash32, point: PublicKey): boolean {
  return isSignature(signature) && curves.verify(fromHex(signature), fromHex(digest), fromHex(point), PREHASHED);
}

function recover(signature: Signature, recoveryId: number, digest: Hash32): PublicKey | undefined {
  if (!isSignature(signature)) return undefined;
  try {
    return toHex<PublicKey>(curves.recoverPublicKey(Uint8Array.of(recoveryId, ...fromHex(signature)), fromHex(digest), PREHASHED));
  } catch {
    // r, or r + n, is the x of no point; or the key would be infinity.
    return undefined;
  }
}

/**
 * Pure JavaScript, runs anywhere. Of the two noble libraries, @noble/secp256k1 is the faster with the generator (keys, signing) and
 * @noble/curves with any other point (verification, tweaks). A host's faster hash functions and stream may be passed in.
 */
export function createNobleCrypto(hashes: HashFunctions = nobleHashes, chacha20: ChaCha20 = nobleChaCha20): Crypto {
  const parsed = new ParsedPoints();
  return {
    name: 'noble',
    ...hashes,
    isValidSecretKey: isScalar,
    isValidPublicKey,
    publicKey: (secret) => toHex<PublicKey>(secp256k1.getPublicKey(fromHex(secret))),
    // Not in constant time: here the scalar is a tweak that both sides know.
    pointMultiply: (point, scalar) => encode(parsed.get(point).multiplyUnsafe(scalarToBigint(scalar))),
    pointAdd: (a, b) => encode(parsed.get(a).add(parsed.get(b))),
    pointTweakAdd: (point, tweak) => encode(parsed.get(point).add(timesGenerator(tweak))),
    scalarAdd,
    scalarMultiply,
    sign: (digest, secret) => toHex<Signature>(secp256k1.sign(fromHex(digest), fromHex(secret), PREHASHED)),
    verify,
    recover,
    ecdh: (point, secret) => toHex<Hash32>(hashes.sha256(curves.getSharedSecret(fromHex(secret), fromHex(point)))),
    chacha20,
  };
}
