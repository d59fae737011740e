import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { Engine } from '../campaign/engine.ts';
import { generate } from '../campaign/generate.ts';
import { nextDue } from './pending-events.ts';
import { COSTLY, createOracles } from '../oracles/index.ts';
import { runScenario } from '../run/run.ts';
import { DEFAULT_CAMPAIGN } from '../run/seed.ts';
import type { CampaignOptions } from '../run/seed.ts';
import { settle } from '../run/settle.ts';
import { runToRest } from '../run/setup.ts';
import { shrink } from '../campaign/shrink.ts';
import type { Execution } from '../campaign/shrink.ts';
import { Simulation } from '../simulation.ts';
import { explore } from '../run/exhaustive.ts';
import type { Action, Driver, DriverFactory, DriverTransport, Scenario, StepRecord, WorldSpec } from '../scenario/types.ts';
import { specOf, worldOf } from './world.fixture.ts';
import type { World } from './world.ts';

const ENCRYPTED: Pick<WorldSpec, 'links'> = {
  links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 10 }, transport: 'encrypted' }],
};
const pay = (as: string, from: string): Action => ({ do: 'pay', as, from, channel: 'c1', amountMsat: '5000000', cltvDelta: 144 });
const oracles = createOracles({ costly: COSTLY }).map((oracle) => () => oracle.fork());

/** Every node with a transport that `change` makes of its own; without one where it makes nothing. */
function withTransport(change: (transport: DriverTransport, node: string) => DriverTransport | undefined): DriverFactory {
  return (context) => {
    const driver: Driver = fulguriteDriver(context);
    return Object.assign(driver, { transport: change(driver.transport as DriverTransport, context.name) });
  };
}

interface Told {
  readonly steps: string[];
  readonly world: World;
}

/** A world set up, and what its nodes are told of connections from then on. */
function watchedWorld(): Told {
  const steps: string[] = [];
  const step = ({ node, input }: StepRecord): void => void (/connected/.test(input.kind) && steps.push(`${node} ${input.kind}`));
  const world = worldOf(specOf(ENCRYPTED), { oracles, listener: { step } });
  steps.length = 0;
  return { steps, world };
}

/** Delivers what is due until an act is the next. */
function untilAct(world: World, name: string): void {
  for (let next = nextDue(world); next !== undefined; next = nextDue(world)) {
    if (next.action.do === 'deliver' && next.action.message === name) return;
    apply(world, next.action);
  }
  throw new Error(`no ${name} came`);
}

describe('a world with encrypted links', () => {
  it('comes to the same balances as one with frames, under every oracle', () => {
    const balances = (['frames', 'encrypted'] as const).map((transport) => {
      const sim = new Simulation({ transport });
      for (const name of ['alice', 'bob']) sim.node(name);
      sim.connect('alice', 'bob');
      const channel = sim.open('alice', 'bob', { fundingSat: 1_000_000n, pushMsat: 300_000_000n });
      const there = sim.pay('alice', channel, 50_000_000n);
      const back = sim.pay('bob', channel, 20_000_000n);
      expect([sim.deliverNext('alice', 'bob'), sim.deliverNext('bob', 'alice')]).toEqual(['update_add_htlc', 'update_add_htlc']);
      sim.disconnect('alice', 'bob');
      sim.connect('alice', 'bob');
      sim.run();
      sim.fulfill(there);
      sim.fail(back);
      sim.run();
      const result = [sim.balance('alice', channel), sim.balance('bob', channel)];
      sim.settle();
      expect(sim.world.stats.get('message', 'act_three')).toBe(transport === 'frames' ? 0 : 2);
      return result;
    });
    expect(balances).toEqual([
      [650_000_000n, 350_000_000n],
      [650_000_000n, 350_000_000n],
    ]);
  });

  it('carries a thousand messages over one connection, and its keys are rotated', () => {
    const keys = new Set<string>();
    const fulgurite = withTransport((transport) => ({
      ...transport,
      send(session, message) {
        keys.add(session.sending.key.join());
        return transport.send(session, message);
      },
    }));
    const world = worldOf(specOf(ENCRYPTED), { drivers: { fulgurite } });
    for (let n = 0; n < 110; n++) {
      apply(world, { do: 'pay', as: `p${n}`, from: n % 2 === 0 ? 'A' : 'B', channel: 'c1', amountMsat: '5000000', cltvDelta: 144 });
      runToRest(world);
      apply(world, { do: 'fulfill', node: n % 2 === 0 ? 'B' : 'A', payment: `p${n}` });
      runToRest(world);
    }
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.stats.get('message', 'act_one')).toBe(1);
    expect(world.stats.messages).toBeGreaterThan(1000);
    expect(keys.size).toBe(4);
  });

  it('uses each ephemeral key for one connection at one end', () => {
    const used: string[] = [];
    const fulgurite = withTransport((transport) => ({
      ...transport,
      dial(remote, secret) {
        used.push(secret);
        return transport.dial(remote, secret);
      },
      accept(secret) {
        used.push(secret);
        return transport.accept(secret);
      },
    }));
    const world = worldOf(specOf(ENCRYPTED), { drivers: { fulgurite } });
    for (let n = 0; n < 5; n++) {
      apply(world, { do: 'disconnect', link: 'A-B' });
      apply(world, { do: 'connect', link: 'A-B' });
      if (n % 2 === 0) runToRest(world);
    }
    expect(used).toHaveLength(12);
    expect(new Set(used).size).toBe(12);
  });

  it('tells a node that it is connected when its end is, and of a lost connection only who knew of one', () => {
    const { steps, world } = watchedWorld();
    for (const [act, expected] of [
      ['act_one', []],
      ['act_two', []],
      ['act_three', ['connected', 'disconnected']],
    ] as const) {
      apply(world, { do: 'disconnect', link: 'A-B' });
      steps.length = 0;
      apply(world, { do: 'connect', link: 'A-B' });
      untilAct(world, act);
      expect(world.connected('A', 'B')).toBe(false);
      apply(world, { do: 'disconnect', link: 'A-B' });
      expect(steps.map((step) => step.slice(2))).toEqual(expected);
      apply(world, { do: 'connect', link: 'A-B' });
      runToRest(world);
      expect(world.connected('A', 'B')).toBe(true);
    }
    settle(world);
    expect(world.finding).toBeUndefined();
  });

  it('survives a crash in the middle of a handshake', () => {
    for (const node of ['A', 'B']) {
      for (const act of ['act_one', 'act_two', 'act_three']) {
        const { world } = watchedWorld();
        apply(world, { do: 'disconnect', link: 'A-B' });
        apply(world, { do: 'connect', link: 'A-B' });
        untilAct(world, act);
        expect(apply(world, { do: 'crash', node })).toBe('applied');
        expect(world.links.get('A-B')?.up).toBe(false);
        apply(world, { do: 'restart', node });
        settle(world);
        expect(world.finding).toBeUndefined();
      }
    }
  });

  it('loses the connection to a flipped bit, and nothing else', () => {
    const { steps, world } = watchedWorld();
    apply(world, pay('p1', 'A'));
    const flip = { do: 'corrupt', link: 'A-B', to: 'B', message: 'update_add_htlc', bit: 300 } as const;
    expect(apply(world, { ...flip, message: 'revoke_and_ack' })).toBe('not-applicable');
    expect(apply(world, { ...flip, to: 'A' })).toBe('not-applicable');
    expect(apply(world, flip)).toBe('applied');
    expect(steps).toEqual(['A disconnected', 'B disconnected']);
    expect(apply(world, flip)).toBe('not-applicable');
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.stats.get('message', 'error') + world.stats.get('message', 'warning')).toBe(0);
    const frames = worldOf();
    apply(frames, pay('p1', 'A'));
    expect(apply(frames, flip)).toBe('not-applicable');
  });

  it('lets an adversary write something else before it is encrypted', () => {
    const world = worldOf(specOf({ ...ENCRYPTED, licences: ['adversary'] }), { oracles });
    apply(world, pay('p1', 'A'));
    const forged = { do: 'tamper', link: 'A-B', to: 'B', message: 'update_add_htlc', with: 'amount-zero' } as const;
    expect(apply(world, forged)).toBe('applied');
    settle(world);
    expect(world.finding).toBeUndefined();
    expect(world.stats.get('event', 'tampered update_add_htlc: amount-zero')).toBe(1);
  });

  it('carries frames where a driver has no transport', () => {
    const fulgurite = withTransport((transport, node) => (node === 'A' ? undefined : transport));
    const world = worldOf(specOf(ENCRYPTED), { drivers: { fulgurite } });
    expect(world.stats.get('message', 'act_one')).toBe(0);
    expect(world.connected('A', 'B')).toBe(true);
  });

  it('shows every interleaving of a disconnect with a handshake and a payment', () => {
    const script: readonly Action[] = [pay('p1', 'A'), { do: 'disconnect', link: 'A-B' }, { do: 'connect', link: 'A-B' }];
    const cheap = createOracles().map((oracle) => () => oracle.fork());
    const [frames, encrypted] = [specOf(), specOf(ENCRYPTED)].map((spec) => explore(worldOf(spec, { oracles: cheap }), { script }));
    expect([encrypted?.complete, encrypted?.finding]).toEqual([true, undefined]);
    expect(encrypted?.states).toBeGreaterThan(frames?.states ?? 0);
  });
});

function executed(fulgurite: DriverFactory): (candidate: Scenario) => Execution {
  return (candidate) => {
    const { fingerprint, applied, hash } = runScenario(candidate, { drivers: { fulgurite } });
    return { fingerprint, applied, hash };
  };
}

describe('a transport with a bug', () => {
  const scenario: Scenario = {
    format: 1,
    world: specOf({ links: [{ ...ENCRYPTED.links[0], fragments: [1, 2000] } as WorldSpec['links'][0]] }),
    actions: [pay('p1', 'A'), pay('p2', 'B')],
    expect: 'pass',
  };

  it('is a finding of the node that has it, and stays one of an encrypted link when it is shrunk', () => {
    // What follows in the same read is lost.
    const fulgurite = withTransport((transport, node) => ({
      ...transport,
      receive(session, bytes) {
        const step = transport.receive(session, bytes);
        return node === 'B' ? { ...step, messages: step.messages.slice(0, 1) } : step;
      },
    }));
    const { finding, scenario: recorded } = runScenario(scenario, { drivers: { fulgurite } });
    expect(finding).toMatchObject({ oracle: 'transport', kind: 'message-lost', node: 'B' });
    const { scenario: small } = shrink(recorded, { execute: executed(fulgurite) });
    expect(small.expect).toBe(recorded.expect);
    expect(small.world.links[0]?.transport).toBe('encrypted');
    expect(small.actions.length).toBeLessThanOrEqual(recorded.actions.length);
  });

  it('is a finding where it throws', () => {
    const fulgurite = withTransport((transport, node) => ({
      ...transport,
      send(session, message) {
        if (node === 'A') throw new TypeError('planted');
        return transport.send(session, message);
      },
    }));
    const { finding } = runScenario(scenario, { drivers: { fulgurite } });
    expect(finding).toMatchObject({ oracle: 'exception', rule: 'send', kind: 'TypeError', node: 'A' });
  });

  it('is no excuse for other findings: those are shrunk to frames', () => {
    const broken: DriverFactory = (context) => {
      const driver: Driver = fulguriteDriver(context);
      const step: Driver['step'] = (input) => {
        if (context.name === 'B' && input.kind === 'command' && input.command.kind === 'add') throw new Error('planted');
        return Object.getPrototypeOf(driver).step.call(driver, input) as ReturnType<Driver['step']>;
      };
      return Object.assign(driver, { step });
    };
    const { scenario: recorded } = runScenario(scenario, { drivers: { fulgurite: broken } });
    const { scenario: small } = shrink(recorded, { execute: executed(broken) });
    expect(small.expect).toBe('exception/step/Error');
    expect(small.world.links).toEqual([{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 0 } }]);
  });
});

describe('a campaign', () => {
  it('draws the transport for a share of the seeds, or takes the one it is told', () => {
    const encrypted = (options: Partial<CampaignOptions>): number =>
      Array.from(
        { length: 200 },
        // Eight seeds in a row share a world, and with it the transport.
        (_, world) => generate({ options: { ...DEFAULT_CAMPAIGN, ...options }, seed: 8 * world }).spec.links[0]?.transport,
      ).filter((transport) => transport === 'encrypted').length;
    const drawn = encrypted({});
    expect(drawn).toBeGreaterThan(5);
    expect(drawn).toBeLessThan(50);
    expect(encrypted({ transport: 'encrypted' })).toBe(200);
    expect(encrypted({ transport: 'frames' })).toBe(0);
    expect(encrypted({ strategy: 'fifo' })).toBe(0);
  });

  it('gives the same runs again, recorded or drawn, and finds nothing', () => {
    const engine = new Engine({ campaign: { transport: 'encrypted' } });
    for (let seed = 1; seed <= 5; seed++) {
      const { found, hash, scenario } = engine.runToken(engine.token(seed));
      expect(found).toBeUndefined();
      expect(engine.runScenario(scenario)).toMatchObject({ hash, rotted: [] });
    }
  });
});
