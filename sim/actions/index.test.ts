import { describe, expect, it } from 'vitest';
import { apply } from './apply.ts';
import { OperationRegistry } from './registry.ts';
import type { CustomOperation } from './registry.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { chance, pick, stream } from '../deterministic/random.ts';
import { runScenario } from '../run/run.ts';
import { runSeed } from '../campaign/generate.ts';
import { DEFAULT_CAMPAIGN } from '../run/seed.ts';
import { drawOperation } from '../strategies/weighted.ts';
import type { Action } from '../scenario/types.ts';
import { SLOW_DISK, specOf, worldOf } from '../world/world.fixture.ts';
import type { World } from '../world/world.ts';
import { openerSpareMsat } from './amounts.ts';
import { BUILT_IN_OPERATIONS } from './index.ts';

/** Mostly payments on a connected channel that nobody closes: there is more to draw from. */
const WEIGHTS: Readonly<Record<string, number>> = { pay: 8, connect: 8, restart: 8, commit: 8, shutdown: 0, open: 0 };
const free = BUILT_IN_OPERATIONS.filter(({ licences }) => licences === undefined).map((operation) => ({
  operation,
  weight: WEIGHTS[operation.name] ?? 1,
}));

/** Draws each operation at many moments of a few wild runs. */
function moments(visit: (world: World, draw: { int(n: number): number }) => void, licences: readonly string[] = []): void {
  for (let seed = 0; seed < 5; seed++) {
    const links = specOf().links.map((link) => ({ ...link, transport: seed % 2 === 0 ? ('encrypted' as const) : ('frames' as const) }));
    const world = worldOf(
      specOf({ seed: `${seed}`, links, licences }, { ...SLOW_DISK, acknowledge: 'later' }, { config: { commit: 'manual' } }),
    );
    const choices = stream(`${seed}`, 'schedule');
    for (let i = 0; i < 150; i++) {
      if (i % 3 === 0) visit(world, choices);
      const events = pendingEvents(world);
      const action = events.length > 0 && chance(choices, 6, 7) ? pick(choices, events).action : drawOperation(world, choices, free);
      if (action !== undefined) apply(world, action);
    }
    expect(world.finding).toBeUndefined();
  }
}

describe('built-in operations', () => {
  it('have names of their own', () => {
    expect(new Set(BUILT_IN_OPERATIONS.map(({ name }) => name)).size).toBe(BUILT_IN_OPERATIONS.length);
  });

  it.each(BUILT_IN_OPERATIONS.map((operation) => [operation.name, operation] as const))(
    '%s draws only what can be done',
    (_name, operation) => {
      let drawn = 0;
      moments((world, choices) => {
        const action = operation.generate(world, choices);
        if (action === undefined) return;
        drawn++;
        expect([action, apply(world.fork(), action)]).toEqual([action, 'applied']);
      }, operation.licences);
      expect(drawn).toBeGreaterThan(0);
    },
  );

  it('pay: draws amounts that are never refused, at every limit', () => {
    const pay = BUILT_IN_OPERATIONS.find(({ name }) => name === 'pay');
    const kinds = new Set<string>();
    moments((world, choices) => {
      const action = pay?.generate(world, choices);
      if (action?.do !== 'pay' || !world.connected('A', 'B')) return;
      const fork = world.fork();
      const channelId = world.info(action.channel)?.channelId;
      const range = channelId && world.driver(action.from)?.sendable?.(channelId);
      apply(fork, action);
      if (range) expect([action, fork.ledger.get(action.as) !== undefined]).toEqual([action, true]);
      const amount = BigInt(action.amountMsat);
      kinds.add(amount === range?.maxMsat ? 'all' : amount === range?.minMsat ? 'least' : amount < 3_000_000n ? 'dust' : 'plenty');
      if (action.hashOf !== undefined) kinds.add('same hash again');
    });
    expect(kinds).toEqual(new Set(['all', 'least', 'dust', 'plenty', 'same hash again']));
  });

  it('pay: leaves a careful opener what crossing payments may cost it, unless spending all is licensed', () => {
    const pay = BUILT_IN_OPERATIONS.find(({ name }) => name === 'pay');
    const least = (licences: readonly string[]): bigint => {
      let spare = 10n ** 12n;
      moments((world, choices) => {
        const action = pay?.generate(world, choices);
        if (action?.do !== 'pay' || action.from !== 'A') return;
        const fork = world.fork();
        apply(fork, action);
        const state = fork.channelState('A', action.channel);
        if (state?.phase !== 'funded' || fork.ledger.get(action.as) === undefined) return;
        const after = openerSpareMsat(state, 0);
        if (after < spare) spare = after;
      }, licences);
      return spare;
    };
    // One more HTLC, its own, is in the commitment by then.
    expect(least([])).toBeGreaterThan(-1_000_000n);
    expect(least(['opener-short'])).toBeLessThan(-3_000_000n);
  });

  it('without a licence, mine fewer blocks than any payment is away from its deadline', () => {
    const mined: number[] = [];
    moments((world, choices) => {
      for (let i = 0; i < 3; i++) {
        const action = BUILT_IN_OPERATIONS.find(({ name }) => name === 'mine')?.generate(world, choices);
        if (action !== undefined) apply(world, action);
      }
      mined.push(world.minedBlocks);
      for (const { cltvExpiry, outcome } of world.payments) {
        if (outcome === undefined) expect(cltvExpiry - world.chain.height).toBeGreaterThan(world.host('A').config.fulfillDeadlineBlocks);
      }
    });
    expect(Math.max(...mined)).toBe(15);
  });

  it('leave a channel that is being opened alone, unless its loss is licensed', () => {
    const at = (licences: readonly string[]): (Action | undefined)[] => {
      const world = worldOf(specOf({ licences, channels: [] }, SLOW_DISK, SLOW_DISK));
      apply(world, {
        do: 'open',
        as: 'c1',
        from: 'A',
        to: 'B',
        fundingSat: '100000',
        pushMsat: '0',
        feeratePerKw: 2500,
        format: 'anchors',
      });
      const named = (name: string): Action | undefined =>
        BUILT_IN_OPERATIONS.find((o) => o.name === name)?.generate(world, stream('s', 'a'));
      return [named('disconnect'), named('crash')];
    };
    expect(at([])).toEqual([undefined, undefined]);
    expect(at(['opening-lost']).map((action) => action?.do)).toEqual(['disconnect', 'crash']);
  });
});

describe('operations of your own', () => {
  const rich: CustomOperation = {
    name: 'acme/pay-round',
    kind: 'operation',
    generate: (world, choices) => {
      const open = world.channels.filter((c) => c.channelId !== undefined);
      return open.length === 0
        ? undefined
        : { do: 'custom', operation: 'acme/pay-round', args: { channel: pick(choices, open).name, sat: 1 + choices.int(9) } };
    },
    validate: ({ sat }) => (typeof sat === 'number' ? undefined : 'sat: expected a number'),
    apply: (world, { channel, sat }) =>
      apply(world, {
        do: 'pay',
        as: `round${world.payments.length}`,
        from: 'A',
        channel: String(channel),
        amountMsat: `${Number(sat)}000000`,
        cltvDelta: 144,
      }),
  };
  const operations = new OperationRegistry([...BUILT_IN_OPERATIONS, rich]);

  it('are drawn, recorded by name and replayed', () => {
    const token = { options: { ...DEFAULT_CAMPAIGN, strategy: 'random' as const }, seed: 5 };
    const result = runSeed(token, { operations });
    expect(result.finding).toBeUndefined();
    expect(result.stats.actions['acme/pay-round']).toBeGreaterThan(0);
    expect(runScenario(result.scenario, { operations }).hash).toBe(result.hash);
    expect(runScenario(result.scenario).rotted.join('\n')).toContain('acme/pay-round');
  });

  it('may not take a name twice', () => {
    expect(() => new OperationRegistry([rich, rich])).toThrow('the same name');
  });
});
