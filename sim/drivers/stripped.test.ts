import { describe, expect, it } from 'vitest';
import { Engine } from '../campaign/engine.ts';
import { emptyTally, tallyRun } from '../campaign/results.ts';
import type { Tally } from '../campaign/results.ts';
import type { ChannelView, DriverFactory } from '../scenario/types.ts';
import type { NodeInput } from '../../core/node/node-vocabulary.ts';
import { fulguriteDriver } from './fulgurite.ts';
import { stripped, strippedWithDisk, strippedWithViews } from './stripped.fixture.ts';

/** Seeds in which these nodes have a driver with no optional capability, and the others ours as it is. */
function campaign(from: number, seeds: number, bare: readonly string[], create: DriverFactory): { tally: Tally; found: string[] } {
  const fulgurite: DriverFactory = (context) => (bare.includes(context.name) ? create : fulguriteDriver)(context);
  const engine = new Engine({ config: { drivers: { fulgurite } } });
  const tally = emptyTally();
  const found: string[] = [];
  for (let seed = from; seed < from + seeds; seed++) {
    const run = engine.runSeed(seed);
    tallyRun(tally, run.stats, run.licences);
    if (run.found !== undefined) found.push(`${run.found.token}: ${JSON.stringify(run.found.finding)}`);
  }
  return { tally, found };
}

describe('a driver that has no optional capability', () => {
  it.each([
    ['the first node', ['A'], stripped(), 30],
    ['the first node, which can crash', ['A'], strippedWithDisk(), 30],
    ['the second node, which can crash', ['B'], strippedWithDisk(), 30],
    ['all nodes, which can crash', ['A', 'B', 'C'], strippedWithDisk(), 60],
  ] as const)('is paid, probed, disconnected and crashed under all cheap oracles: %s', { timeout: 300_000 }, (_, bare, create, seeds) => {
    const { tally, found } = campaign(1, seeds, bare, create);
    expect(found).toEqual([]);
    const { action, event, unasked } = tally.counts;
    for (const count of [action['pay'], action['disconnect'], action['crash'], event['payment_sent']]) expect(count).toBeGreaterThan(10);
    expect(unasked['durability (no channels)']).toBeGreaterThanOrEqual(seeds);
  });

  it('agrees with what the other shows, where both show what a wallet would', () => {
    const { tally, found } = campaign(1, 30, ['A'], strippedWithViews());
    expect(found).toEqual([]);
    expect(tally.counts.unasked['what both show of a channel (no view)']).toBeUndefined();
  });

  it.each([
    ['balance', (view: ChannelView) => ({ ...view, balanceMsat: { ...view.balanceMsat, ours: (view.balanceMsat.ours ?? 0n) + 1n } })],
    ['feerate', (view: ChannelView) => ({ ...view, feeratePerKw: view.feeratePerKw + 1 })],
    ['htlcs', (view: ChannelView) => ({ ...view, htlcs: { ...view.htlcs, received: [] } })],
  ] as const)('is heard when what it shows is another %s', (kind, edit) => {
    expect(campaign(1, 10, ['A'], strippedWithViews(edit)).found.join()).toContain(`"rule":"view","kind":"${kind}"`);
  });

  it('may broadcast a commitment whose funding transaction nobody has', () => {
    expect(campaign(1262, 1, ['B'], stripped()).found).toEqual([]);
  });

  it('is seen to break its word all the same', () => {
    const deaf: DriverFactory = (context) => {
      const driver = stripped()(context);
      const isFulfill = (input: NodeInput): boolean => input.kind === 'command' && input.command.kind === 'fulfill';
      return { ...driver, step: (input) => (isFulfill(input) ? [] : driver.step(input)) };
    };
    expect(campaign(1, 5, ['A'], deaf).found.join()).toMatch(/"kind":"(stays|fulfill-never-came-back|decision-never-committed)"/);
  });
});
