import { describe, expect, it } from 'vitest';
import { statusOf } from '../../core/channel/model/ending.ts';
import type { ChannelState } from '../../core/channel/model/state.ts';
import type { PublicKey } from '../../core/crypto/bytes.ts';
import { apply } from '../actions/apply.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { pendingEvents } from './pending-events.ts';
import { settle } from '../run/settle.ts';
import { runToRest } from '../run/setup.ts';
import type { Action, Driver, DriverEffect, DriverFactory, Oracle } from '../scenario/types.ts';
import { SLOW_DISK, specOf, worldOf } from './world.fixture.ts';
import type { World } from './world.ts';

function act(world: World, ...actions: readonly Action[]): void {
  for (const action of actions) expect([action, apply(world, action)]).toEqual([action, 'applied']);
}
const pay = (as: string, from = 'A', amountMsat = '50000000'): Action => ({
  do: 'pay',
  as,
  from,
  channel: 'c1',
  amountMsat,
  cltvDelta: 144,
});
const digest = (world: World): string => world.trace.digest(world.crypto);

describe('a world', () => {
  it('starts connected, with its channels open at both ends', () => {
    const world = worldOf();
    expect(world.finding).toBeUndefined();
    expect(world.connected('A', 'B')).toBe(true);
    expect(world.quiet('A', 'B')).toBe(true);
    for (const node of ['A', 'B'])
      expect(world.channelState(node, 'c1')).toMatchObject({ phase: 'funded', lifecycle: { readySent: true, readyReceived: true } });
    expect(world.chain.confirmed).toHaveLength(1);
  });

  it('comes to rest after any number of blocks', () => {
    const world = worldOf();
    for (let i = 0; i < 6; i++) act(world, { do: 'mine', blocks: 1000 });
    expect(runToRest(world)).toBe(true);
    expect(world.height('A')).toBe(world.chain.height);
    settle(world);
    expect(world.finding).toBeUndefined();
  });

  it('never comes to rest with a node that answers its disk for ever, which is a finding', () => {
    let restless = false;
    const driver: DriverFactory = (context) => {
      const inner = fulguriteDriver(context);
      let newest: DriverEffect | undefined;
      const step: Driver['step'] = (input) => {
        const effects = inner.step(input);
        newest = effects.find(({ kind }) => kind === 'store') ?? newest;
        return restless && context.name === 'A' && input.kind === 'stored' && newest !== undefined ? [...effects, newest] : effects;
      };
      return { nodeId: inner.nodeId, step, channels: () => inner.channels?.() ?? new Map() };
    };
    const world = worldOf(specOf({}, SLOW_DISK), { drivers: { fulgurite: driver } });
    expect(world.finding).toBeUndefined();
    restless = true;
    act(world, pay('p1'));
    expect(runToRest(world)).toBe(false);
    settle(world);
    expect(world.finding).toMatchObject({ oracle: 'liveness', kind: 'does-not-settle' });

    const never = worldOf(specOf({}, SLOW_DISK), { drivers: { fulgurite: driver } });
    expect(never.finding).toMatchObject({ oracle: 'setup', actual: 'nodes never come to rest' });
  });

  it('says so when a channel of its spec cannot be opened', () => {
    const tooSmall = specOf().channels.map((channel) => ({ ...channel, fundingSat: '1000', pushMsat: '0' }));
    const world = worldOf(specOf({ channels: tooSmall }));
    expect(world.finding).toMatchObject({ oracle: 'setup', channel: 'c1', at: 'setup' });
  });

  it('carries a payment, each step an action', () => {
    const world = worldOf();
    act(world, pay('p1'));
    expect(pendingEvents(world).map(({ action }) => action)).toEqual([{ do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' }]);
    expect(world.ledger.get('p1')).toMatchObject({ from: 'A', to: 'B', amountMsat: 50_000_000n, received: false, probe: false });
    runToRest(world);
    expect(world.ledger.get('p1')?.received).toBe(true);
    act(world, { do: 'fulfill', node: 'B', payment: 'p1' });
    runToRest(world);
    expect(world.ledger.get('p1')).toMatchObject({ outcome: 'sent', contradictions: 0 });
  });

  it('moves virtual time to when an event was due, and never back', () => {
    const world = worldOf();
    const start = world.timeMs;
    act(world, pay('p1'), { do: 'wait', ms: 5000 });
    expect(world.timeMs).toBe(start + 5000);
    act(world, { do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' });
    expect(world.timeMs).toBe(start + 5000);
    runToRest(world);
    expect(world.timeMs).toBe(start + 5000 + 20);
  });

  it('gives the same trace for the same actions, and another for others', () => {
    const run = (amount: string): string => {
      const world = worldOf();
      act(world, pay('p1', 'A', amount));
      settle(world);
      return digest(world);
    };
    expect(run('50000000')).toBe(run('50000000'));
    expect(run('50000000')).not.toBe(run('50000001'));
  });

  it('forks: both go on independently, and equally where they do the same', () => {
    const world = worldOf(specOf({}, SLOW_DISK));
    act(world, pay('p1'));
    const fork = world.fork();
    act(world, { do: 'disconnect', link: 'A-B' }, { do: 'crash', node: 'A' });
    expect([fork.connected('A', 'B'), fork.host('A').running]).toEqual([true, true]);
    act(fork, { do: 'disconnect', link: 'A-B' }, { do: 'crash', node: 'A' });
    settle(world);
    settle(fork);
    expect(digest(fork)).toBe(digest(world));
    expect(world.finding).toBeUndefined();
  });

  it('does not spend a coin again in a fork', () => {
    const fork = worldOf().fork();
    act(fork, { do: 'open', as: 'c2', from: 'A', to: 'B', fundingSat: '1000000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors' });
    settle(fork);
    expect(fork.channelState('B', 'c2')).toMatchObject({ phase: 'funded', lifecycle: { readySent: true, readyReceived: true } });
    expect(fork.chain.confirmed).toHaveLength(2);
  });
});

describe('what no longer applies', () => {
  const impossible: readonly Action[] = [
    { do: 'deliver', link: 'A-B', to: 'B', message: 'revoke_and_ack' },
    { do: 'deliver', link: 'A-B', to: 'A', message: 'update_add_htlc' },
    { do: 'deliver', link: 'A-C', to: 'C', message: 'init' },
    { do: 'deliver', link: 'A-B', to: 'C', message: 'update_add_htlc' },
    { do: 'connect', link: 'A-B' },
    { do: 'connect', link: 'B-A' },
    { do: 'disconnect', link: 'X-Y' },
    { do: 'stored', node: 'A', channel: 'c1', sink: 'state', which: 9 },
    { do: 'stored', node: 'A', channel: 'c1', sink: 'nobody', which: 0 },
    { do: 'stored', node: 'A', channel: 'c9', sink: 'state', which: 0 },
    { do: 'crash', node: 'C' },
    { do: 'restart', node: 'A' },
    { do: 'mine', blocks: 0 },
    { do: 'mine', blocks: 1_000_000 },
    { do: 'see', node: 'A', blocks: 1 },
    { do: 'feerate', node: 'C', feeratePerKw: 300 },
    { do: 'open', as: 'c1', from: 'A', to: 'B', fundingSat: '100000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors' },
    { do: 'open', as: 'c2', from: 'A', to: 'A', fundingSat: '100000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors' },
    { do: 'open', as: 'c2', from: 'A', to: 'C', fundingSat: '100000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors' },
    { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '1000', cltvDelta: 100 },
    { do: 'pay', as: 'p2', from: 'C', channel: 'c1', amountMsat: '1000', cltvDelta: 100 },
    { do: 'pay', as: 'p2', from: 'A', channel: 'c9', amountMsat: '1000', cltvDelta: 100 },
    { do: 'fulfill', node: 'B', payment: 'p1' },
    { do: 'fail', node: 'A', payment: 'p1' },
    { do: 'fail_malformed', node: 'B', payment: 'p9' },
    { do: 'fee', node: 'A', channel: 'c9', feeratePerKw: 2600 },
    { do: 'commit', node: 'C', channel: 'c1' },
    { do: 'shutdown', node: 'A', channel: 'c9' },
    { do: 'force_close', node: 'C', channel: 'c1' },
    { do: 'acknowledge', node: 'A' },
    { do: 'custom', operation: 'acme/unknown', args: {} },
  ];

  it.each(impossible.map((action) => [JSON.stringify(action), action] as const))('leaves the world as it was: %s', (_text, action) => {
    const world = worldOf(specOf({}, SLOW_DISK));
    act(world, pay('p1'));
    const before = [digest(world), world.timeMs, pendingEvents(world)];
    expect(apply(world, action)).toBe('not-applicable');
    expect([digest(world), world.timeMs, pendingEvents(world)]).toEqual(before);
    expect(world.finding).toBeUndefined();
  });

  it('moves nothing once there is a finding', () => {
    const world = worldOf();
    world.finding = { oracle: 'o', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at: 0 };
    expect(apply(world, pay('p1'))).toBe('not-applicable');
  });
});

describe('disks', () => {
  it('keep messages back until what they tell is durable', () => {
    const world = worldOf(specOf({}, {}, SLOW_DISK));
    act(world, pay('p1'));
    act(world, { do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' });
    act(world, { do: 'deliver', link: 'A-B', to: 'B', message: 'commitment_signed' });
    expect(pendingEvents(world).map(({ action }) => action.do)).not.toContain('deliver');
    act(world, { do: 'stored', node: 'B', channel: 'c1', sink: 'state', which: 0 });
    expect(pendingEvents(world).map(({ action }) => action)).toContainEqual({
      do: 'deliver',
      link: 'A-B',
      to: 'A',
      message: 'revoke_and_ack',
    });
  });

  it('forget a payment that was not durable when its node died', () => {
    const world = worldOf(specOf({}, SLOW_DISK));
    act(world, pay('p1'), { do: 'crash', node: 'A', survive: 0 });
    expect(world.connected('A', 'B')).toBe(false);
    act(world, { do: 'restart', node: 'A' });
    expect(world.ledger.get('p1')?.outcome).toBe('lost');
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.probes.map(({ result }) => result)).toEqual(['sent']);
  });

  it('present a received payment again after a crash, and its host decides the same again', () => {
    const world = worldOf(specOf({}, {}, SLOW_DISK));
    act(world, pay('p1'));
    runToRest(world);
    act(world, { do: 'fail', node: 'B', payment: 'p1' }, { do: 'crash', node: 'B', survive: 0 }, { do: 'restart', node: 'B' });
    settle(world);
    expect(world.ledger.get('p1')).toMatchObject({ decision: 'fail', outcome: 'failed' });
  });

  it('bring back an older state where a scenario asks for it', () => {
    const world = worldOf();
    act(world, pay('p1'));
    runToRest(world);
    act(world, { do: 'crash', node: 'A' }, { do: 'restart', node: 'A', backup: 2 });
    const durable = world.host('A').disk.durable.get(world.idOf('c1') as never)?.effect.version ?? 0;
    const state = world.channelState('A', 'c1');
    expect(state).toMatchObject({ phase: 'funded', durability: { version: durable } });
    settle(world);
    expect(['A', 'B'].map((node) => world.channelState(node, 'c1')?.phase)).toEqual(['failed', 'failed']);
  });
});

describe('chain', () => {
  it('shows each node its blocks when it comes to see them', () => {
    const world = worldOf();
    const height = world.height('A');
    act(world, { do: 'mine', blocks: 2 }, { do: 'see', node: 'A', blocks: 1 });
    expect([world.height('A'), world.height('B'), world.chain.height]).toEqual([height + 1, height, height + 2]);
    act(world, { do: 'see', node: 'B', blocks: 5 });
    expect(world.height('B')).toBe(height + 2);
  });

  it('is read again after a restart from where the oldest state on disk was written', () => {
    const world = worldOf();
    const written = world.host('A').disk.durable.get(world.idOf('c1') as never)?.seen.height;
    act(world, { do: 'mine', blocks: 3 }, { do: 'see', node: 'A', blocks: 3 }, { do: 'crash', node: 'A' }, { do: 'restart', node: 'A' });
    expect(world.height('A')).toBe(written);
  });

  it('lets each node find from what it has seen to a longer branch, at once', () => {
    const world = worldOf();
    const { height } = world.chain;
    act(world, { do: 'mine', blocks: 3 }, { do: 'see', node: 'A', blocks: 3 }, { do: 'see', node: 'B', blocks: 1 });
    act(world, { do: 'reorg', depth: 2, transactions: 'mined' }, { do: 'see', node: 'A', blocks: 1 }, { do: 'see', node: 'B', blocks: 1 });
    expect([world.height('A'), world.height('B'), world.chain.height]).toEqual([height + 3, height + 2, height + 4]);
    expect(runToRest(world)).toBe(true);
    for (const node of ['A', 'B']) expect(world.host(node).watch.seen).toEqual({ height: height + 4, hash: world.chain.tip.hash });
    expect(apply(world, { do: 'reorg', depth: world.chain.blocks.length + 1, transactions: 'lost' })).toBe('not-applicable');
    expect(apply(world, { do: 'see', node: 'A', blocks: 1 })).toBe('not-applicable');
  });

  it('lets a node that was down while blocks were replaced find to the new ones', () => {
    const world = worldOf();
    act(world, { do: 'mine', blocks: 2 }, { do: 'see', node: 'A', blocks: 2 }, pay('p1'));
    expect(runToRest(world)).toBe(true);
    act(world, { do: 'crash', node: 'A' }, { do: 'reorg', depth: 2, transactions: 'waiting' }, { do: 'restart', node: 'A' });
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.host('A').watch.seen).toEqual({ height: world.chain.height, hash: world.chain.tip.hash });
  });

  it('confirms a channel that is closed together', () => {
    const world = worldOf();
    act(world, { do: 'shutdown', node: 'A', channel: 'c1' });
    settle(world);
    expect(['A', 'B'].map((node) => statusOf(world.channelState(node, 'c1') as ChannelState))).toEqual(['closed', 'closed']);
    expect(world.chain.confirmed).toHaveLength(2);
    expect(world.probes).toEqual([]);
  });
});

describe('connections', () => {
  it('that a node closes still bring the other end what was sent before', () => {
    // A message that B does not understand makes it hang up with a warning.
    const bob: PublicKey[] = [];
    const bad: DriverFactory = (context) => {
      const driver = fulguriteDriver(context);
      if (context.name !== 'A') return driver;
      const step: Driver['step'] = (input) =>
        input.kind === 'feerate' ? bob.map((peer) => ({ kind: 'send', peer, bytes: Uint8Array.of(0, 16, 0) })) : driver.step(input);
      return { nodeId: driver.nodeId, step, channels: () => driver.channels?.() ?? new Map() };
    };
    const world: World = worldOf(specOf(), { drivers: { fulgurite: bad } });
    bob.push(world.nodeId('B'));
    act(world, { do: 'feerate', node: 'A', feeratePerKw: 2600 }, { do: 'deliver', link: 'A-B', to: 'B', message: 'init' });
    expect(world.connected('A', 'B')).toBe(false);
    expect(world.channelState('B', 'c1')).toMatchObject({ lifecycle: { connection: 'disconnected' } });
    expect(world.channelState('A', 'c1')).toMatchObject({ lifecycle: { connection: 'connected' } });
    act(world, { do: 'deliver', link: 'A-B', to: 'A', message: 'warning' });
    expect(world.channelState('A', 'c1')).toMatchObject({ lifecycle: { connection: 'disconnected' } });
    settle(world);
    expect(world.connected('A', 'B')).toBe(true);
  });
});

describe('findings', () => {
  const throwing: DriverFactory = (context) => {
    const driver = fulguriteDriver(context);
    return { nodeId: driver.nodeId, step: (input) => (input.kind === 'feerate' ? fail() : driver.step(input)) };
  };
  const fail = (): never => {
    throw new TypeError(`no entry 42 for ${'ab'.repeat(32)}`);
  };

  it('are made of what a driver throws, without what differs from seed to seed', () => {
    const world = worldOf(specOf({ channels: [] }), { drivers: { fulgurite: throwing } });
    world.at = 7;
    apply(world, { do: 'feerate', node: 'A', feeratePerKw: 300 });
    expect(world.finding).toMatchObject({ oracle: 'exception', rule: 'fail', kind: 'TypeError', node: 'A', at: 7 });
    expect(world.finding?.actual).toContain('world.test.ts');
  });

  it('come from the first oracle that has one, after the step that shows it', () => {
    const seen: string[] = [];
    const oracle: Oracle = {
      name: 'o',
      kinds: ['k'],
      step: (view, { node, input }) => {
        seen.push(`${node} ${input.kind}`);
        const found = { oracle: 'o', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at: view.at };
        return input.kind === 'feerate' ? found : undefined;
      },
      fork: () => oracle,
    };
    const world = worldOf(specOf({ channels: [] }), { oracles: [() => oracle] });
    apply(world, { do: 'feerate', node: 'B', feeratePerKw: 300 });
    expect(world.finding).toMatchObject({ oracle: 'o', at: 0 });
    expect(seen.at(-1)).toBe('B feerate');
  });

  it('name a world that never comes to rest', () => {
    const restless: DriverFactory = (context) => {
      const driver = fulguriteDriver(context);
      const echo: Driver['step'] = (input) =>
        input.kind === 'received' ? [{ kind: 'send', peer: input.peer, bytes: input.bytes }] : driver.step(input);
      return { nodeId: driver.nodeId, step: echo };
    };
    const world = worldOf(specOf({ channels: [] }), { drivers: { fulgurite: restless } });
    settle(world);
    expect(world.finding).toMatchObject({ oracle: 'liveness', kind: 'does-not-settle', at: 'settle' });
  });
});

describe('settling', () => {
  it('brings back what faults broke, decides what users left open, and probes every channel', () => {
    const world = worldOf(specOf({}, { acknowledge: 'later', ...SLOW_DISK }, { config: { commit: 'manual' }, ...SLOW_DISK }));
    act(world, pay('p1'), pay('p2', 'B'), pay('p4', 'A', '3000000'));
    act(world, { do: 'disconnect', link: 'A-B' }, { do: 'crash', node: 'B', survive: 1 });
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.quiet('A', 'B')).toBe(true);
    expect(world.host('A').unacknowledged).toEqual([]);
    for (const payment of world.payments) expect(payment.outcome).toBeDefined();
    expect(world.probes).toMatchObject([{ channel: 'c1', result: 'sent' }]);
  });

  it('brings estimates back to where they were', () => {
    const world = worldOf();
    act(world, { do: 'feerate', node: 'A', feeratePerKw: 9000 });
    settle(world);
    expect(world.host('A').feeratePerKw).toBe(2500);
  });
});
