import { describe, expect, it } from 'vitest';
import type { Hash32, SecretKey } from '../../crypto/bytes.ts';
import { noble } from '../../crypto/noble.fixture.ts';
import { derivePublicKey, deriveRevocationPublicKey } from '../../transactions/keys.ts';
import { EMPTY_SECRET_STORE, insertSecret, secretIndex } from '../../transactions/secrets.ts';
import { createSigner } from './key-signer.ts';

const seed = '11'.repeat(32) as Hash32;
const NODE_SECRET = '13'.repeat(32) as SecretKey;
const a = 'aa'.repeat(32) as Hash32;
const b = 'bb'.repeat(32) as Hash32;

describe('createSigner', () => {
  it('gives secrets that a peer can store compactly (BOLT 3, insert_secret), and their points', () => {
    const signer = createSigner(noble, seed, NODE_SECRET);
    let store = EMPTY_SECRET_STORE;
    for (let number = 0n; number < 40n; number++) {
      const secret = signer.revealSecret(a, number) as SecretKey;
      expect(signer.perCommitmentPoint(a, number)).toBe(noble.publicKey(secret));
      const result = insertSecret(noble, store, secretIndex(number), secret);
      if (!result.ok) throw new Error(result.reason);
      ({ store } = result);
    }
  });

  it('gives the same answers in any order, and from another instance', () => {
    const numbers = [5n, 0n, 123_456_789n, 6n, (1n << 48n) - 1n, 4n, 5n];
    const signer = createSigner(noble, seed, NODE_SECRET);
    const secrets = numbers.map((number) => signer.revealSecret(a, number));
    const points = numbers.map((number) => signer.perCommitmentPoint(a, number));
    for (const [i, number] of numbers.entries()) {
      const fresh = createSigner(noble, seed, NODE_SECRET);
      expect(fresh.perCommitmentPoint(a, number)).toBe(points[i]);
      expect(fresh.revealSecret(a, number)).toBe(secrets[i]);
    }
    expect(new Set(secrets).size).toBe(6);
    const answers = numbers.map((number) => signer.isSecret(a, number, secrets[1] as SecretKey));
    expect(answers).toEqual(numbers.map((number) => number === 0n));
  });

  it('has other keys for another channel, another node and another purpose', () => {
    const all = [createSigner(noble, seed, NODE_SECRET), createSigner(noble, '12'.repeat(32) as Hash32, NODE_SECRET)].flatMap((signer) =>
      [a, b].flatMap((keysId) => [
        ...Object.values(signer.basepoints(keysId)),
        signer.perCommitmentPoint(keysId, 0n),
        signer.perCommitmentPoint(keysId, 1n),
      ]),
    );
    expect(new Set(all).size).toBe(4 * 7);
    expect(all.every((key) => noble.isValidPublicKey(key))).toBe(true);
  });

  it('derives from secrets the keys that anybody derives from points', () => {
    const signer = createSigner(noble, seed, NODE_SECRET);
    const { revocationBasepoint, delayedPaymentBasepoint, htlcBasepoint } = signer.basepoints(a);
    const remote = createSigner(noble, seed, NODE_SECRET).basepoints(b).revocationBasepoint;
    const point = noble.publicKey('77'.repeat(32) as SecretKey);
    expect(signer.ownRevocationPubkey(a, 3n, remote)).toBe(deriveRevocationPublicKey(noble, remote, signer.perCommitmentPoint(a, 3n)));
    expect(signer.remoteRevocationPubkey(a, point)).toBe(deriveRevocationPublicKey(noble, revocationBasepoint, point));
    expect(signer.delayedPubkey(a, point)).toBe(derivePublicKey(noble, delayedPaymentBasepoint, point));
    expect(signer.htlcPubkey(a, point)).toBe(derivePublicKey(noble, htlcBasepoint, point));
  });

  it('keeps its derivation: funds of earlier versions depend on it', () => {
    const signer = createSigner(noble, seed, NODE_SECRET);
    expect(signer.basepoints(a)).toMatchInlineSnapshot(`
      {
        "delayedPaymentBasepoint": "02d294fb50562e7e21a7640a537c56e52cb190a19f7589d69902c8e938db0ecf4e",
        "fundingPubkey": "02f4587558ffba31e29fd15869afc039f6b26a28f84b9288e5722288beee868de1",
        "htlcBasepoint": "03378fc82ae337c42c25c982998f56d7670d3e83e9ae8d7f1cfb5ce480f364724d",
        "paymentBasepoint": "02913ec012dc58a170641864f668a7623f6e0665de890afe520efb5680cb634457",
        "revocationBasepoint": "03f404b28f30cfa754c64fea9e2d52bf3760485a7dac86729a53a997e74d9729d8",
      }
    `);
    expect(signer.revealSecret(a, 7n)).toMatchInlineSnapshot(`"c4cae7adeff3788c1376096aabe6c1d231ee277f5f7ae8e9bda27278f1299c00"`);
  });
});
