/// <reference types="node" />
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { replayAll } from '../../scripts/node/index.ts';
import { check, FindingError } from '../index.ts';
import type { Oracle, Scenario } from '../index.ts';
import { Engine } from '../campaign/engine.ts';
import config from './fulgurite.config.ts';
import { MAX_FEERATE_PER_KW } from './house-rules.ts';

/** Any test runner will do: `check` throws, and `replayAll` yields names and functions. */
describe('our wallet', () => {
  it('survives a small campaign with bursts', () => {
    expect(check({ ...config, runs: 5, firstSeed: 1000 }).runs).toBe(5);
  });

  for (const { name, run } of replayAll(fileURLToPath(new URL('regressions', import.meta.url)), config)) it(`still does: ${name}`, run);
});

describe('what is our own', () => {
  it('is drawn, recorded, and runs again from the recording', () => {
    const engine = new Engine({ config });
    const runs = [1, 2, 3, 4, 5, 6].map((seed) => engine.runToken(engine.token(seed)));
    const withBurst = runs.find(({ scenario }) => scenario.actions.some((action) => action.do === 'custom'));
    expect(withBurst).toBeDefined();
    expect(engine.runScenario(withBurst?.scenario as Scenario).hash).toBe(withBurst?.hash);
  });

  it('is found by our oracle, shrunk by our rule, and thrown with the whole report', () => {
    const calm: Oracle = {
      name: 'acme/calm',
      kinds: ['three'],
      step: (world) =>
        world.payments.filter(({ name }) => name.startsWith('burst')).length < 3
          ? undefined
          : { oracle: 'acme/calm', rule: 'burst', kind: 'three', message: 'three at once', expected: '2', actual: '3', at: world.at },
      fork: () => calm,
    };
    let thrown: unknown;
    try {
      check({ ...config, oracles: [() => calm], runs: 20, continuations: 5 });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FindingError);
    const { message, scenario } = thrown as FindingError;
    expect(message).toContain('FOUND acme/calm/burst/three');
    expect(message).toContain("replay  check({ ...config, token: 'f");
    const amount = expect.any(String) as string;
    expect(scenario.actions).toMatchObject([{ do: 'custom', operation: 'acme/burst', args: { amountsMsat: [amount, amount, amount] } }]);
  });

  it('fires where a house rule is broken', () => {
    const channel = {
      name: 'c1',
      opener: 'A',
      accepter: 'B',
      fundingSat: '10000000',
      pushMsat: '0',
      feeratePerKw: 2500,
      format: 'anchors',
    } as const;
    const dear = MAX_FEERATE_PER_KW + 1;
    const nodes = ['A', 'B'].map((name) => ({
      name,
      feeratePerKw: 20_000,
      config: { feerateTolerancePercent: { min: 1, max: 10_000 }, maxDustHtlcExposureMsat: '1000000000' },
    }));
    const scenario: Scenario = {
      format: 1,
      world: {
        seed: 'house',
        crypto: 'fake',
        nodes,
        links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 } }],
        channels: [{ ...channel, feeratePerKw: 20_000 }],
      },
      actions: [{ do: 'fee', node: 'A', channel: 'c1', feeratePerKw: dear }],
      expect: 'acme/house-rules/feerate/too-high',
    };
    expect(new Engine({ config }).runScenario(scenario).fingerprint).toBe(scenario.expect);
  });
});
