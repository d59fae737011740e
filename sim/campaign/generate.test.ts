import { describe, expect, it } from 'vitest';
import { generate, runSeed, SEEDS_A_WORLD } from './generate.ts';
import { OperationRegistry } from '../actions/registry.ts';
import type { CustomOperation } from '../actions/registry.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { LICENCES } from '../oracles/index.ts';
import { parseScenario } from '../run/parse-scenario.ts';
import { BUILT_IN_REGISTRY, runScenario } from '../run/run.ts';
import { DEFAULT_CAMPAIGN, parseToken, printToken, STRATEGIES } from '../run/seed.ts';
import type { SeedToken } from '../run/seed.ts';
import type { Action } from '../scenario/types.ts';

function token(seed: number, options: Partial<SeedToken['options']> = {}): SeedToken {
  return { seed, options: { ...DEFAULT_CAMPAIGN, ...options } };
}

describe('a seed', () => {
  it.each(STRATEGIES)('of %s runs the same every time, and its recorded scenario does too', (strategy) => {
    for (let seed = 0; seed < 12; seed++) {
      const first = runSeed(token(seed, { strategy }));
      const again = runSeed(token(seed, { strategy }));
      expect(again.hash).toBe(first.hash);
      const stored = parseScenario(JSON.parse(JSON.stringify(first.scenario)));
      const replayed = runScenario(stored);
      expect([seed, replayed.rotted]).toEqual([seed, []]);
      expect(replayed.hash).toBe(first.hash);
      expect(replayed.applied).toEqual(first.applied);
      expect(replayed.fingerprint).toBe(first.fingerprint);
    }
  });

  it.each(['line', 'ring', 'star', 'mesh'] as const)('of a %s says so in its token, and runs the same every time', (topology) => {
    const seed = token(1, { topology, steps: 12 });
    expect(parseToken(printToken(seed, BUILT_IN_REGISTRY), BUILT_IN_REGISTRY)).toEqual(seed);
    const { hash, scenario } = runSeed(seed);
    expect(runSeed(seed).hash).toBe(hash);
    const { world } = parseScenario(JSON.parse(JSON.stringify(scenario)));
    expect(world.nodes.length).toBeGreaterThan(2);
    expect(world.nodes.every(({ config }) => config?.['payments'] === 'node')).toBe(true);
    const linked = world.links.map(({ ends }) => ends.join());
    for (const { opener, accepter } of world.channels)
      expect(linked.some((ends) => ends === `${opener},${accepter}` || ends === `${accepter},${opener}`)).toBe(true);
  });

  it('of any topology is as often a pair as a network', () => {
    const sizes = Array.from({ length: 200 }, (_, world) => generate(token(world * SEEDS_A_WORLD, { topology: 'any' })).spec.nodes.length);
    const pairs = sizes.filter((size) => size === 2).length;
    expect(pairs).toBeGreaterThan(70);
    expect(pairs).toBeLessThan(130);
    expect(Math.max(...sizes)).toBe(6);
  });

  it('differs from every other', () => {
    const hashes = Array.from({ length: 30 }, (_, seed) => runSeed(token(seed, { steps: 10 })).hash);
    expect(new Set(hashes).size).toBe(30);
  });

  it('takes as many operations as it was told, deliveries not counted', () => {
    const own = new Set(['deliver', 'stored', 'see']);
    const counts = [5, 40].map((steps) => runSeed(token(3, { steps, licensedPercent: 0 })).applied.filter((a) => !own.has(a.do)).length);
    expect(counts[0]).toBeLessThanOrEqual(5);
    expect(counts[1]).toBeGreaterThan(20);
  });

  it('does not look at the operations that others have added', () => {
    const own: CustomOperation = {
      name: 'acme/nothing',
      kind: 'operation',
      generate: () => ({ do: 'custom', operation: 'acme/nothing', args: {} }),
      validate: () => undefined,
      apply: () => 'applied',
    };
    const registry = new OperationRegistry([...BUILT_IN_OPERATIONS, own]);
    expect(printToken(token(1), registry)).not.toBe(printToken(token(1), BUILT_IN_REGISTRY));
    expect(() => parseToken(printToken(token(1), registry), BUILT_IN_REGISTRY)).toThrow('other operations of your own');
  });
});

describe('a swarm', () => {
  const generated = Array.from({ length: 400 }, (_, seed) => generate(token(seed)).spec);

  it('draws faults that license an outcome for at most a fifth of its seeds', () => {
    // Many seeds: 18 in a hundred are drawn, and a few hundred seeds stray from that by more than two in a hundred.
    const licences = Array.from({ length: 2_000 }, (_, seed) => generate(token(seed)).spec.licences ?? []);
    const licensed = licences.filter(({ length }) => length > 0).length;
    expect(licensed).toBeGreaterThan(100);
    expect(licensed).toBeLessThanOrEqual(400);
    for (let seed = 0; seed < 50; seed++) expect(generate(token(seed, { licensedPercent: 0 })).spec.licences).toBeUndefined();
  });

  it('draws only licences that an oracle knows', () => {
    const known = LICENCES.map(({ name }) => name);
    for (const { licences = [] } of generated) for (const name of licences) expect(known).toContain(name);
    const declared = BUILT_IN_OPERATIONS.flatMap(({ licences = [] }) => licences);
    for (const name of declared) expect(known).toContain(name);
  });

  it('draws worlds of many kinds', () => {
    const nodes = generated.flatMap((spec) => spec.nodes);
    const channels = generated.flatMap((spec) => spec.channels);
    const kinds = [
      nodes.some(({ watchers }) => watchers?.length === 2),
      nodes.some(({ acknowledge }) => acknowledge === 'later'),
      nodes.some(({ config }) => config?.['commit'] === 'manual'),
      nodes.some(({ storage }) => storage?.kind === 'fixed'),
      nodes.some(({ storage }) => storage?.kind === 'uniform' && storage.maxMs > 10_000),
      channels.some(({ format }) => format === 'anchors'),
      channels.some(({ format }) => format === 'static_remotekey'),
      channels.some(({ upfrontShutdown }) => upfrontShutdown === true),
      channels.some(({ opener }) => opener === 'B'),
      generated.some((spec) => spec.channels.length > 1),
    ];
    expect(kinds.every(Boolean)).toBe(true);
  });

  it('comes to every kind of action', () => {
    const all: readonly Action['do'][] = [
      'deliver', 'connect', 'disconnect', 'stored', 'crash', 'restart', 'mine', 'see', 'feerate', 'open', 'pay',
      'fulfill', 'fail', 'fail_malformed', 'fee', 'commit', 'shutdown', 'force_close', 'acknowledge', 'wait', 'tamper', 'invalid_command',
      'chatter', 'silence', 'reorg',
    ]; // prettier-ignore
    const unseen = new Set<string>(all);
    for (let seed = 0; seed < 250 && unseen.size > 0; seed++) {
      for (const action of runSeed(token(seed, { licensedPercent: 50 })).applied) unseen.delete(action.do);
    }
    expect([...unseen]).toEqual([]);
  });
});
