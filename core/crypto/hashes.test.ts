import { describe, expect, it } from 'vitest';
import { loadNativeCrypto, nodeHashes } from '../../scripts/node/native-crypto.ts';
import type { Hash32, SecretKey } from './bytes.ts';
import { fromHex, toHex } from './bytes.ts';
import { hash160, hash160Hex, hash256, hash256Hex, hkdf, nobleHashes, ripemd160Hex, sha256Hex } from './hashes.ts';
import { noble } from './noble.fixture.ts';

const ABC = '616263';

describe.each([
  ['noble', nobleHashes],
  ['node:crypto', nodeHashes],
])('hashes of %s', (_name, hashes) => {
  it('are the published ones of "abc"', () => {
    expect(sha256Hex(hashes, ABC)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hash256Hex(hashes, ABC)).toBe('4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358');
    expect(ripemd160Hex(hashes, ABC)).toBe('8eb208f7e05d987a9b044a8e98c6b087f15a0bfc');
    expect(hash160Hex(hashes, ABC)).toBe('bb1be98c142444d7a56aa3981c3942a978e4dc33');
    expect(toHex(hash256(hashes, fromHex(ABC)))).toBe(hash256Hex(hashes, ABC));
    expect(toHex(hash160(hashes, fromHex(ABC)))).toBe(hash160Hex(hashes, ABC));
  });

  it('are plain arrays that share no memory with their input', () => {
    const digest = hashes.sha256(fromHex(ABC));
    expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
    expect(digest).toHaveLength(32);
  });

  it('are the same however long the data is', () => {
    for (const length of [0, 1, 55, 64, 1_000, 1_024, 1_025, 5_000]) {
      const hex = 'a5'.repeat(length);
      expect(sha256Hex(hashes, hex)).toBe(toHex(noble.sha256(fromHex(hex))));
      expect(hash256Hex(hashes, hex)).toBe(toHex(hash256(noble, fromHex(hex))));
      expect(hash160Hex(hashes, hex)).toBe(toHex(hash160(noble, fromHex(hex))));
    }
  });

  it.each(['0', 'abc', '0g', 'zz', '00 1'])('refuse %j, which is no hex', (text) => {
    for (const hash of [sha256Hex, hash256Hex, hash160Hex]) expect(() => hash(hashes, text)).toThrow(RangeError);
  });

  it('HMAC: RFC 4231, test case 2', () => {
    const mac = hashes.hmacSha256(fromHex('4a656665'), fromHex('7768617420646f2079612077616e7420666f72206e6f7468696e673f'));
    expect(toHex(mac)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  it('HMAC: RFC 4231, test case 6: a key longer than a block', () => {
    const data = [...'Test Using Larger Than Block-Size Key - Hash Key First'].map((char) => char.charCodeAt(0));
    const mac = hashes.hmacSha256(new Uint8Array(131).fill(0xaa), Uint8Array.from(data));
    expect(toHex(mac)).toBe('60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
  });

  it('HMAC is the same for keys and data of any length, long ones before short ones', () => {
    for (const key of [131, 65, 64, 63, 32, 1, 0]) {
      for (const length of [1_000, 257, 256, 255, 32, 1, 0]) {
        const [secret, data] = [new Uint8Array(key).fill(key), new Uint8Array(length).fill(7)];
        expect(toHex(hashes.hmacSha256(secret, data))).toBe(toHex(noble.hmacSha256(secret, data)));
      }
    }
  });

  it('HKDF: RFC 5869, test case 3 (no salt, no info)', () => {
    const [first, second] = hkdf(hashes, new Uint8Array(0), fromHex('0b'.repeat(22)));
    expect(toHex(first) + toHex(second).slice(0, 20)).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    );
  });
});

const loaded = loadNativeCrypto();
describe.runIf(loaded !== undefined)('the native provider that the host loads', () => {
  it('signs as noble does', () => {
    const [digest, secret] = ['22'.repeat(32) as Hash32, '33'.repeat(32) as SecretKey];
    expect(loaded?.sign(digest, secret)).toBe(noble.sign(digest, secret));
  });
});
