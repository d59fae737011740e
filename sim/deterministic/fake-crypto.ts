import type { Hash32, PublicKey, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import { nobleHashes } from '../../core/crypto/hashes.ts';
import { isScalar, scalarAdd, scalarMultiply } from '../../core/crypto/scalar.ts';
import type { Crypto, HashFunctions } from '../../core/crypto/types.ts';
import { fakeStream } from './fake-stream.ts';

/**
 * No cryptography at all, for simulations: a "point" is its own discrete logarithm, so that every key derivation keeps its algebra
 * while nothing costs a curve operation. Anyone can sign for anyone. Hashes are real and have their full length, because a shortened
 * one makes ids collide.
 */
export function createFakeCrypto(hashes: HashFunctions = nobleHashes): Crypto {
  return {
    name: 'fake',
    ...hashes,
    isValidSecretKey: isScalar,
    isValidPublicKey: (point) => point.startsWith('02') && isScalar(point.slice(2)),
    publicKey: point,
    pointMultiply: (base, scalar) => point(scalarMultiply(logarithm(base), scalar)),
    pointAdd: (a, b) => point(scalarAdd(logarithm(a), logarithm(b))),
    pointTweakAdd: (base, tweak) => point(scalarAdd(logarithm(base), tweak)),
    scalarAdd,
    scalarMultiply,
    sign,
    verify: (signature, digest, key) => key.startsWith('02') && signature === sign(digest, logarithm(key)),
    recover,
    ecdh: (base, secret) => toHex<Hash32>(hashes.sha256(fromHex(point(scalarMultiply(logarithm(base), secret))))),
    chacha20: fakeStream,
  };
}

function point(scalar: SecretKey): PublicKey {
  return `02${scalar}` as PublicKey;
}

function logarithm(key: PublicKey): SecretKey {
  return key.slice(2) as SecretKey;
}

const TOP_BIT = 8;

/**
 * r is the digest and s the key, so the signature binds both without a hash. The key's top bit would make s high; it moves into r, by
 * flipping the digest's top bit. No other digest verifies under the same key, and no other key under the same digest.
 */
function sign(digest: Hash32, secret: SecretKey): Signature {
  const top = Number.parseInt(secret.charAt(0), 16);
  if (top < TOP_BIT) return (digest + secret) as string as Signature;
  const flipped = Number.parseInt(digest.charAt(0), 16) ^ TOP_BIT;
  return (flipped.toString(16) + digest.slice(1) + (top ^ TOP_BIT).toString(16) + secret.slice(1)) as Signature;
}

/** The key stands in the signature, and the recovery id says where its top bit went. */
function recover(signature: Signature, recoveryId: number, digest: Hash32): PublicKey | undefined {
  const top = Number.parseInt(signature.charAt(64), 16) ^ (recoveryId === 1 ? TOP_BIT : 0);
  const secret = (top.toString(16) + signature.slice(65)) as SecretKey;
  return recoveryId < 2 && isScalar(secret) && sign(digest, secret) === signature ? point(secret) : undefined;
}
