import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/bolt03-secrets.json' with { type: 'json' };
import type { SecretKey } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { EMPTY_SECRET_STORE, FIRST_SECRET_INDEX, generateSecret, insertSecret, secretAt, secretIndex, SecretGenerator } from './secrets.ts';
import type { SecretStore } from './secrets.ts';

const SEED = 'c5'.repeat(32) as SecretKey;

describe('BOLT 3, Appendix D: generation', () => {
  it('has all five cases', () => expect(vectors.generation.length).toBe(5));
  for (const vector of vectors.generation) {
    it(vector.name, () => {
      expect(generateSecret(noble, vector.seed as SecretKey, BigInt(vector.I))).toBe(vector.output);
      expect(new SecretGenerator(noble, vector.seed as SecretKey).at(BigInt(vector.I))).toBe(vector.output);
    });
  }
});

describe('BOLT 3, Appendix D: storage', () => {
  it('has all nine cases', () => expect(vectors.storage.length).toBe(9));
  for (const vector of vectors.storage) {
    it(vector.name, () => {
      let store: SecretStore = EMPTY_SECRET_STORE;
      for (const step of vector.steps) {
        const result = insertSecret(noble, store, BigInt(step.I), step.secret as SecretKey);
        expect(result.ok ? 'OK' : 'ERROR').toBe(step.output);
        if (result.ok) store = result.store;
        else expect(result.reason).toBe('secret-not-from-same-seed');
      }
    });
  }
});

describe('the secrets of one seed', () => {
  it('number commitments downwards', () => {
    expect(secretIndex(0n)).toBe(0xffffffffffffn);
    expect(secretIndex(42n)).toBe(FIRST_SECRET_INDEX - 42n);
  });

  it('come from the generator in any order as they do alone', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, FIRST_SECRET_INDEX), { minLength: 1, maxLength: 10 }), (indexes) => {
        const generator = new SecretGenerator(noble, SEED);
        for (const index of [...indexes, indexes[0] as bigint]) expect(generator.at(index)).toBe(generateSecret(noble, SEED, index));
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('cost the generator few hashes when they are neighbours', () => {
    let hashes = 0;
    const generator = new SecretGenerator({ ...noble, sha256: (data) => (hashes++, noble.sha256(data)) }, SEED);
    for (let n = 0n; n < 256n; n++) generator.at(secretIndex(n));
    expect(hashes).toBeLessThan(48 + 2 * 256);
  });

  it('are all found again in a compact store, and no others', () => {
    let store: SecretStore = EMPTY_SECRET_STORE;
    for (let n = 0n; n < 300n; n++) {
      const inserted = insertSecret(noble, store, secretIndex(n), generateSecret(noble, SEED, secretIndex(n)));
      if (!inserted.ok) throw new Error(inserted.reason);
      store = inserted.store;
    }
    expect(store.length).toBeLessThanOrEqual(9);
    for (let n = 0n; n < 300n; n++) expect(secretAt(noble, store, secretIndex(n))).toBe(generateSecret(noble, SEED, secretIndex(n)));
    expect(secretAt(noble, store, secretIndex(300n))).toBeUndefined();
    expect(secretAt(noble, EMPTY_SECRET_STORE, secretIndex(0n))).toBeUndefined();
  });

  it('end with the seed itself, in the last of 49 places', () => {
    const store: SecretStore = Array.from({ length: 48 }, (_, bit) => {
      const index = 1n << BigInt(bit);
      return { index, secret: generateSecret(noble, SEED, index) };
    });
    const inserted = insertSecret(noble, store, 0n, SEED);
    expect(inserted).toEqual({ ok: true, store: [...store, { index: 0n, secret: SEED }] });
    expect(insertSecret(noble, store, 0n, 'c4'.repeat(32) as SecretKey).ok).toBe(false);
  });

  it('are refused out of order, with the store as it was', () => {
    const first = insertSecret(noble, EMPTY_SECRET_STORE, secretIndex(0n), generateSecret(noble, SEED, secretIndex(0n)));
    if (!first.ok) throw new Error(first.reason);
    const before = [...first.store];
    const refusal = { ok: false, reason: 'secret-out-of-order' };
    expect(insertSecret(noble, first.store, secretIndex(3n), generateSecret(noble, SEED, secretIndex(3n)))).toEqual(refusal);
    expect(insertSecret(noble, first.store, -1n, SEED)).toEqual(refusal);
    expect(first.store).toEqual(before);
  });
});
