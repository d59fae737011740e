import type { Hash32, PublicKey, SecretKey, Signature } from './bytes.ts';
import { fromHex, toHex } from './bytes.ts';
import type { ChaCha20 } from './chacha20.ts';
import { nobleChaCha20 } from './chacha20.ts';
import { nobleHashes } from './hashes.ts';
import { hasPointShape } from './noble.ts';
import { isScalar, isSignature, reduceScalar, scalarAdd, scalarMultiply } from './scalar.ts';
import type { Crypto, HashFunctions } from './types.ts';

/** What is used of the npm package `secp256k1` (its `bindings` entry: libsecp256k1, compiled). */
export interface Secp256k1Module {
  publicKeyConvert(publicKey: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(secret: Uint8Array): Uint8Array;
  publicKeyCombine(publicKeys: readonly Uint8Array[]): Uint8Array;
  publicKeyTweakAdd(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyTweakMul(publicKey: Uint8Array, tweak: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(digest: Uint8Array, secret: Uint8Array): { readonly signature: Uint8Array };
  ecdsaVerify(signature: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): boolean;
  ecdsaRecover(signature: Uint8Array, recoveryId: number, digest: Uint8Array): Uint8Array;
  ecdh(publicKey: Uint8Array, secret: Uint8Array): Uint8Array;
}

const MAX_PARSED = 256;

/**
 * Points that came or were made lately, uncompressed: the library takes the square root of a compressed one at each use, a sixth of what an
 * operation costs.
 */
class ParsedPoints {
  readonly #secp256k1: Secp256k1Module;
  readonly #points = new Map<PublicKey, Uint8Array>();

  constructor(secp256k1: Secp256k1Module) {
    this.#secp256k1 = secp256k1;
  }

  /** Throws for what is no point. */
  get(point: PublicKey): Uint8Array {
    return this.#points.get(point) ?? this.#keep(point, this.#secp256k1.publicKeyConvert(fromHex(point), false));
  }

  /** The compressed form of a point that the library made. */
  made(bytes: Uint8Array): PublicKey {
    const point = ((bytes[64] as number) % 2 === 0 ? '02' : '03') + toHex(bytes.subarray(1, 33));
    this.#keep(point as PublicKey, bytes);
    return point as PublicKey;
  }

  #keep(point: PublicKey, bytes: Uint8Array): Uint8Array {
    if (this.#points.size >= MAX_PARSED) this.#points.clear();
    this.#points.set(point, bytes);
    return bytes;
  }
}

/** libsecp256k1, many times as fast as `noble` and byte for byte the same. The host loads the module: core imports nothing native. */
export function createNativeCrypto(
  secp256k1: Secp256k1Module,
  hashes: HashFunctions = nobleHashes,
  chacha20: ChaCha20 = nobleChaCha20,
): Crypto {
  const parsed = new ParsedPoints(secp256k1);
  return {
    name: 'native',
    ...hashes,
    isValidSecretKey: isScalar,
    isValidPublicKey: (point) => hasPointShape(point) && isPoint(parsed, point),
    publicKey: (secret) => toHex<PublicKey>(secp256k1.publicKeyCreate(fromHex(secret))),
    pointMultiply: (point, scalar) => parsed.made(secp256k1.publicKeyTweakMul(parsed.get(point), fromHex(scalar), false)),
    pointAdd: (a, b) => toHex<PublicKey>(secp256k1.publicKeyCombine([parsed.get(a), parsed.get(b)])),
    pointTweakAdd: (point, tweak) => parsed.made(secp256k1.publicKeyTweakAdd(parsed.get(point), fromHex(tweak), false)),
    scalarAdd,
    scalarMultiply,
    sign: (digest, secret) => sign(secp256k1, digest, secret),
    verify: (signature, digest, point) => verify(secp256k1, parsed, signature, digest, point),
    recover: (signature, recoveryId, digest) => recover(secp256k1, signature, recoveryId, digest),
    ecdh: (point, secret) => toHex<Hash32>(secp256k1.ecdh(fromHex(point), fromHex(secret))),
    chacha20,
  };
}

function isPoint(parsed: ParsedPoints, point: PublicKey): boolean {
  try {
    parsed.get(point);
    return true;
  } catch {
    return false;
  }
}

function sign(secp256k1: Secp256k1Module, digest: Hash32, secret: SecretKey): Signature {
  // RFC 6979 section 3.2 d derives the nonce from the digest modulo n; libsecp256k1 leaves that reduction to its caller.
  return toHex<Signature>(secp256k1.ecdsaSign(fromHex(reduceScalar(digest)), fromHex(secret)).signature);
}

function verify(secp256k1: Secp256k1Module, parsed: ParsedPoints, signature: Signature, digest: Hash32, point: PublicKey): boolean {
  try {
    return secp256k1.ecdsaVerify(fromHex(signature), fromHex(digest), parsed.get(point));
  } catch {
    // The binding throws on r or s out of range, a wrong length and a point that is none: all of them are just not valid here.
    return false;
  }
}

function recover(secp256k1: Secp256k1Module, signature: Signature, recoveryId: number, digest: Hash32): PublicKey | undefined {
  // The library would recover from r or s of zero what nothing verifies under.
  if (!isSignature(signature)) return undefined;
  try {
    return toHex<PublicKey>(secp256k1.ecdsaRecover(fromHex(signature), recoveryId, fromHex(digest)));
  } catch {
    return undefined;
  }
}
