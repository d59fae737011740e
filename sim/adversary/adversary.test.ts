import { describe, expect, it } from 'vitest';
import { apply } from '../apply.ts';
import { createFakeCrypto } from '../crypto/fake.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { fingerprint } from '../finding.ts';
import { BUILT_IN_OPERATIONS } from '../operations/index.ts';
import { createOracles } from '../oracles/index.ts';
import { pendingEvents } from '../pending.ts';
import { chance, pick, stream } from '../random.ts';
import { settle } from '../settle.ts';
import { setUp } from '../setup.ts';
import { drawOperation } from '../strategies/mixed.ts';
import type { LinkTransport, WorldSpec } from '../types.ts';
import { World } from '../world.ts';
import { TAMPERINGS } from './index.ts';
import { possibleTamperings } from './tamper.ts';

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

function worldOf(seed: string, transport: LinkTransport = 'frames'): World {
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
  const world = new World(spec, { crypto: createFakeCrypto(), drivers: { fulgurite: fulguriteDriver }, oracles });
  setUp(world);
  return world;
}

function moveOn(world: World, choices: ReturnType<typeof stream>): void {
  const mix = BUILT_IN_OPERATIONS.filter(({ name }) => OPERATIONS.has(name)).map((operation) => ({ operation, weight: 1 }));
  const events = pendingEvents(world);
  const action = events.length > 0 && chance(choices, 3, 4) ? pick(choices, events).action : drawOperation(world, choices, mix);
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
    expect(world.channelState('B', 'c1')?.phase).toBe('failed');
    expect(world.channelState('B', 'c2')?.phase).toBe('funded');
  });
});
