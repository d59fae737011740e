import { describe, expect, it } from 'vitest';
import { apply, edges, line, network, ORACLES, ring, settle, star } from './index.ts';
import type { Action, Simulation, Topology, World } from './index.ts';
import { nextDue } from './world/pending-events.ts';

/** What each node has in all its channels, in millisatoshi. */
function wealth(net: Simulation): ReadonlyMap<string, bigint> {
  const sum = new Map<string, bigint>();
  for (const { name, opener, accepter } of net.world.channels)
    for (const node of [opener, accepter]) sum.set(node, (sum.get(node) ?? 0n) + net.balance(node, name));
  return sum;
}

function earned(net: Simulation, before: ReadonlyMap<string, bigint>): Readonly<Record<string, bigint>> {
  return Object.fromEntries([...wealth(net)].map(([node, msat]) => [node, msat - (before.get(node) ?? 0n)]));
}

describe('a network', () => {
  it('of ten nodes in a line carries a payment across all of them', () => {
    const net = network(line(10));
    const payment = net.pay('n0', 'n9', 50_000_000n);
    net.run();
    // Eight forwarders ask for 1,000 msat and a hundred millionths of what they forward.
    expect(payment.outcome).toEqual({ kind: 'paid', feeMsat: 48_014n });
    net.settle();
  });

  it('takes the shorter way round a ring, and goes through the middle of a star', () => {
    const circle = network(ring(5));
    expect(circle.pay('n0', 'n3', 1_000_000n).record.route.map(({ from }) => from)).toEqual(['n0', 'n4']);
    const spokes = network(star(4));
    expect(spokes.pay('n1', 'n3', 1_000_000n).record.route.map(({ from }) => from)).toEqual(['n1', 'n0']);
  });

  it('fails what can not be carried, and says who keeps what', () => {
    const net = network(edges(['alice', 'bob'], ['bob', 'carol']));
    const before = wealth(net);
    const declined = net.pay('alice', 'carol', 5_000_000n, { byHand: true });
    net.run();
    expect(declined.outcome).toEqual({ kind: 'pending' });
    net.fail(declined);
    net.run();
    expect(declined.outcome).toEqual({ kind: 'failed' });
    // More than bob has in his channel with carol, after the first.
    expect(net.pay('bob', 'carol', 300_000_000n).outcome).toEqual({ kind: 'pending' });
    net.run();
    const tooMuch = net.pay('alice', 'carol', 250_000_000n);
    net.run();
    expect(tooMuch.outcome).toEqual({ kind: 'failed' });
    expect(earned(net, before)).toEqual({ alice: 0n, bob: -300_000_000n, carol: 300_000_000n });
    expect(() => net.pay('alice', 'alice', 1n)).toThrow();
    net.settle();
  });
});

/**
 * A payment, cut at a stage by a fault of a party: so many events have happened, then a connection is lost, or a process dies with its unfinished
 * stores done or torn. Every oracle watches, also while everything heals: every channel on the way must come to what the payer was told, so no
 * forwarder loses.
 */
const STAGES = 6;
/** Costly ones watch single runs. */
const oracles = ORACLES.filter(({ cost }) => cost === 'cheap').map(({ create }) => create);

interface Fault {
  readonly what: string;
  readonly actions: readonly Action[];
}

function faultsOf({ nodes, channels }: Topology): readonly Fault[] {
  const lost = channels.map(([a, b]) => ({ what: `${a}-${b} is lost`, actions: [{ do: 'disconnect', link: `${a}-${b}` } as const] }));
  const died = nodes.flatMap((node) =>
    [0, 0x7fffffff].map((survive) => ({
      what: `${node} restarts, ${survive === 0 ? 'nothing' : 'everything'} under way is stored`,
      actions: [{ do: 'crash', node, survive } as const, { do: 'restart', node } as const],
    })),
  );
  return [...lost, ...died];
}

function run(world: World, most = Infinity): number {
  for (let events = 0; events < most; events++) {
    const next = nextDue(world);
    if (next === undefined) return events;
    apply(world, next.action);
  }
  return most;
}

describe.each([
  [1, 'claimed'],
  [2, 'claimed'],
  [3, 'claimed'],
  [2, 'declined'],
] as const)('a payment over %i hops that is %s', (hops, end) => {
  const topology = line(hops + 1);
  const { world: base } = network(topology, { storage: { kind: 'fixed', ms: 3 }, oracles });
  const to = `n${hops}`;
  const send: Action = { do: 'send', as: 'p', from: 'n0', to, amountMsat: '10000000', byHand: true };
  const answer: Action = { do: end === 'claimed' ? 'fulfill' : 'fail', node: to, payment: 'p' };

  /** The recipient answers as soon as it is asked. */
  function pay(world: World, most = Infinity): number {
    let events = 0;
    for (let more = 1; more > 0 && events < most; events += more) {
      more = run(world, 1);
      if (world.ledger.get('p')?.received === true && world.ledger.get('p')?.decision === undefined) apply(world, answer);
    }
    return events;
  }

  function started(): World {
    const world = base.fork();
    apply(world, send);
    return world;
  }

  const whole = started();
  const length = pay(whole);

  it('ends as its recipient says', () => {
    expect(whole.finding).toBeUndefined();
    expect(whole.ledger.get('p')?.outcome).toBe(end === 'claimed' ? 'sent' : 'failed');
    expect(length).toBeGreaterThan(15 * hops);
  });

  it.each(faultsOf(topology))('ends well wherever $what', ({ actions }) => {
    for (let stage = 0; stage <= STAGES; stage++) {
      const world = started();
      pay(world, Math.floor((length * stage) / STAGES));
      for (const action of actions) apply(world, action);
      pay(world);
      settle(world);
      expect(world.finding, `stage ${stage}`).toBeUndefined();
      expect(world.ledger.get('p')?.outcome, `stage ${stage}`).toBeDefined();
    }
  });
});
