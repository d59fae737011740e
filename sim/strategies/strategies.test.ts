import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { World } from '../world/world.ts';
import { worldKey } from '../run/world-key.ts';
import { createWorld, execute, runScenario } from '../run/run.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { runBytes } from '../campaign/generate.ts';
import { stream } from '../deterministic/random.ts';
import { bytesStrategy, BYTES_PER_DECISION } from './from-bytes.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { messageName } from '../world/message-name.ts';
import { createOracles } from '../oracles/index.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import type { Action, DriverFactory, Driver } from '../scenario/types.ts';
import { SLOW_DISK, specOf, worldOf } from '../world/world.fixture.ts';
import { explore } from '../run/exhaustive.ts';
import { WeightedStrategy } from './weighted.ts';
import type { WeightedOptions } from './weighted.ts';
import { PctStrategy } from './pct.ts';
import { fifo, random } from './schedulers.ts';
import type { Strategy } from './strategy.ts';

const operations = BUILT_IN_OPERATIONS.filter(({ licences }) => licences === undefined).map((operation) => ({ operation, weight: 1 }));

function mixed(options: Partial<WeightedOptions>): WeightedStrategy {
  return new WeightedStrategy({
    name: 'test',
    choices: stream('s', 'schedule'),
    scheduler: random,
    operations,
    steps: 30,
    eventsPerOperation: 3,
    ...options,
  });
}
function applied(strategy: Strategy): readonly Action[] {
  return execute(createWorld(specOf({}, SLOW_DISK)), strategy, {}).applied;
}

/** How often an actor goes before one that has gone before it, although both could move each time. Users are not among them. */
function reversed(strategy: Strategy): number {
  const before = new Set<string>();
  let count = 0;
  const next = (world: World): Action | undefined => {
    const events = pendingEvents(world);
    const action = strategy.next(world);
    const first = events.find((event) => JSON.stringify(event.action) === JSON.stringify(action))?.actor;
    for (const { actor } of first === undefined ? [] : events) {
      if (before.has(`${actor} ${first}`)) count++;
      if (actor !== first) before.add(`${first} ${actor}`);
    }
    return action;
  };
  applied({ name: strategy.name, next });
  return count;
}

describe('schedulers', () => {
  const event = (dueMs: number): Parameters<typeof fifo>[0][number] => ({ action: { do: 'wait', ms: dueMs }, dueMs, actor: `${dueMs}` });

  it('fifo takes what is due first, and of equals the first', () => {
    const events = [event(5), event(3), { ...event(3), actor: 'later' }];
    expect(fifo(events, stream('s', 'a'))).toBe(events[1]);
  });

  it('random takes any', () => {
    const choices = stream('s', 'a');
    const events = [event(1), event(2), event(3)];
    expect(new Set(Array.from({ length: 100 }, () => random(events, choices)))).toEqual(new Set(events));
  });
});

describe('bytes', () => {
  const run = (bytes: Uint8Array): readonly Action[] => applied(bytesStrategy(bytes, operations));
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * i * 37) % 251);

  it('choose everything: equal bytes, equal runs; none left, the end', () => {
    expect(run(bytes)).toEqual(run(bytes));
    expect(run(bytes).length).toBeGreaterThan(50);
    expect(run(new Uint8Array(0))).toEqual([]);
  });

  it('choose each action by bytes of its own', () => {
    const half = run(bytes.subarray(0, 200));
    expect(run(bytes).slice(0, half.length)).toEqual(half);
    const last = BYTES_PER_DECISION;
    expect(run(bytes.subarray(0, 200 - last))).toEqual(half.slice(0, -1));
    const changed = bytes.slice(0, 200);
    changed[199] = 0;
    expect(run(changed).slice(0, half.length - 1)).toEqual(half.slice(0, -1));
  });

  it('make whole runs of any kind of world, whatever they are', () => {
    const worlds = new Set<string>();
    for (let first = 0; first < 64; first++) {
      const result = runBytes(Uint8Array.of(first, ...bytes.subarray(0, 120)));
      expect(result.finding).toBeUndefined();
      expect(runScenario(result.scenario).hash).toBe(result.hash);
      worlds.add(JSON.stringify(result.scenario.world));
    }
    expect(worlds.size).toBe(64);
  });
});

/** So many that what is drawn once a run is drawn both ways. */
const SEEDS = Array.from('abcdefghijklmnopqrstuvwx');

describe('pct', () => {
  const pct = (changes: number, seed = 's'): Strategy =>
    new PctStrategy({ choices: stream(seed, 'schedule'), operations, steps: 30, changes, horizon: 300 });

  it('lets the same of two actors go first whenever both can move, until a change point', () => {
    const reversals = (strategy: (seed: string) => Strategy): number => SEEDS.reduce((sum, seed) => sum + reversed(strategy(seed)), 0);
    expect(reversals((seed) => pct(0, seed))).toBe(0);
    expect(reversals((seed) => pct(5, seed))).toBeGreaterThan(0);
    expect(reversals((seed) => mixed({ choices: stream(seed, 'schedule') }))).toBeGreaterThan(0);
  });

  it('lets events happen between what users do', () => {
    // Priorities are drawn once a run: in one run users may come last, in another first.
    const between = SEEDS.filter((seed) => {
      const actions = applied(pct(0, seed)).map((action) => action.do);
      return actions.includes('deliver') && actions.lastIndexOf('pay') > actions.indexOf('deliver');
    });
    expect(between).not.toEqual([]);
  });

  it('takes another course with change points', () => {
    expect(applied(pct(5))).not.toEqual(applied(pct(0)));
  });
});

describe('states of a world', () => {
  const pay: Action = { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '5000000', cltvDelta: 144 };
  const start = worldOf(specOf({}, SLOW_DISK, { acknowledge: 'later' }));
  apply(start, pay);
  const key = (change: (world: World) => void, mayCrash = false): string => {
    const fork = start.fork();
    change(fork);
    return worldKey(fork, mayCrash);
  };

  it('are the same whatever the time', () => {
    expect(key((world) => apply(world, { do: 'wait', ms: 5000 }))).toBe(key(() => undefined));
  });

  it('differ in what is in flight, on disk, in the chain, and in what users know', () => {
    const changes: ((world: World) => void)[] = [
      () => undefined,
      (world) => world.links.get('A-B')?.take(1, 0),
      (world) => world.links.get('A-B')?.break(),
      (world) => world.links.get('A-B')?.close(0),
      (world) => world.host('A').disk.finish('state', world.idOf('c1') as ChannelId, 0),
      (world) => world.chain.mine(0),
      (world) => world.ledger.decided('p1', 'fail'),
      (world) => world.ledger.decided('p1', 'fulfill'),
      (world) => void (world.host('B').owed = ['p1']),
      (world) => void (world.host('B').unacknowledged = []),
      (world) => void (world.host('A').running = false),
    ];
    expect(new Set(changes.map((change) => key(change))).size).toBe(changes.length);
  });

  it('differ in what a crash would leave, where nodes may crash', () => {
    const older = (world: World): boolean => world.host('B').disk.restoreBackup(1);
    expect(key(older, true)).not.toBe(key(() => undefined, true));
  });
});

describe('exhaustive', () => {
  const pay = (as: string, from: string): Action => ({ do: 'pay', as, from, channel: 'c1', amountMsat: '5000000', cltvDelta: 144 });
  const oracles = (): ReturnType<typeof createOracles> => createOracles();

  it('visits every interleaving of two crossing payments once, and all agree', () => {
    const start = worldOf(specOf(), { oracles: oracles().map((oracle) => () => oracle) });
    const result = explore(start, { script: [pay('p1', 'A'), pay('p2', 'B')] });
    expect(result).toMatchObject({ complete: true });
    expect(result.finding).toBeUndefined();
    // Every state is reached by at least one transition, and many by several.
    expect(result.transitions).toBeGreaterThan(result.states);
    expect(result.states).toBeGreaterThan(30);
    expect(result.settled).toBeGreaterThan(0);
  });

  it('finds what only one order shows, and tells the way to it', () => {
    // B breaks when A has taken in its signature before B has offered a payment of its own.
    const wrap = (driver: Driver, name: string, offered: boolean): Driver => {
      let hasOffered = offered;
      const step: Driver['step'] = (input) => {
        if (input.kind === 'command' && input.command.kind === 'add') hasOffered = true;
        if (name === 'B' && !hasOffered && input.kind === 'received' && messageName(input.bytes) === 'revoke_and_ack')
          throw new Error('planted');
        return driver.step(input);
      };
      return {
        nodeId: driver.nodeId,
        step,
        channels: () => driver.channels?.() ?? new Map(),
        fork: () => wrap(driver.fork?.() as Driver, name, hasOffered),
        fingerprint: () => `${driver.fingerprint?.() ?? ''} ${hasOffered}`,
      };
    };
    const fragile: DriverFactory = (context) => wrap(fulguriteDriver(context), context.name, false);
    const start = worldOf(specOf(), { drivers: { fulgurite: fragile } });
    const script = [pay('p1', 'A'), pay('p2', 'B')];
    const { finding, actions = [] } = explore(start, { script });
    expect(finding).toMatchObject({ oracle: 'exception', rule: 'step' });
    const replayed = runScenario(
      { format: 1, world: specOf(), actions, expect: 'exception/step/Error' },
      { drivers: { fulgurite: fragile } },
    );
    expect(replayed.fingerprint).toBe('exception/step/Error');
    expect(replayed.rotted).toEqual([]);
  });

  it('says when its bound ended the search', () => {
    expect(explore(worldOf(specOf({}, SLOW_DISK, SLOW_DISK)), { script: [pay('p1', 'A'), pay('p2', 'B')], maxStates: 20 })).toMatchObject({
      states: 20,
      complete: false,
    });
  });

  it('settles from every state where it is asked to, crashes among them', () => {
    const script: readonly Action[] = [pay('p1', 'A'), { do: 'crash', node: 'B', survive: 1 }];
    const result = explore(worldOf(specOf({}, {}, SLOW_DISK)), { script, settleEverywhere: true });
    expect(result).toMatchObject({ complete: true });
    expect(result.finding).toBeUndefined();
    expect(result.settled).toBe(result.states);
  });
});
