import { describe, expect, it } from 'vitest';
import { BUILT_IN_REGISTRY } from './run.ts';
import { CRYPTO_NAMES, DEFAULT_CAMPAIGN, driversIn, GENERATOR_VERSION, parseToken, printToken, STRATEGIES, TRANSPORTS } from './seed.ts';

const parse = (text: string): unknown => parseToken(text, BUILT_IN_REGISTRY);

describe('seed tokens', () => {
  it('carry all options of the campaign', () => {
    for (const strategy of STRATEGIES) {
      for (const crypto of CRYPTO_NAMES) {
        for (const [steps, licensedPercent, seed] of [
          [1, 0, 0],
          [60, 15, 42],
          [65_535, 100, Number.MAX_SAFE_INTEGER],
        ] as const) {
          const token = { options: { strategy, crypto, steps, licensedPercent }, seed };
          expect(parse(printToken(token, BUILT_IN_REGISTRY))).toEqual(token);
        }
      }
    }
  });

  it.each(TRANSPORTS)('carry the transport: %s', (transport) => {
    const token = { options: { ...DEFAULT_CAMPAIGN, strategy: 'pct', channelType: 'anchors', transport } as const, seed: 7 };
    expect(parse(printToken(token, BUILT_IN_REGISTRY))).toEqual(token);
  });

  it('carry the implementations that face each other', () => {
    const token = { options: { ...DEFAULT_CAMPAIGN, crypto: 'native', drivers: ['fulgurite', 'ldk'] } as const, seed: 7 };
    const text = printToken(token, BUILT_IN_REGISTRY);
    expect(text).toMatch(/-fulgurite\+ldk-7$/);
    expect(parse(text)).toEqual(token);
    expect([driversIn(text), driversIn('f10-0002r4g000-42'), driversIn('anything')]).toEqual([['fulgurite', 'ldk'], [], []]);
  });

  it('stay what they are: people store them', () => {
    expect(printToken({ options: DEFAULT_CAMPAIGN, seed: 42 }, BUILT_IN_REGISTRY)).toBe('f10-0002r4g000-42');
    expect(parse(' f10-0002r4g000-42\n')).toEqual({ options: DEFAULT_CAMPAIGN, seed: 42 });
  });

  it('are refused by another version, with an explanation', () => {
    expect(() => parse(`f${GENERATOR_VERSION + 1}-0002r4g000-42`)).toThrow(
      /generator version 11, this is version 10.*release that printed it/,
    );
  });

  it.each(['', '42', 'f10-0002r4g000', 'f10--42', 'f10-0002r4g000-4x', 'f10-0002r4G000-42'])(
    'are refused when they are none: %j',
    (text) => {
      expect(() => parse(text)).toThrow('is no seed token');
    },
  );

  it.each([
    'f10-zz02r4g000-42',
    'f10-r002r4g000-42',
    'f10-0002r4-42',
    'f10-00000000000-42',
    'f10-0002r4g000-99999999999999999999',
    'f10-u002r4g000-1',
    'f10-0002r4i000-1',
  ])('are refused when they are damaged: %s', (text) => {
    expect(() => parse(text)).toThrow('is damaged');
  });
});
