import { describe, expect, it } from 'vitest';
import { fundingDepth, isClosed } from '../../core/channel/model/ending.ts';
import type { FundedState } from '../../core/channel/model/state.ts';
import { apply } from '../actions/apply.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { between, chance, pick, stream } from '../deterministic/random.ts';
import { ORACLES } from '../oracles/index.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { SLOW_DISK, specOf, worldOf } from '../world/world.fixture.ts';
import type { World } from '../world/world.ts';
import { drawOperation } from '../strategies/weighted.ts';
import type { Action } from '../scenario/types.ts';
import { settle } from './settle.ts';
import { runToRest } from './setup.ts';

function act(world: World, ...actions: readonly Action[]): void {
  for (const action of actions) {
    expect([action, apply(world, action)]).toEqual([action, 'applied']);
    runToRest(world);
  }
}

function funded(world: World, node: string): FundedState {
  const state = world.channelState(node, 'c1');
  if (state?.phase !== 'funded') throw new Error(state?.phase);
  return state;
}

describe('a reorganisation', () => {
  it.each(['mined', 'waiting', 'lost'] as const)('of the funding is seen by both ends, and got over: %s', (transactions) => {
    const world = worldOf(specOf(), { oracles: ORACLES.map(({ create }) => create) });
    const depth = fundingDepth(funded(world, 'A'));
    act(world, { do: 'reorg', depth: world.chain.blocks.length, transactions });
    const after = transactions === 'mined' ? depth + 1 : 0;
    expect(['A', 'B'].map((node) => fundingDepth(funded(world, node)))).toEqual([after, after]);
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(fundingDepth(funded(world, 'B'))).toBeGreaterThan(2);
    expect(world.probes).toMatchObject([{ result: 'sent' }]);
  });

  it.each(['mined', 'waiting', 'lost'] as const)(
    'of a mutual close, while one node is down, ends with the channel closed: %s',
    (transactions) => {
      const world = worldOf(specOf(), { oracles: ORACLES.map(({ create }) => create) });
      act(world, { do: 'shutdown', node: 'A', channel: 'c1' }, { do: 'mine', blocks: 2 });
      expect(['A', 'B'].map((node) => isClosed(funded(world, node)))).toEqual([true, true]);
      act(world, { do: 'crash', node: 'B' }, { do: 'reorg', depth: 2, transactions });
      expect(isClosed(funded(world, 'A'))).toBe(transactions === 'mined');
      act(world, { do: 'restart', node: 'B' });
      settle(world);
      expect(world.finding).toBeUndefined();
      expect(['A', 'B'].map((node) => isClosed(funded(world, node)))).toEqual([true, true]);
      expect(funded(world, 'B').host.toldClose).toBeDefined();
    },
  );

  it('at any time, among faults, leaves both nodes agreeing', () => {
    // Hundreds of blocks at once would let no reorganisation come near a funding or a close.
    const free = BUILT_IN_OPERATIONS.filter(({ name, licences }) => licences === undefined && name !== 'silence').map((operation) => ({
      operation,
      weight: 1,
    }));
    let reorgs = 0;
    for (let seed = 0; seed < 30; seed++) {
      const world = worldOf(specOf({ seed: `reorg ${seed}` }, SLOW_DISK, seed % 2 === 0 ? SLOW_DISK : {}), {
        oracles: ORACLES.map(({ create }) => create),
      });
      const choices = stream(`${seed}`, 'schedule');
      for (let i = 0; i < 120; i++) {
        const events = pendingEvents(world);
        const reorg: Action = { do: 'reorg', depth: between(choices, 1, 4), transactions: pick(choices, ['mined', 'waiting']) };
        const action = chance(choices, 1, 12)
          ? reorg
          : chance(choices, 3, 4) && events.length > 0
            ? pick(choices, events).action
            : drawOperation(world, choices, free);
        if (action !== undefined && apply(world, action) === 'applied' && action.do === 'reorg') reorgs++;
      }
      settle(world);
      expect([seed, world.finding]).toEqual([seed, undefined]);
      for (const host of world.hosts.values()) expect(host.watch.seen.hash).toBe(world.chain.tip.hash);
    }
    expect(reorgs).toBeGreaterThan(100);
  });
});
