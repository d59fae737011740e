import { describe, expect, it } from 'vitest';
import { counted } from '../../core/crypto/counted.fixture.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { apply } from '../actions/apply.ts';
import { Engine } from '../campaign/engine.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { createWorld } from '../run/run.ts';
import type { Action, Scenario } from '../scenario/types.ts';
import type { World } from './world.ts';

/** Providers that count together what is asked of them. */
function counting(): { readonly create: () => Crypto; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>();
  return { create: () => counted(createFakeCrypto(), counts), counts };
}

function applyAll(world: World, actions: readonly Action[]): void {
  for (const action of actions) apply(world, action);
  expect(world.finding).toBeUndefined();
}

/** A world in the middle of a scenario, with what is asked of its providers. */
function halfWay({ world: spec, actions }: Scenario): {
  readonly world: World;
  readonly rest: readonly Action[];
  readonly counts: Map<string, number>;
} {
  const { create, counts } = counting();
  const world = createWorld(spec, { providers: { fake: create } });
  const half = actions.length >> 1;
  applyAll(world, actions.slice(0, half));
  return { world, rest: actions.slice(half), counts };
}

function costOf(fork: World, rest: readonly Action[], counts: Map<string, number>): Readonly<Record<string, number>> {
  counts.clear();
  applyAll(fork, rest);
  return Object.fromEntries(counts);
}

describe('a forked world', () => {
  const engine = new Engine();
  const seeds = [1, 2, 3, 4, 5, 6];

  it.each(seeds)('does the same work whatever its origin and another fork did before it, seed %i', (seed) => {
    const { scenario } = engine.runToken(engine.token(seed));
    const { world, rest, counts } = halfWay(scenario);
    const early = world.fork();
    const first = costOf(early, rest, counts);
    // Its origin goes on, and has worked out everything that the second fork will need.
    const late = world.fork();
    applyAll(world, rest);
    expect(costOf(late, rest, counts)).toEqual(first);
    const fresh = halfWay(scenario);
    expect(costOf(fresh.world.fork(), fresh.rest, fresh.counts)).toEqual(first);
    expect(first['sha256OfHex']).toBeGreaterThan(10);
  });
});
