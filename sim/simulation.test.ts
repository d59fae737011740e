import { describe, expect, it } from 'vitest';
import { FindingError, replayScenario } from './check.ts';
import { rewrite, tampered } from './oracles/run.fixture.ts';
import { runScenario } from './run/run.ts';
import type { Scenario } from './scenario/types.ts';
import { Simulation } from './simulation.ts';

function pair(): { readonly sim: Simulation; readonly channel: string } {
  const sim = new Simulation();
  sim.node('alice');
  sim.node('bob');
  sim.connect('alice', 'bob');
  const channel = sim.open('alice', 'bob', { fundingSat: 1_000_000n, pushMsat: 300_000_000n });
  return { sim, channel };
}

describe('Simulation', () => {
  it('carries a payment in a few lines', () => {
    const { sim, channel } = pair();
    const payment = sim.pay('alice', channel, 50_000_000n);
    sim.run();
    expect(sim.payment(payment).received).toBe(true);
    sim.fulfill(payment);
    sim.run();
    expect(sim.payment(payment).outcome).toBe('sent');
    expect([sim.balance('alice', channel), sim.balance('bob', channel)]).toEqual([650_000_000n, 350_000_000n]);
    sim.settle();
  });

  it('gives the money back when the receiver fails the payment', () => {
    const { sim, channel } = pair();
    const payment = sim.pay('bob', channel, 50_000_000n);
    sim.run();
    sim.fail(payment);
    sim.run();
    expect(sim.payment(payment).outcome).toBe('failed');
    expect([sim.balance('alice', channel), sim.balance('bob', channel)]).toEqual([700_000_000n, 300_000_000n]);
  });

  it('reorders messages by the order of lines', () => {
    const first = pair();
    first.sim.pay('alice', first.channel, 1_000_000n);
    first.sim.pay('bob', first.channel, 2_000_000n);
    expect(first.sim.deliverNext('alice', 'bob')).toBe('update_add_htlc');
    expect(first.sim.deliverNext('bob', 'alice')).toBe('update_add_htlc');
    expect(first.sim.deliverNext('alice', 'bob')).toBe('commitment_signed');
    expect(first.sim.deliverNext('bob', 'alice')).toBe('commitment_signed');
    expect(first.sim.deliverNext('bob', 'alice')).toBe('revoke_and_ack');
    first.sim.settle();
    expect(first.sim.payment('p1').outcome).toBeDefined();
  });

  it('holds what is on its way until it is told to run, and loses it when the connection breaks', () => {
    const { sim, channel } = pair();
    sim.pay('alice', channel, 1_000_000n);
    sim.run(({ action }) => action.do === 'deliver' && action.message === 'commitment_signed');
    sim.disconnect('alice', 'bob');
    expect(sim.deliverNext('alice', 'bob')).toBeUndefined();
    sim.connect('alice', 'bob');
    sim.crash('bob');
    sim.restart('bob');
    sim.connect('alice', 'bob');
    sim.settle();
    expect(sim.payment('p1').outcome).toBe('sent');
  });

  it('records what was done as a scenario that gives the same again', () => {
    const { sim, channel } = pair();
    sim.pay('alice', channel, 1_000_000n);
    sim.run();
    sim.settle();
    const result = runScenario(sim.scenario());
    expect(result.rotted).toEqual([]);
    expect(result.hash).toBe(sim.world.trace.digest(sim.world.crypto));
    const { actions } = sim.scenario();
    sim.pay('bob', channel, 1_000_000n);
    sim.settle();
    expect(sim.scenario().actions).toEqual(actions);
  });

  it('says what is wrong, and what there is', () => {
    const { sim, channel } = pair();
    expect(() => sim.pay('alice', channel, 10n ** 12n)).toThrow(
      "alice will not send 1,000,000,000,000 msat: above bob's max_htlc_value_in_flight_msat, 1,000,000,000",
    );
    expect(() => sim.pay('alice', channel, 0n)).toThrow('alice will not send 0 msat: update_add_htlc.amount_msat: must be greater than 0');
    expect(() => sim.pay('alice', 'n9', 1n)).toThrow('no channel n9: there is c1');
    expect(() => sim.pay('carol', channel, 1n)).toThrow('no node carol: there are alice, bob');
    expect(() => sim.node('carol')).toThrow('before anything moves');
    expect(() => sim.restart('bob')).toThrow("bob is running: crash('bob') first");
    expect(() => sim.crash('carol')).toThrow('no node carol: there are alice, bob');
    expect(() => sim.payment('p9')).toThrow('no payment p9: there is none');
    expect(() => sim.state('alice', 'c9')).toThrow('no channel c9: there is c1');
    expect(() => sim.connect('alice', 'carol')).toThrow('no node carol: there are alice, bob');
    expect(() => sim.connect('alice', 'bob')).toThrow('alice-bob is connected already');
    expect(() => sim.mine(0)).toThrow('mine 1 to 4320 blocks at once, not 0');
    expect(() =>
      sim.act({ do: 'open', as: 'c1', from: 'alice', to: 'bob', fundingSat: '1', pushMsat: '0', feeratePerKw: 1, format: 'anchors' }),
    ).toThrow('there is a channel c1 already');
    const payment = sim.pay('alice', channel, 1_000_000n);
    expect(() => sim.fulfill(payment)).toThrow('p1 has not reached bob yet: run() or deliverNext()');
    sim.run();
    sim.fulfill(payment);
    expect(() => sim.fail(payment)).toThrow('bob has decided p1 already: fulfill');
    sim.disconnect('alice', 'bob');
    expect(() => sim.disconnect('alice', 'bob')).toThrow('alice-bob is not connected');
    expect(() => sim.pay('alice', channel, 1_000n)).toThrow('alice will not send 1000 msat: channel.not_connected');
    sim.crash('bob');
    expect(() => sim.connect('alice', 'bob')).toThrow("bob has crashed: restart('bob') first");
    expect(() => sim.pay('bob', channel, 1_000n)).toThrow("bob has crashed: restart('bob') first");
  });

  it('says that a node has not presented a payment again since it came back', () => {
    const { sim, channel } = pair();
    const payment = sim.pay('alice', channel, 1_000_000n);
    sim.run();
    sim.act({ do: 'reorg', depth: 3, transactions: 'waiting' });
    sim.run();
    sim.crash('bob');
    sim.restart('bob');
    expect(() => sim.fulfill(payment)).toThrow('bob has not presented p1 again since it restarted');
    sim.mine(3);
    sim.run();
    sim.fulfill(payment);
  });

  it('refuses a name that is used twice, and a link to nobody', () => {
    const sim = new Simulation();
    for (const name of ['a', 'b', 'c', 'd', 'e']) sim.node(name);
    expect(() => sim.node('a')).toThrow('there is a node a already');
    sim.connect('a', 'b');
    expect(() => sim.connect('b', 'a')).toThrow('b and a are linked already');
    expect(() => sim.connect('a', 'a')).toThrow('a cannot be linked to itself');
    expect(() => sim.open('a', 'c', { fundingSat: 1_000_000n })).toThrow('no link between a and c: there is a-b');
    expect(() => sim.open('a', 'f', { fundingSat: 1_000_000n })).toThrow('no node f: there are a … e');
    expect(() => sim.open('a', 'b', { fundingSat: 1n })).toThrow(/the channel from a to b did not open: [\w.]+: /);
    const lonely = new Simulation();
    lonely.node('a');
    lonely.connect('a', 'b');
    expect(() => lonely.world).toThrow('no node b: there is a');
  });

  it('runs ten nodes in one process', () => {
    const sim = new Simulation();
    const names = Array.from({ length: 10 }, (_, i) => sim.node(`node${i}`));
    for (let i = 1; i < 10; i++) sim.connect(names[i - 1] as string, names[i] as string);
    const channels = names.slice(1).map((name, i) => sim.open(names[i] as string, name, { fundingSat: 200_000n }));
    for (const [i, channel] of channels.entries()) sim.pay(names[i] as string, channel, 10_000_000n);
    sim.settle();
    expect(sim.world.payments.filter((p) => !p.probe && p.outcome !== undefined)).toHaveLength(9);
  });
});

describe('a script that fails', () => {
  it('is told as a small case: its channels opened before, the few actions that matter, a chart, and a line that shows it again', () => {
    const drivers = {
      fulgurite: tampered({ nodes: ['alice'], effect: rewrite('update_add_htlc', (add) => ({ ...add, id: add.id + 1n })) }),
    };
    const sim = new Simulation({ drivers });
    sim.node('alice', { storage: { kind: 'fixed', ms: 20 } });
    sim.node('bob');
    sim.node('carol');
    sim.connect('alice', 'bob');
    sim.connect('bob', 'carol');
    const first = sim.open('alice', 'bob', { fundingSat: 1_000_000n, pushMsat: 300_000_000n });
    const other = sim.open('bob', 'carol', { fundingSat: 1_000_000n });
    sim.pay('bob', other, 10_000_000n);
    sim.run();
    const error = failureOf(() => {
      sim.pay('alice', first, 50_000_000n);
      sim.run();
    });
    expect(error.message).toContain('FOUND reference/update_add_htlc/ids-increase-by-1');
    expect(error.message).toContain('alice sent update_add_htlc with id 1, where its next HTLC is 0');
    const { world, actions } = error.scenario;
    expect(actions).toEqual([]);
    expect([world.nodes, world.channels.map(({ name }) => name)]).toEqual([[{ name: 'alice' }, { name: 'bob' }], ['c1']]);
    expect(error.message).toMatch(/decided .*continuations/);
    expect(error.message).toContain('✗ found here');
    const [line = ''] = /replayScenario\(.*\)/.exec(error.message) ?? [];
    const scenario = JSON.parse(line.slice('replayScenario('.length, line.lastIndexOf(', { …'))) as Scenario;
    expect(() => replayScenario(scenario, { drivers })).toThrow('ids-increase-by-1');
    expect(() => replayScenario(scenario)).not.toThrow();
  });
});

function failureOf(act: () => void): FindingError {
  try {
    act();
  } catch (error) {
    if (error instanceof FindingError) return error;
    throw error;
  }
  throw new Error('nothing was found');
}
