/// <reference types="node" />
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kindOf } from '../../sim/actions/index.ts';
import { explain } from '../../sim/campaign/explain.ts';
import type { Found } from '../../sim/campaign/results.ts';
import type { Engine } from '../../sim/campaign/engine.ts';
import type { Action, Scenario, WorldSpec } from '../../sim/scenario/types.ts';
import { createEngine } from './engine.ts';
import { packageRoot } from './package-files.ts';
import { plant, readBug } from './plant.ts';

/** Kept as different as they are few: a commitment, a reconnection. */
const PLANTED = ['first-fee-wins', 'shutdown-not-retransmitted'];
const MOST_SEEDS = 120;

function firstFound(engine: Engine): Found {
  for (let seed = 1; seed <= MOST_SEEDS; seed++) {
    const { found } = engine.runSeed(seed);
    if (found !== undefined) return found;
  }
  throw new Error(`not found within ${MOST_SEEDS} seeds`);
}

function without<T extends object>(value: T, name: string): T {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as T;
}

/** The scenario less one thing, each time another one, with its name. */
function* lacking(scenario: Scenario): Generator<readonly [string, Scenario]> {
  const { actions, world } = scenario;
  for (const [i, action] of actions.entries()) {
    yield [`action ${i}`, { ...scenario, actions: actions.toSpliced(i, 1) }];
    const optional = Object.keys(action).filter((name) => kindOf(action).fields[name]?.optional === true);
    for (const name of optional) yield [`action ${i}: ${name}`, { ...scenario, actions: actions.with(i, without<Action>(action, name)) }];
  }
  for (const [name, simpler] of simplerWorlds(world)) yield [name, { ...scenario, world: simpler }];
}

function* simplerWorlds(world: WorldSpec): Generator<readonly [string, WorldSpec]> {
  for (const list of ['nodes', 'links', 'channels'] as const) {
    for (const [i, item] of world[list].entries()) {
      const of = (value: object): WorldSpec => ({ ...world, [list]: (world[list] as readonly object[]).with(i, value) });
      const optional = Object.keys(item).filter((name) => !REQUIRED.has(name) && !(list === 'channels' && name === 'feeratePerKw'));
      for (const name of optional) yield [`${list} ${i}: ${name}`, of(without(item, name))];
      for (const name of Object.keys('config' in item ? (item.config ?? {}) : {}))
        yield [`${list} ${i}: ${name}`, of({ ...item, config: without((item as { config: object }).config, name) })];
    }
  }
  for (const [i] of world.channels.entries()) yield [`channel ${i}`, { ...world, channels: world.channels.toSpliced(i, 1) }];
}

/** What a node, link or channel must have; the feerate of a channel is one of these, of a node it is not. */
const REQUIRED = new Set(['name', 'driver', 'ends', 'latency', 'opener', 'accepter', 'fundingSat', 'pushMsat', 'format']);

describe('a shrunk case', () => {
  it.each(PLANTED)('has nothing in it that can be left out: %s', { timeout: 240_000 }, async (name) => {
    const engine = await createEngine({ planted: await plant(readBug(join(packageRoot(), 'mutation/planted', `${name}.json`))) });
    const { scenario: recorded, token } = firstFound(engine);
    const { scenario } = explain(engine, recorded, { label: token, maxExecutions: 3_000, continuations: 0 });
    expect(engine.runScenario(scenario).fingerprint).toBe(scenario.expect);
    const needless = [...lacking(scenario)].flatMap(([what, less]) =>
      engine.runScenario(less).fingerprint === scenario.expect ? [what] : [],
    );
    expect(needless).toEqual([]);
    expect(scenario.world.nodes.length).toBe(2);
    expect(scenario.actions.length).toBeLessThan(20);
  });
});
