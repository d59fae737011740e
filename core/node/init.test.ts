import { describe, expect, it } from 'vitest';
import type { Hash32 } from '../crypto/bytes.ts';
import { featuresFromBits, makeFeatures } from '../wire/features.ts';
import type { Init } from '../wire/messages/index.ts';
import { CHAIN_HASHES, DEFAULT_CONFIG } from './config.ts';
import { badInit, initMessage } from './init.ts';

describe('init', () => {
  const theirs: Init = { type: 'init', globalfeatures: '', features: DEFAULT_CONFIG.features, networks: [DEFAULT_CONFIG.chainHash] };

  it('says our features and our chain', () => {
    expect(initMessage(DEFAULT_CONFIG)).toEqual(theirs);
  });

  it('tells who has connected to us how it looks from here, unless that is private', () => {
    expect(initMessage(DEFAULT_CONFIG, { ip: '08080404', port: 9735 })).toEqual({ ...theirs, remoteAddr: '01080804042607' });
    expect(initMessage(DEFAULT_CONFIG, { ip: '7f000001', port: 9735 })).toEqual(theirs);
  });

  it('gives the features of both fields', () => {
    expect(badInit(DEFAULT_CONFIG, theirs)).toEqual({ features: DEFAULT_CONFIG.features });
    expect(badInit(DEFAULT_CONFIG, { ...theirs, globalfeatures: '02', features: '0100' })).toEqual({ features: '0102' });
  });

  it('must ask for nothing that we don’t know or have', () => {
    const judge = (features: string) => badInit(DEFAULT_CONFIG, { ...theirs, features });
    expect(judge(featuresFromBits([200, 202]))).toEqual({ rule: 'init.unknown_features', detail: 'unknown compulsory features 200, 202' });
    expect(judge(featuresFromBits([201]))).toEqual({ features: featuresFromBits([201]) });
    expect(judge(makeFeatures({ option_dual_fund: 'compulsory' }))).toEqual({
      rule: 'init.unsupported_features',
      detail: "we don't have option_dual_fund",
    });
    expect(judge(makeFeatures({ option_dual_fund: 'optional' }))).toEqual({ features: makeFeatures({ option_dual_fund: 'optional' }) });
    expect(judge(makeFeatures({ option_zeroconf: 'optional' }))).toEqual({
      rule: 'init.feature_dependencies',
      detail: 'option_zeroconf needs option_scid_alias',
    });
  });

  it('must have a chain in common, if it says any', () => {
    const judge = (networks: readonly Hash32[]) => badInit(DEFAULT_CONFIG, { ...theirs, networks });
    expect(judge([CHAIN_HASHES.bitcoin])).toEqual({ rule: 'init.networks', detail: 'no network in common' });
    expect(judge([CHAIN_HASHES.bitcoin, CHAIN_HASHES.regtest])).toHaveProperty('features');
    expect(judge([])).toHaveProperty('features');
    const { networks: _unsaid, ...silent } = theirs;
    expect(badInit(DEFAULT_CONFIG, silent)).toHaveProperty('features');
  });
});
