import { describe, expect, it } from 'vitest';
import { apply } from '../actions/apply.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { fingerprint } from '../world/finding.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { createOracles } from '../oracles/index.ts';
import { nameOf } from '../world/channel-changes.ts';
import { tampered } from '../oracles/run.fixture.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { chance, pick, stream } from '../deterministic/random.ts';
import { settle } from '../run/settle.ts';
import { setUp } from '../run/setup.ts';
import { drawOperation } from '../strategies/weighted.ts';
import type { DriverFactory, LinkTransport, WorldSpec } from '../scenario/types.ts';
import { World } from '../world/world.ts';
import type { WorldOptions } from '../world/world.ts';
import { TAMPERINGS } from './index.ts';
import { isFound, possibleTamperings } from './tamper.ts';
import type { Tamper } from './tamper.ts';

const OPERATIONS = new Set([
  'pay',
  'fulfill',
  'fail',
  'fail_malformed',
  'fee',
  'mine',
  'open',
  'commit',
  'shutdown',
  'disconnect',
  'connect',
]);
const SMALL = { maxAcceptedHtlcs: 4, htlcMinimumMsat: '1000', maxHtlcValueInFlightMsat: '300000000' };

function worldOf(seed: string, transport: LinkTransport = 'frames', more: Partial<WorldOptions> = {}): World {
  const latency = { kind: 'uniform', minMs: 1, maxMs: 50 } as const;
  const channel = { opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500 } as const;
  const spec: WorldSpec = {
    seed,
    crypto: 'fake',
    nodes: [
      { name: 'A', storage: latency, config: SMALL },
      { name: 'B', config: { ...SMALL, commit: 'manual' } },
    ],
    links: [{ ends: ['A', 'B'], latency, transport }],
    channels: [
      { name: 'c1', ...channel, format: 'anchors', upfrontShutdown: true },
      { name: 'c2', ...channel, opener: 'B', accepter: 'A', format: 'static_remotekey' },
    ],
    licences: ['adversary'],
  };
  const oracles = createOracles();
  const world = new World(spec, { createCrypto: createFakeCrypto, drivers: { fulgurite: fulguriteDriver }, oracles, ...more });
  setUp(world);
  return world;
}

function moveOn(world: World, choices: ReturnType<typeof stream>): void {
  const operations = BUILT_IN_OPERATIONS.filter(({ name }) => OPERATIONS.has(name)).map((operation) => ({ operation, weight: 1 }));
  const events = pendingEvents(world);
  const action = events.length > 0 && chance(choices, 3, 4) ? pick(choices, events).action : drawOperation(world, choices, operations);
  if (action !== undefined) apply(world, action);
}

describe('an adversary', () => {
  it('gets from an honest node what BOLT asks for, in every way to break the protocol, and the world settles', () => {
    const seen = new Set<string>();
    const missing = (): string[] => TAMPERINGS.map(({ message, name }) => `${message}: ${name}`).filter((key) => !seen.has(key));
    for (let seed = 0; seed < 30 && missing().length > 0; seed++) {
      const world = worldOf(`adversary ${seed}`, seed % 2 === 0 ? 'encrypted' : 'frames');
      const choices = stream(world.spec.seed, 'test');
      for (let step = 0; step < 150; step++) {
        world.at = step;
        for (const action of world.nodeNames.flatMap((to) => possibleTamperings(world, 'A-B', to))) {
          const keys = [`${action.message}: ${action.with}`, `any: ${action.with}`].filter((key) => missing().includes(key));
          if (keys.length === 0) continue;
          const copy = world.fork();
          expect([action, apply(copy, action)]).toEqual([action, 'applied']);
          if (copy.finding === undefined) settle(copy);
          expect([seed, action, copy.finding && fingerprint(copy.finding), copy.finding]).toEqual([seed, action, undefined, undefined]);
          for (const key of keys) seen.add(key);
        }
        moveOn(world, choices);
        expect(world.finding).toBeUndefined();
      }
    }
    expect(missing()).toEqual([]);
  });

  it('cannot tamper with a message that is not the next one, in an unknown way, or where it breaks nothing', () => {
    const world = worldOf('refused');
    const before = world.trace.digest(world.crypto);
    const at = { do: 'tamper', link: 'A-B', to: 'B' } as const;
    expect(apply(world, { ...at, message: 'update_add_htlc', with: 'amount-zero' })).toBe('not-applicable');
    apply(world, { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '20000000', cltvDelta: 100 });
    expect(apply(world, { ...at, message: 'commitment_signed', with: 'wrong-signature' })).toBe('not-applicable');
    expect(apply(world, { ...at, message: 'update_add_htlc', with: 'toString' })).toBe('not-applicable');
    expect(apply(world, { ...at, message: 'update_add_htlc', with: 'revocation-of-nothing' })).toBe('applied');
    expect(world.trace.digest(world.crypto)).not.toBe(before);
    for (const channel of ['c1', 'c2'])
      expect(world.channelState('B', channel)).toMatchObject({ phase: 'funded', lifecycle: { connection: 'disconnected' } });
  });
});

describe('a breach tried on a copy', () => {
  const pay = { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '20000000', cltvDelta: 100 } as const;
  const deliver = { do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' } as const;

  /** A's signature is the next message that B gets. */
  function beforeSignature(more: Partial<WorldOptions>): World {
    const world = worldOf('dry run', 'frames', more);
    for (const action of [pay, deliver]) expect(apply(world, action)).toBe('applied');
    while (possible(world, 'wrong-signature') === undefined) {
      const [event] = pendingEvents(world);
      apply(world, event?.action ?? { do: 'wait', ms: 1 });
    }
    return world;
  }

  function possible(world: World, name: string): Tamper | undefined {
    return possibleTamperings(world, 'A-B', 'B').find((action) => action.message === 'commitment_signed' && action.with === name);
  }

  it('is not found where it is answered as it should be, and nobody hears of it', () => {
    let heard = 0;
    const listener = { step: () => heard++, action: () => heard++ };
    const world = beforeSignature({ listener });
    const before = [heard, world.trace.digest(world.crypto), world.timeMs, world.stats.steps];
    const actions = possibleTamperings(world, 'A-B', 'B');
    expect(actions.length).toBeGreaterThan(20);
    for (const action of actions) expect([action, isFound(world, action)]).toEqual([action, false]);
    expect([heard, world.trace.digest(world.crypto), world.timeMs, world.stats.steps]).toEqual(before);
    expect(world.finding).toBeUndefined();
    expect(world.channelState('B', 'c1')).toMatchObject({ phase: 'funded', lifecycle: { connection: 'connected' } });
    expect(world.stats.get('event', 'dry run of commitment_signed: wrong-signature')).toBe(1);
  });

  it('is found where it is not, by doing it too', () => {
    const silent = tampered({
      effect: (effect) => (effect.kind === 'disconnect' || (effect.kind === 'send' && nameOf(effect.bytes) === 'warning') ? [] : effect),
    });
    const world = beforeSignature({ drivers: { fulgurite: silent } });
    const action = possible(world, 'wrong-signature') as Tamper;
    expect(isFound(world, action)).toBe(true);
    expect(world.finding).toBeUndefined();
    apply(world, action);
    expect(world.finding && fingerprint(world.finding)).toBe('hostile/other-channels/changed');
  });

  it('is left out where a driver cannot be copied', () => {
    const single: DriverFactory = (context) => {
      const { fork: _, ...inner } = tampered({})(context);
      return inner;
    };
    const world = beforeSignature({ drivers: { fulgurite: single } });
    expect(isFound(world, possible(world, 'wrong-signature') as Tamper)).toBe(false);
    expect(world.stats.get('event', 'dry run of commitment_signed: wrong-signature')).toBe(0);
  });
});
