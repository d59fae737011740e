import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/rfc6979-secp256k1.json' with { type: 'json' };
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { Hash32, Hex, PublicKey, SecretKey, Signature } from './bytes.ts';
import { fromHex, toHex } from './bytes.ts';
import { nobleHashes, sha256Hex } from './hashes.ts';
import type { Secp256k1Module } from './native.ts';
import { createNativeCrypto } from './native.ts';
import { noble } from './noble.fixture.ts';
import { createNobleCrypto } from './noble.ts';
import { CURVE_ORDER } from './scalar.ts';
import type { Crypto } from './types.ts';

function loadNative(): Crypto | undefined {
  try {
    return createNativeCrypto(createRequire(import.meta.url)('secp256k1/bindings') as Secp256k1Module);
  } catch {
    return undefined;
  }
}

const native = loadNative();
const fake = createFakeCrypto();
const providers = native ? [noble, native, fake] : [noble, fake];
const real = native ? [noble, native] : [noble];
if (!native)
  describe.skip('native: secp256k1 has no binary here, so noble alone is tested', () => it('agrees with noble', () => undefined));

const number32 = (value: bigint): Hex => value.toString(16).padStart(64, '0');
const secret = (value: bigint): SecretKey => number32(value) as SecretKey;
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const add = (a: SecretKey, b: SecretKey): SecretKey => secret((BigInt(`0x${a}`) + BigInt(`0x${b}`)) % CURVE_ORDER);

const ONE = secret(1n);
const LAST = secret(CURVE_ORDER - 1n);
const DIGEST = '4b'.repeat(32) as Hash32;
const KEY = '11'.repeat(32) as SecretKey;

const anySecret = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt(1n, CURVE_ORDER - 1n) },
  { weight: 1, arbitrary: fc.bigInt(1n, 16n) },
  { weight: 1, arbitrary: fc.bigInt(CURVE_ORDER - 16n, CURVE_ORDER - 1n) },
);
const anyKey = anySecret.map(secret);
const anyDigest = fc
  .oneof(fc.bigInt(0n, 2n ** 256n - 1n), fc.constantFrom(0n, 1n, CURVE_ORDER, 2n ** 256n - 1n))
  .map((n) => number32(n) as Hash32);
const runs = (numRuns: number) => ({ seed: 20, numRuns });

describe.each(providers)('$name: keys', (crypto) => {
  it('accepts exactly the scalars in [1, n-1], in lower case', () => {
    for (const good of [ONE, secret(2n), LAST, KEY]) expect(crypto.isValidSecretKey(good)).toBe(true);
    const bad = [secret(0n), secret(CURVE_ORDER), 'ff'.repeat(32), KEY.slice(2), `${KEY}00`, LAST.toUpperCase(), `${KEY.slice(1)}g`, ''];
    for (const hex of bad) expect(crypto.isValidSecretKey(hex as SecretKey), hex).toBe(false);
  });

  it('accepts its own points and refuses other shapes', () => {
    for (const good of [ONE, LAST, KEY]) expect(crypto.isValidPublicKey(crypto.publicKey(good))).toBe(true);
    const point = crypto.publicKey(KEY);
    const bad = [
      `04${point.slice(2)}`,
      `00${point.slice(2)}`,
      point.slice(2),
      point.slice(0, -2),
      `${point}00`,
      `02${point.slice(2, -1)}g`,
      `0${point}`,
      '',
    ];
    for (const hex of bad) expect(crypto.isValidPublicKey(hex as PublicKey), hex).toBe(false);
    for (const x of ['00'.repeat(32), 'ff'.repeat(32)]) expect(crypto.isValidPublicKey(`02${x}` as PublicKey), x).toBe(false);
  });

  it('is a homomorphism: adding and multiplying commute with taking the public key', () => {
    const { publicKey, scalarAdd, scalarMultiply, pointAdd, pointMultiply, pointTweakAdd } = crypto;
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        fc.pre(add(a, b) !== secret(0n));
        expect(scalarAdd(a, b)).toBe(add(a, b));
        expect(scalarMultiply(a, b)).toBe(secret((BigInt(`0x${a}`) * BigInt(`0x${b}`)) % CURVE_ORDER));
        expect(pointAdd(publicKey(a), publicKey(b))).toBe(publicKey(add(a, b)));
        expect(pointMultiply(publicKey(a), b)).toBe(publicKey(scalarMultiply(a, b)));
        expect(pointTweakAdd(publicKey(a), b)).toBe(publicKey(add(a, b)));
      }),
      runs(crypto.name === 'noble' ? 10 : 200),
    );
  });

  it('derives BOLT 3 keys alike from the private and the public side', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (baseSecret, perCommitmentSecret) => {
        const base = crypto.publicKey(baseSecret);
        const perCommitment = crypto.publicKey(perCommitmentSecret);
        const tweak = sha256Hex<SecretKey>(crypto, perCommitment + base);
        expect(crypto.publicKey(crypto.scalarAdd(baseSecret, tweak))).toBe(crypto.pointAdd(base, crypto.publicKey(tweak)));

        const r = sha256Hex<SecretKey>(crypto, base + perCommitment);
        const revocationSecret = crypto.scalarAdd(crypto.scalarMultiply(baseSecret, r), crypto.scalarMultiply(perCommitmentSecret, tweak));
        const revocationKey = crypto.pointAdd(crypto.pointMultiply(base, r), crypto.pointMultiply(perCommitment, tweak));
        expect(crypto.publicKey(revocationSecret)).toBe(revocationKey);
      }),
      runs(crypto.name === 'noble' ? 6 : 100),
    );
  });

  it('shares one ECDH secret: the hash of the compressed point', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const shared = crypto.ecdh(crypto.publicKey(a), b);
        expect(shared).toBe(crypto.ecdh(crypto.publicKey(b), a));
        expect(shared).toBe(sha256Hex(nobleHashes, crypto.publicKey(crypto.scalarMultiply(a, b))));
      }),
      runs(crypto.name === 'noble' ? 6 : 100),
    );
  });

  it('throws where the result would be infinity or zero', () => {
    expect(() => crypto.pointAdd(crypto.publicKey(ONE), crypto.publicKey(LAST))).toThrow();
    expect(() => crypto.pointTweakAdd(crypto.publicKey(ONE), LAST)).toThrow();
    expect(() => crypto.scalarAdd(ONE, LAST)).toThrow(RangeError);
    expect(() => crypto.scalarMultiply(ONE, secret(CURVE_ORDER))).toThrow(RangeError);
    expect(() => crypto.pointMultiply(crypto.publicKey(KEY), secret(0n))).toThrow();
    expect(crypto.pointAdd(crypto.publicKey(ONE), crypto.publicKey(ONE))).toBe(crypto.publicKey(secret(2n)));
    expect(crypto.pointMultiply(crypto.publicKey(LAST), LAST)).toBe(crypto.publicKey(ONE));
  });
});

describe.each(providers)('$name: signatures', (crypto) => {
  it('bind the key and every bit of the digest, and are low S in range', () => {
    fc.assert(
      fc.property(anyKey, anyKey, anyDigest, fc.nat(255), (key, other, digest, bit) => {
        const signature = crypto.sign(digest, key);
        expect(signature).toMatch(/^[0-9a-f]{128}$/);
        expect(BigInt(`0x${signature.slice(64)}`)).toBeLessThanOrEqual(CURVE_ORDER / 2n);
        expect(crypto.sign(digest, key)).toBe(signature);
        expect(crypto.verify(signature, digest, crypto.publicKey(key))).toBe(true);

        const flip = (hex: Hex) => number32(BigInt(`0x${hex}`) ^ (1n << BigInt(bit)));
        const flipped = flip(digest) as Hash32;
        expect(crypto.verify(signature, flipped, crypto.publicKey(key))).toBe(false);
        const near = flip(key) as SecretKey;
        if (crypto.isValidSecretKey(near)) expect(crypto.verify(signature, digest, crypto.publicKey(near))).toBe(false);
        if (other !== key) expect(crypto.verify(signature, digest, crypto.publicKey(other))).toBe(false);
        const altered = (BigInt(`0x${signature}`) ^ (1n << BigInt(bit * 2))).toString(16).padStart(128, '0') as Signature;
        expect(crypto.verify(altered, digest, crypto.publicKey(key))).toBe(false);
      }),
      runs(crypto.name === 'noble' ? 12 : 200),
    );
  });

  it('are refused, without a throw, with high S, with r or s out of range, under what is no point, and cut short', () => {
    const signature = crypto.sign(DIGEST, KEY);
    const [r, s] = [signature.slice(0, 64), signature.slice(64)];
    const point = crypto.publicKey(KEY);
    const zero = number32(0n);
    const overflow = number32(BigInt(`0x${r}`) + CURVE_ORDER > 2n ** 256n ? CURVE_ORDER : BigInt(`0x${r}`) + CURVE_ORDER);
    const bad = [
      r + number32(CURVE_ORDER - BigInt(`0x${s}`)),
      zero + s,
      r + zero,
      zero + zero,
      overflow + s,
      r + number32(CURVE_ORDER),
      'ff'.repeat(64),
      r,
      '',
    ];
    for (const hex of bad) expect(crypto.verify(hex as Signature, DIGEST, point), hex).toBe(false);
    expect(crypto.verify(signature, DIGEST, `05${point.slice(2)}` as PublicKey)).toBe(false);
    expect(crypto.verify(signature, DIGEST, point)).toBe(true);
  });
});

describe.each(real)('$name: published vectors', (crypto) => {
  it.each(vectors.vectors)('signs "$message" with $secret as RFC 6979 says', (vector) => {
    const digest = toHex<Hash32>(crypto.sha256(ascii(vector.message)));
    expect(crypto.sign(digest, vector.secret as SecretKey)).toBe(vector.signature);
  });

  it('knows the generator', () => {
    const x = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
    expect(crypto.publicKey(ONE)).toBe(`02${x}`);
    expect(crypto.publicKey(LAST)).toBe(`03${x}`);
    expect(() => crypto.publicKey(secret(0n))).toThrow();
    expect(() => crypto.publicKey(secret(CURVE_ORDER))).toThrow();
    expect(() => crypto.sign(DIGEST, secret(0n))).toThrow();
  });

  it('refuses an x that is on no point of the curve', () => {
    expect(crypto.isValidPublicKey(`02${number32(5n)}` as PublicKey)).toBe(false);
    expect(crypto.isValidPublicKey(`02${number32(1n)}` as PublicKey)).toBe(true);
    expect(() => crypto.pointMultiply(`02${number32(5n)}` as PublicKey, KEY)).toThrow();
  });
});

describe.runIf(native !== undefined)('native and noble', () => {
  it('answer byte for byte the same', () => {
    const other = native as Crypto;
    fc.assert(
      fc.property(anyKey, anyKey, anyDigest, (a, b, digest) => {
        const point = noble.publicKey(a);
        const signature = noble.sign(digest, a);
        expect(other.publicKey(a)).toBe(point);
        expect(other.sign(digest, a)).toBe(signature);
        expect(other.verify(signature, digest, point)).toBe(true);
        expect(other.pointMultiply(point, b)).toBe(noble.pointMultiply(point, b));
        expect(other.ecdh(point, b)).toBe(noble.ecdh(point, b));
        if (add(a, b) !== secret(0n)) expect(other.pointAdd(point, noble.publicKey(b))).toBe(noble.pointAdd(point, noble.publicKey(b)));
      }),
      runs(30),
    );
  });

  it('agree on which x are points', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (x) => {
        const point = `03${toHex(x)}` as PublicKey;
        expect((native as Crypto).isValidPublicKey(point)).toBe(noble.isValidPublicKey(point));
      }),
      runs(60),
    );
  });
});

describe('a provider uses the hash functions it is given', () => {
  it.each([createNobleCrypto, createFakeCrypto])('%o', (create) => {
    const crypto = create({ ...nobleHashes, sha256: () => fromHex('ab'.repeat(32)) });
    expect(crypto.ecdh(crypto.publicKey(KEY), ONE)).toBe('ab'.repeat(32));
  });
});
