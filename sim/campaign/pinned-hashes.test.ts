import { expect, it } from 'vitest';
import { runSeed } from './generate.ts';
import { DEFAULT_CAMPAIGN, printToken } from '../run/seed.ts';
import type { CampaignOptions, SeedToken } from '../run/seed.ts';
import { BUILT_IN_REGISTRY } from '../run/run.ts';

/** Campaigns of every strategy, of both transports, and of a real provider: twenty tokens. */
const CAMPAIGNS: readonly { readonly options: Partial<CampaignOptions>; readonly seeds: readonly number[] }[] = [
  { options: {}, seeds: [1, 2, 3, 4, 5, 6, 7] },
  { options: { licensedPercent: 100 }, seeds: [11, 12] },
  { options: { strategy: 'random' }, seeds: [21, 22, 23] },
  { options: { strategy: 'fifo' }, seeds: [31, 32, 33] },
  { options: { strategy: 'pct' }, seeds: [41, 42] },
  { options: { crypto: 'noble', steps: 15 }, seeds: [51] },
  { options: { transport: 'encrypted' }, seeds: [61] },
  { options: { transport: 'encrypted', crypto: 'noble', steps: 15 }, seeds: [71] },
];

/**
 * The same token gives the same trace on every platform, and on every Node version that runs this test. When a change is meant to give
 * other runs, `GENERATOR_VERSION` goes up and `npx vitest run sim/campaign/pinned -u` writes the hashes anew.
 */
it('twenty tokens give the traces that they have always given', () => {
  const tokens = CAMPAIGNS.flatMap(({ options, seeds }) =>
    seeds.map((seed): SeedToken => ({ options: { ...DEFAULT_CAMPAIGN, ...options }, seed })),
  );
  const hashes = Object.fromEntries(tokens.map((token) => [printToken(token, BUILT_IN_REGISTRY), runSeed(token).hash]));
  expect(Object.keys(hashes)).toHaveLength(20);
  return expect(`${JSON.stringify(hashes, null, 2)}\n`).toMatchFileSnapshot('../../corpus/pinned-traces.json');
});
