import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/rfc6979-secp256k1.json' with { type: 'json' };
import { nodeChaCha20 } from '../../scripts/node/native-crypto.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { Hash32, Hex, PublicKey, SecretKey, Signature } from './bytes.ts';
import { fromHex, toHex } from './bytes.ts';
import { nobleChaCha20 } from './chacha20.ts';
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

describe.each(providers)('$name: recovery', (crypto) => {
  it('finds the signer under exactly one id, and nobody who did not sign', () => {
    fc.assert(
      fc.property(anyKey, anyDigest, anyDigest, (key, digest, other) => {
        const signature = crypto.sign(digest, key);
        const point = crypto.publicKey(key);
        const found = [0, 1, 2, 3].map((id) => crypto.recover(signature, id, digest));
        expect(found.filter((candidate) => candidate === point)).toHaveLength(1);
        for (const candidate of found) if (candidate !== undefined) expect(crypto.verify(signature, digest, candidate)).toBe(true);
        const high = (signature.slice(0, 64) + number32(CURVE_ORDER - BigInt(`0x${signature.slice(64)}`))) as Signature;
        if (crypto.name !== 'fake') expect(crypto.recover(high, found.indexOf(point) ^ 1, digest)).toBe(point);
        // ECDSA takes the digest modulo n.
        if (BigInt(`0x${digest}`) % CURVE_ORDER === BigInt(`0x${other}`) % CURVE_ORDER) return;
        expect([0, 1, 2, 3].map((id) => crypto.recover(signature, id, other))).not.toContain(point);
      }),
      runs(crypto.name === 'noble' ? 4 : 60),
    );
  });

  it('of what is no signature is nothing, without a throw', () => {
    const [r, s] = [number32(5n), number32(7n)];
    const bad = [number32(0n) + s, r + number32(0n), number32(CURVE_ORDER) + s, r + number32(CURVE_ORDER), 'ff'.repeat(64), r, ''];
    for (const hex of bad) for (const id of [0, 1, 2, 3]) expect(crypto.recover(hex as Signature, id, DIGEST), hex).toBeUndefined();
    expect(crypto.recover(crypto.sign(DIGEST, KEY), 4, DIGEST)).toBeUndefined();
    // No point has this x (and none has x + n, which is beyond the field).
    if (crypto.name !== 'fake') expect(crypto.recover((number32(5n) + s) as Signature, 0, DIGEST)).toBeUndefined();
  });
});

describe.each([...providers, { name: 'node:crypto', chacha20: nodeChaCha20 }])('$name: the stream of BOLT 4', ({ chacha20 }) => {
  const anyStreamKey = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it('is a plain array, and a longer one begins with a shorter one', () => {
    fc.assert(
      fc.property(anyStreamKey, fc.nat(300), fc.nat(300), (key, a, b) => {
        const [short, long] = [chacha20(key, Math.min(a, b)), chacha20(key, Math.max(a, b))];
        expect(Object.getPrototypeOf(short)).toBe(Uint8Array.prototype);
        expect(short).toHaveLength(Math.min(a, b));
        expect(toHex(long.subarray(0, short.length))).toBe(toHex(short));
      }),
      runs(50),
    );
  });

  it('has nothing in common with that of a key that differs in one bit', () => {
    fc.assert(
      fc.property(anyStreamKey, fc.nat(255), (key, bit) => {
        const other = key.slice();
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
        const [a, b] = [chacha20(key, 256), chacha20(other, 256)];
        expect(a.filter((byte, i) => byte === b[i]).length).toBeLessThan(12);
      }),
      runs(50),
    );
  });
});

describe.each([...real, { name: 'node:crypto', chacha20: nodeChaCha20 }])('$name: ChaCha20', ({ chacha20 }) => {
  it('is the published one (RFC 8439, appendix A.1, test vectors 1 and 2)', () => {
    expect(toHex(chacha20(new Uint8Array(32), 128))).toBe(
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
        '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
  });

  it.each([0, 1, 63, 64, 65, 1300, 2600, 65_536])('is the same at %i bytes', (length) => {
    const key = new Uint8Array(32).fill(7);
    expect(toHex(chacha20(key, length))).toBe(toHex(nobleChaCha20(key, length)));
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
        for (const id of [0, 1, 2, 3]) expect(other.recover(signature, id, digest)).toBe(noble.recover(signature, id, digest));
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
