import { describe, expect, it } from 'vitest';
import { Engine } from './engine.ts';
import { generate, runSeed, SEEDS_A_WORLD } from './generate.ts';
import { createOracles } from '../oracles/index.ts';
import { DEFAULT_CAMPAIGN, STRATEGIES } from '../run/seed.ts';
import type { CampaignOptions } from '../run/seed.ts';
import type { Oracle, ScriptInterpreter } from '../scenario/types.ts';

describe('seeds that share a world', () => {
  it('are the consecutive ones: same world, other moves', () => {
    const options = { ...DEFAULT_CAMPAIGN, licensedPercent: 0 };
    const specs = Array.from({ length: 3 * SEEDS_A_WORLD }, (_, seed) => generate({ options, seed }).spec);
    expect(new Set(specs.map((spec) => JSON.stringify(spec))).size).toBe(3);
    const engine = new Engine();
    const hashes = Array.from({ length: SEEDS_A_WORLD }, (_, seed) => engine.runSeed(seed).hash);
    expect(new Set(hashes).size).toBe(SEEDS_A_WORLD);
  });

  it.each(STRATEGIES)('give what each gives alone, in whatever order they run: %s', (strategy) => {
    const campaign: Partial<CampaignOptions> = { strategy, licensedPercent: 60 };
    const engine = new Engine({ campaign });
    // None of them draws a costly oracle.
    for (const seed of [0, 1, 2, 3, 2, 7, 4, 1, 30, 28]) {
      const { hash, stats, scenario, found } = engine.runToken(engine.token(seed));
      const oracles = createOracles().map((oracle) => (): Oracle => oracle);
      const alone = runSeed({ options: { ...DEFAULT_CAMPAIGN, ...campaign }, seed }, { oracles });
      expect({ seed, hash, stats, found: found?.finding }).toEqual({ seed, hash: alone.hash, stats: alone.stats, found: alone.finding });
      expect(scenario).toEqual(alone.scenario);
    }
  });

  it('show what a replay shows, which a costly oracle may see sooner, and what the campaign saw it as', () => {
    const late = (): Oracle => ({
      name: 'acme/late',
      kinds: ['k'],
      step: ({ at }) =>
        at === 'settle' || at === 'setup'
          ? undefined
          : { oracle: 'acme/late', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at },
      fork: late,
    });
    const interpreter: ScriptInterpreter = { name: 'refuses', verifySpend: () => ({ ok: false, fault: 'structure', reason: 'no' }) };
    const engine = new Engine({ config: { interpreter, oracles: [late] } });
    const found = [1, 2, 3].map((seed) => engine.runSeed(seed).found);
    for (const one of found) {
      expect(one?.foundAs).toBe('acme/late/r/k');
      expect(one?.finding.oracle).toBe('validity');
      expect(one && engine.runScenario(one.scenario).finding).toEqual(one?.finding);
    }
  });

  it('are watched by oracles of their own', () => {
    const told: number[] = [];
    const own = (): Oracle => {
      let steps = 0;
      const oracle: Oracle = {
        name: 'acme/counts',
        kinds: [],
        step() {
          steps++;
          return undefined;
        },
        settled() {
          told.push(steps);
          return undefined;
        },
        fork: () => oracle,
      };
      return oracle;
    };
    const engine = new Engine({ config: { oracles: [own] } });
    const steps = [0, 1, 2].map((seed) => engine.runSeed(seed).stats.steps);
    expect(told).toEqual(steps);
  });
});
