import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { createSigner } from '../channel/commitments/key-signer.ts';
import type { Hash32, Hex, SecretKey } from '../crypto/bytes.ts';
import { FEATURES, featuresFromBits, makeFeatures } from '../wire/features.ts';
import type { FeatureName } from '../wire/features.ts';
import { DEFAULT_CONFIG } from './config.ts';
import { initMessage } from './init.ts';
import { SPOKEN_FEATURES } from './spoken-features.ts';
import { createNodeEnv } from './node-vocabulary.ts';

const crypto = createFakeCrypto();

function madeWith(features: Hex): () => unknown {
  return () =>
    createNodeEnv(crypto, createSigner(crypto, '01'.repeat(32) as Hash32, '01'.repeat(32) as SecretKey), { ...DEFAULT_CONFIG, features });
}

/** With all that BOLT 9 has it depend on. */
function whole(name: FeatureName, level: 'compulsory' | 'optional'): Hex {
  const needs = Object.fromEntries(FEATURES[name].dependencies.map((needed) => [needed, 'optional']));
  return makeFeatures({ ...needs, [name]: level });
}

describe('a node is made', () => {
  it.each(Object.keys(FEATURES) as FeatureName[])('with %s if it speaks it, at either level, and never otherwise', (name) => {
    for (const level of ['compulsory', 'optional'] as const) {
      if (SPOKEN_FEATURES.includes(name)) expect(madeWith(whole(name, level))).not.toThrow();
      else expect(madeWith(whole(name, level))).toThrow(`${name} is not spoken here`);
    }
  });

  it('with what its features depend on, one bit of each, and no others', () => {
    expect(madeWith('')).not.toThrow();
    expect(madeWith(DEFAULT_CONFIG.features)).not.toThrow();
    expect(madeWith(featuresFromBits([22, 23]))).toThrow('both bits of option_anchors are set');
    expect(madeWith(featuresFromBits([22, 3, 151]))).toThrow('bit 3 is no feature of BOLT 9, bit 151 is no feature of BOLT 9');
    expect(madeWith(makeFeatures({ option_zeroconf: 'optional' }))).toThrow('option_zeroconf needs option_scid_alias');
    expect(madeWith('abc')).toThrow('no bitmap');
    expect(madeWith('AB')).toThrow('no bitmap');
    expect(madeWith('zz')).toThrow(RangeError);
  });
});

describe('init', () => {
  it('says features in as few bytes as they need', () => {
    expect(initMessage({ ...DEFAULT_CONFIG, features: `0000${DEFAULT_CONFIG.features}` }).features).toBe(DEFAULT_CONFIG.features);
  });
});
