/// <reference types="node" />
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../../scripts/node/engine.ts';
import { readScenarios } from '../../../scripts/node/scenario-files.ts';

const SEEDS = 3;

const folder = fileURLToPath(new URL('../../../corpus/known/ldk', import.meta.url));
const known = readScenarios(folder);
/** What hunts leave out: its name would set aside much else. */
const notDrawn = readScenarios(join(folder, 'not-drawn'));
const engine = await createEngine({ campaign: { crypto: 'native', drivers: ['fulgurite', 'ldk'], licensedPercent: 0 } });

describe('what LDK does that a peer may close a channel for', () => {
  it.each([...known, ...notDrawn])('is still so: $name', ({ scenario }) => {
    const { fingerprint, finding, rotted } = engine.runScenario(scenario);
    expect([fingerprint, rotted]).toEqual([scenario.expect, []]);
    // Each is a finding of theirs, with the words of the BOLT beside it.
    const [driver] = scenario.world.nodes.filter(({ name }) => name === finding?.node).map((node) => node.driver);
    expect([driver, scenario.about]).toEqual(['ldk', expect.stringMatching(/BOLT \d/)]);
  });
});

describe('a short hunt between our nodes and those of LDK', () => {
  it('finds nothing that is not known', { timeout: 300_000 }, () => {
    const found: string[] = [];
    let payments = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = engine.runSeed(seed, seed === SEEDS);
      payments += run.stats.get('event', 'payment_sent');
      if (run.found !== undefined) found.push(run.found.scenario.expect);
    }
    expect(found.filter((fingerprint) => !known.some(({ scenario }) => scenario.expect === fingerprint))).toEqual([]);
    expect(payments).toBeGreaterThan(SEEDS);
  });
});
