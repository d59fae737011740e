import { describe, expect, it } from 'vitest';
import type { Hash32, SecretKey } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.ts';
import { derivePublicKey } from '../transactions/keys.ts';
import { EMPTY_SECRET_STORE, insertSecret, secretIndex } from '../transactions/secrets.ts';
import { createSigner } from './key-signer.ts';

const seed = '11'.repeat(32) as Hash32;
const a = 'aa'.repeat(32) as Hash32;
const b = 'bb'.repeat(32) as Hash32;
const digest = '5d'.repeat(32) as Hash32;

describe('createSigner', () => {
  it('gives secrets that a peer can store compactly (BOLT 3, insert_secret), and their points', () => {
    const signer = createSigner(noble, seed);
    let store = EMPTY_SECRET_STORE;
    for (let number = 0n; number < 40n; number++) {
      const secret = signer.perCommitmentSecret(a, number);
      expect(signer.perCommitmentPoint(a, number)).toBe(noble.publicKey(secret));
      const result = insertSecret(noble, store, secretIndex(number), secret);
      if (!result.ok) throw new Error(result.reason);
      ({ store } = result);
    }
  });

  it('gives the same answers in any order, and from another instance', () => {
    const numbers = [5n, 0n, 123_456_789n, 6n, (1n << 48n) - 1n, 4n, 5n];
    const signer = createSigner(noble, seed);
    const secrets = numbers.map((number) => signer.perCommitmentSecret(a, number));
    const points = numbers.map((number) => signer.perCommitmentPoint(a, number));
    for (const [i, number] of numbers.entries()) {
      const fresh = createSigner(noble, seed);
      expect(fresh.perCommitmentPoint(a, number)).toBe(points[i]);
      expect(fresh.perCommitmentSecret(a, number)).toBe(secrets[i]);
    }
    expect(new Set(secrets).size).toBe(6);
  });

  it('has other keys for another channel, another node and another purpose', () => {
    const all = [createSigner(noble, seed), createSigner(noble, '12'.repeat(32) as Hash32)].flatMap((signer) =>
      [a, b].flatMap((keysId) => [
        ...Object.values(signer.basepoints(keysId)),
        signer.perCommitmentPoint(keysId, 0n),
        signer.perCommitmentPoint(keysId, 1n),
      ]),
    );
    expect(new Set(all).size).toBe(4 * 7);
    expect(all.every((key) => noble.isValidPublicKey(key))).toBe(true);
  });

  it('signs with the funding key, and for HTLCs with the key tweaked by the point of the peer', () => {
    const signer = createSigner(noble, seed);
    const { fundingPubkey, htlcBasepoint } = signer.basepoints(a);
    expect(noble.verify(signer.signFunding(a, digest), digest, fundingPubkey)).toBe(true);
    const point = noble.publicKey('77'.repeat(32) as SecretKey);
    const other = '5e'.repeat(32) as Hash32;
    const signatures = signer.signHtlcs(a, point, [digest, other]);
    const key = derivePublicKey(noble, htlcBasepoint, point);
    expect(signatures.map((signature, i) => noble.verify(signature, i === 0 ? digest : other, key))).toEqual([true, true]);
  });

  it('keeps its derivation: funds of earlier versions depend on it', () => {
    const signer = createSigner(noble, seed);
    expect(signer.basepoints(a)).toMatchInlineSnapshot(`
      {
        "delayedPaymentBasepoint": "033f760b737c3627f5d1209b8daf94c8fe47a54ccd10317431d94b55d2b7a4d73c",
        "fundingPubkey": "037e6be61866be59680ed8dc8627d7fe406189a7a93f780e4afaa4946567570b52",
        "htlcBasepoint": "0236e8f02f45005fd03cac847d750aa9a1cf562e860a02244a483c7c59e3d3c7d8",
        "paymentBasepoint": "0321b86b84e02a567663c6587ee9998af532cfa1d60888e09870bfb41743a2af6c",
        "revocationBasepoint": "02f23f60a4213a06474da2452f3203229c4f459900ae4d049775973c088434551b",
      }
    `);
    expect(signer.perCommitmentSecret(a, 7n)).toMatchInlineSnapshot(`"76e4b620e1fc529202e3b41055b760dbd14773785699d177645304dfd0ff8093"`);
  });
});
