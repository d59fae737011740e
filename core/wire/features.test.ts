import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as f from './features.ts';
import type { FeatureName } from './features.ts';

describe('BOLT 9 feature bitmaps', () => {
  it('count bits from the end', () => {
    expect(f.featuresFromBits([])).toBe('');
    expect(f.featuresFromBits([0])).toBe('01');
    expect(f.featuresFromBits([8, 1])).toBe('0102');
    expect(f.featureBits('0102')).toEqual([1, 8]);
  });

  it('featureBits inverts featuresFromBits, which is minimal', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300)), fc.nat(3), (bits, zeros) => {
        const features = f.featuresFromBits(bits);
        const padded = '00'.repeat(zeros) + features;
        expect(f.featureBits(padded)).toEqual([...bits].sort((a, b) => a - b));
        expect(f.minimalFeatures(padded)).toBe(features);
      }),
      { seed: 1 },
    );
  });

  it('a zero byte inside is no padding', () => {
    expect(f.minimalFeatures('0000010002')).toBe('010002');
  });

  it('channel types are those of BOLT 2', () => {
    expect(f.CHANNEL_TYPE_STATIC_REMOTEKEY).toBe('1000');
    expect(f.CHANNEL_TYPE_ANCHORS).toBe('401000');
  });
});

describe('features by name', () => {
  it('the table has the bits of BOLT 9', () => {
    const bits = Object.entries(f.FEATURES).map(([name, { bit }]) => `${bit} ${name}`);
    expect(bits).toMatchInlineSnapshot(`
      [
        "0 option_data_loss_protect",
        "4 option_upfront_shutdown_script",
        "6 gossip_queries",
        "8 var_onion_optin",
        "10 gossip_queries_ex",
        "12 option_static_remotekey",
        "14 payment_secret",
        "16 basic_mpp",
        "18 option_support_large_channel",
        "22 option_anchors",
        "24 option_route_blinding",
        "26 option_shutdown_anysegwit",
        "28 option_dual_fund",
        "34 option_quiesce",
        "36 option_attribution_data",
        "38 option_onion_messages",
        "42 option_provide_storage",
        "44 option_channel_type",
        "46 option_scid_alias",
        "48 option_payment_metadata",
        "50 option_zeroconf",
        "60 option_simple_close",
        "62 option_splice",
      ]
    `);
  });

  it('either bit counts, both mean compulsory', () => {
    expect(f.featureLevel(f.featuresFromBits([22]), 'option_anchors')).toBe('compulsory');
    expect(f.featureLevel(f.featuresFromBits([23]), 'option_anchors')).toBe('optional');
    expect(f.featureLevel(f.featuresFromBits([22, 23]), 'option_anchors')).toBe('compulsory');
    expect(f.featureLevel(f.featuresFromBits([21, 24]), 'option_anchors')).toBeUndefined();
    expect(f.hasFeature(f.featuresFromBits([23]), 'option_anchors')).toBe(true);
    expect(f.hasFeature('', 'option_anchors')).toBe(false);
    expect(f.hasFeature('', 'option_static_remotekey')).toBe(true);
    expect(f.featureLevel('', 'option_static_remotekey')).toBeUndefined();
  });

  it('makeFeatures and featureLevel agree on every feature', () => {
    for (const name of Object.keys(f.FEATURES) as FeatureName[]) {
      for (const level of ['compulsory', 'optional'] as const) {
        const features = f.makeFeatures({ [name]: level });
        expect(f.featureBits(features)).toEqual([f.FEATURES[name].bit + (level === 'optional' ? 1 : 0)]);
        expect(f.featureLevel(features, name)).toBe(level);
      }
    }
  });

  it('negotiation needs both sides, unless ours demands it', () => {
    const may = f.makeFeatures({ option_anchors: 'optional' });
    const must = f.makeFeatures({ option_anchors: 'compulsory' });
    expect(f.negotiated(may, must, 'option_anchors')).toBe(true);
    expect(f.negotiated(must, may, 'option_anchors')).toBe(true);
    expect(f.negotiated(may, '', 'option_anchors')).toBe(false);
    // BOLT 1: who has it not had to hang up.
    expect(f.negotiated(must, '', 'option_anchors')).toBe(true);
    // What the peer demands and we have not ends the connection.
    expect(f.negotiated('', may, 'option_anchors')).toBe(false);
    expect(f.negotiated('', must, 'option_anchors')).toBe(false);
  });
});

describe('BOLT 1: what an init may ask', () => {
  it('both fields count together', () => {
    expect(f.initFeatures({ globalfeatures: '0200', features: '020002' })).toBe('020202');
    expect(f.initFeatures({ globalfeatures: '0a02', features: '088a' })).toBe('0a8a');
    expect(f.initFeatures({ globalfeatures: '', features: '0000' })).toBe('');
  });

  it('unknown even bits are found, odd and known ones are not', () => {
    expect(f.unknownEven(f.featuresFromBits([0, 1, 2, 3, 22, 23, 64, 65, 1000]))).toEqual([2, 64, 1000]);
  });

  it('a compulsory feature that we lack is named', () => {
    const theirs = f.makeFeatures({ option_anchors: 'compulsory', option_splice: 'compulsory', option_quiesce: 'optional' });
    expect(f.unsupportedCompulsory(f.makeFeatures({ option_anchors: 'optional' }), theirs)).toEqual(['option_splice']);
  });

  it('dependencies must be set, unless everyone is assumed to have them', () => {
    expect(f.missingDependencies(f.makeFeatures({ option_zeroconf: 'optional', basic_mpp: 'optional' }))).toEqual([
      { feature: 'option_zeroconf', needs: 'option_scid_alias' },
    ]);
    expect(f.missingDependencies(f.makeFeatures({ option_zeroconf: 'optional', option_scid_alias: 'compulsory' }))).toEqual([]);
    expect(f.missingDependencies(f.makeFeatures({ option_simple_close: 'optional' }))).toEqual([
      { feature: 'option_simple_close', needs: 'option_shutdown_anysegwit' },
    ]);
  });

  it('a context keeps what BOLT 9 lets stand there', () => {
    const all = f.makeFeatures({
      option_anchors: 'optional',
      option_payment_metadata: 'optional',
      option_dual_fund: 'optional',
      basic_mpp: 'optional',
    });
    const kept = (context: f.FeatureContext): string => f.featuresIn(context, all);
    expect(kept('init')).toBe(f.makeFeatures({ option_anchors: 'optional', option_dual_fund: 'optional', basic_mpp: 'optional' }));
    expect(kept('invoice')).toBe(f.makeFeatures({ option_payment_metadata: 'optional', basic_mpp: 'optional' }));
    expect(kept('channel_type')).toBe(f.makeFeatures({ option_anchors: 'optional' }));
  });
});
