import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { drawOperation } from '../strategies/weighted.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { chance, pick, stream } from '../deterministic/random.ts';
import { settle } from '../run/settle.ts';
import type { Action } from '../scenario/types.ts';
import { specOf, worldOf } from '../world/world.fixture.ts';
import type { World } from '../world/world.ts';

const slow = { driver: 'toy', storage: { kind: 'uniform', minMs: 1, maxMs: 200 } } as const;

function toyWorld(seed: string): World {
  return worldOf(specOf({ seed }, slow, slow));
}

function randomPayment(world: World, choices: { int(n: number): number }): Action {
  const n = world.payments.length + 1;
  return { do: 'pay', as: `p${n}`, from: pick(choices, ['A', 'B']), channel: 'c1', amountMsat: `${1 + choices.int(1000)}`, cltvDelta: 100 };
}

/** What the toy can do of what users and faults do. */
const MIX = BUILT_IN_OPERATIONS.filter(({ name }) => ['fulfill', 'fail', 'disconnect', 'connect', 'crash', 'restart'].includes(name)).map(
  (operation) => ({ operation, weight: 1 }),
);

describe('a driver that knows nothing of Lightning', () => {
  it('is carried by the same world', () => {
    const world = toyWorld('toy');
    apply(world, { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '1000', cltvDelta: 100 });
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.ledger.get('p1')).toMatchObject({ received: true, outcome: 'sent' });
    expect(Object.keys(world.stats.messageTypes)).toEqual(['type_40001']);
  });

  it('keeps its promises under the same faults: each payment ends once, as its receiver decided', () => {
    let crashes = 0;
    for (let seed = 0; seed < 40; seed++) {
      const world = toyWorld(`toy ${seed}`);
      const choices = stream(`${seed}`, 'schedule');
      for (let i = 0; i < 80; i++) {
        const events = pendingEvents(world);
        if (events.length > 0 && chance(choices, 2, 3)) apply(world, pick(choices, events).action);
        else
          apply(
            world,
            chance(choices, 1, 3) ? randomPayment(world, choices) : (drawOperation(world, choices, MIX) ?? { do: 'wait', ms: 1 }),
          );
      }
      settle(world);
      expect(world.finding).toBeUndefined();
      crashes += world.stats.get('action', 'crash');
      for (const { received, outcome, decision, contradictions } of world.payments) {
        // Only a crash of the payer, before the promise was durable, makes a payment vanish.
        if (!received) expect([outcome, world.stats.get('action', 'crash') > 0]).toEqual([undefined, true]);
        if (!received) continue;
        expect([outcome, contradictions]).toEqual([decision === 'fulfill' ? 'sent' : 'failed', 0]);
      }
    }
    expect(crashes).toBeGreaterThan(40);
  });

  it('can live beside the core in one world, as long as they do not talk', () => {
    const { nodes, links, channels } = specOf();
    const world = worldOf(
      specOf({
        nodes: [...nodes, { name: 'T', ...slow }, { name: 'U', ...slow }],
        links: [...links, { ends: ['T', 'U'], latency: { kind: 'fixed', ms: 5 } }],
        channels: [...channels, { ...(channels[0] as (typeof channels)[0]), name: 'c2', opener: 'T', accepter: 'U' }],
      }),
    );
    apply(world, { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '5000000', cltvDelta: 100 });
    apply(world, { do: 'pay', as: 'p2', from: 'U', channel: 'c2', amountMsat: '5000000', cltvDelta: 100 });
    settle(world);
    expect(world.payments.filter((p) => !p.probe).map(({ outcome }) => outcome)).toEqual(['sent', 'sent']);
  });
});
