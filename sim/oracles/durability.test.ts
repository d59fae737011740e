import { describe, expect, it } from 'vitest';
import type { ChannelId, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { NodeInput } from '../../core/node/node-vocabulary.ts';
import { apply } from '../actions/apply.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import type { Action, Driver, DriverEffect, DriverFactory } from '../scenario/types.ts';
import { createCodecOracle } from './codec.ts';
import { createDurability } from './durability.ts';
import { nameOf } from '../world/channel-changes.ts';
import { fingerprint } from '../world/finding.ts';
import { CALM, FAULTS, fingerprintsOf, rewrite, runWorld, tampered } from './run.fixture.ts';
import type { RunSpec, Tampering } from './run.fixture.ts';
import { sinkNamed } from '../scenario/sinks.ts';

const SLOW = { name: 'w', latency: { kind: 'uniform', minMs: 1, maxMs: 300 } } as const;

/** B is away while A fails the channel; it comes back with an old state. */
const AWAY: readonly Action[] = [
  { do: 'crash', node: 'B' },
  { do: 'force_close', node: 'A', channel: 'c' },
];
const BACK: readonly Action[] = [
  { do: 'restart', node: 'B', backup: 6 },
  { do: 'connect', link: 'A-B' },
];

function run(driver: DriverFactory, options: Partial<RunSpec> = {}, seeds = 6): readonly string[] {
  return fingerprintsOf(seeds, (seed) => runWorld({ seed, driver, oracles: [createDurability()], ...options }).finding);
}

function planted(tampering: Tampering, options: Partial<RunSpec> = {}): readonly string[] {
  return run(tampered({ nodes: ['B'], ...tampering }), options);
}

/** Tells its node at once that everything of `sinks` is durable, whatever the disk says later. */
function impatient(sinks: readonly string[]): DriverFactory {
  return (context) => {
    const inner = fulguriteDriver(context);
    const step = (input: NodeInput): readonly DriverEffect[] => {
      const effects = inner.step(input);
      const early = effects.flatMap((effect) => {
        const stored = storedOf(effect, sinks);
        return stored === undefined ? [] : step(stored);
      });
      return [...effects, ...early];
    };
    const { nodeId } = inner;
    const rest: Partial<Driver> = { channels: () => inner.channels?.() ?? new Map(), serialise: (e) => inner.serialise?.(e) as Uint8Array };
    return { ...rest, nodeId, step, restart: (...args) => inner.restart?.(...args) ?? [] };
  };
}

function storedOf(effect: DriverEffect, sinks: readonly string[]): NodeInput | undefined {
  if (effect.kind === 'store' && sinks.includes('state')) {
    return { kind: 'stored', sink: sinkNamed('state'), channelId: effect.channelId, version: effect.version };
  }
  if (effect.kind === 'monitor' && sinks.includes(effect.watcher)) {
    return { kind: 'stored', sink: sinkNamed(effect.watcher), channelId: effect.channelId, version: effect.id };
  }
  return undefined;
}

describe('durability', () => {
  it('finds nothing between honest nodes, with and without watchers', () => {
    const operations = [...CALM, ...FAULTS, 'shutdown'];
    expect(run(fulguriteDriver, { operations }, 8)).toEqual([]);
    expect(run(fulguriteDriver, { operations, nodes: [{ watchers: [SLOW] }, { watchers: [SLOW], acknowledge: 'later' }] }, 8)).toEqual([]);
  });

  it('sees what leaves before the disk has it', () => {
    const found = run(impatient(['state']));
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found) expect(fingerprint).toMatch(/^durability\/durable-first\.[\w-]+\/store-unfinished$/);
  });

  it('sees what leaves before a watcher has it', () => {
    const calm = { operations: CALM, nodes: [{ watchers: [SLOW] }, { watchers: [SLOW] }] };
    const found = run(impatient(['w']), calm, 12);
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found) expect(fingerprint).toMatch(/^durability\/durable-first\.[\w-]+\/store-unfinished$/);
  });

  it('sees what no snapshot has', () => {
    const forgetful: Tampering['effect'] = (effect) =>
      effect.kind === 'store' && (effect.state as StoredChannel).shared.commitments.opener.next !== undefined ? [] : effect;
    const at = { storage: { kind: 'fixed', ms: 0 } } as const;
    const found = planted({ effect: forgetful }, { nodes: [at, at], operations: CALM });
    // The channel waits for that store for ever; what leaves nevertheless came about together with it.
    for (const fingerprint of found) expect(fingerprint).toContain('never-stored');
  });

  it('holds a node to the points and secrets that it announced', () => {
    const secret = rewrite('revoke_and_ack', (m) => ({ ...m, perCommitmentSecret: '11'.repeat(32) as SecretKey }));
    expect(planted({ effect: secret })).toEqual(['durability/revocation/secret-of-another-point']);
    const nothing = rewrite('revoke_and_ack', (m) => ({ ...m, perCommitmentSecret: '00'.repeat(32) as SecretKey }));
    expect(planted({ effect: nothing })).toEqual(['durability/revocation/not-a-secret-key']);
    let count = 0;
    const restless = rewrite('channel_ready', (m) => ({
      ...m,
      secondPerCommitmentPoint: `02${(++count).toString(16).padStart(64, '0')}` as PublicKey,
    }));
    const twice: Tampering['effect'] = (effect, input) =>
      effect.kind === 'send' && nameOf(effect.bytes) === 'channel_ready'
        ? [restless(effect, input), restless(effect, input)].flat()
        : effect;
    expect(planted({ effect: twice })).toEqual(['durability/points/another-second-point']);
  });

  it('sees a node come back with less than it had', () => {
    const kept: Uint8Array[] = [];
    const old: Tampering = {
      serialise: (bytes) => {
        kept.push(bytes);
        return bytes;
      },
      restored: () => kept.slice(0, 1),
    };
    const between: RunSpec['between'] = (world, done) => {
      // The first backup is of the channel as it is when the shaking begins.
      if (done === 0) for (const { effect } of world.host('B').disk.durable.values()) world.host('B').driver.serialise?.(effect);
    };
    const found = fingerprintsOf(6, (seed) => {
      kept.length = 0;
      return runWorld({ seed, driver: tampered({ nodes: ['B'], ...old }), oracles: [createDurability()], between }).finding;
    });
    expect(found).toEqual(['durability/restart/older-than-durable']);
    const gone = planted({ restored: () => [] });
    expect(gone).toEqual(['durability/restart/channel-gone']);
  });

  it('accepts an older state where a stale backup was drawn', () => {
    const operations = [...CALM, ...FAULTS, 'stale-backup'];
    expect(run(fulguriteDriver, { operations, licences: ['stale-backup'] }, 10)).toEqual([]);
  });

  it('sees who misleads a peer that has come back with an older state: an error, and no proof before it', () => {
    const isFailing = (effects: readonly DriverEffect[]): boolean =>
      effects.some((effect) => effect.kind === 'send' && nameOf(effect.bytes) === 'error');
    const isProof = (effect: DriverEffect): boolean => effect.kind === 'send' && nameOf(effect.bytes) === 'channel_reestablish';
    const curt: DriverFactory = (context) => {
      const inner = fulguriteDriver(context);
      const { nodeId } = inner;
      const step = (input: NodeInput): readonly DriverEffect[] => {
        const effects = inner.step(input);
        return isFailing(effects) ? effects.filter((effect) => !isProof(effect)) : effects;
      };
      const rest: Partial<Driver> = {
        channels: () => inner.channels?.() ?? new Map(),
        serialise: (e) => inner.serialise?.(e) as Uint8Array,
      };
      return { ...rest, nodeId, step, restart: (...args) => inner.restart?.(...args) ?? [], fork: () => inner.fork?.() as Driver };
    };
    const between: RunSpec['between'] = (world, done) => {
      if (done === 40) for (const action of AWAY) apply(world, action);
      if (done === 41) for (const action of BACK) apply(world, action);
    };
    const options = { operations: CALM, licences: ['stale-backup', 'force-close'], between };
    expect(run(fulguriteDriver, options, 12)).toEqual([]);
    expect(run(curt, options, 12)).toEqual(['durability/revocation/broadcasts-revoked']);
  });

  it('sees a revoked commitment broadcast', () => {
    let old: readonly DriverEffect[] | undefined;
    const driver: DriverFactory = (context) => {
      const inner = fulguriteDriver(context);
      if (context.name !== 'B') return inner;
      const { nodeId } = inner;
      const rest: Partial<Driver> = {
        channels: () => inner.channels?.() ?? new Map(),
        serialise: (e) => inner.serialise?.(e) as Uint8Array,
      };
      const step = (input: NodeInput): readonly DriverEffect[] => {
        if (input.kind !== 'command' || input.command.kind !== 'force_close') return inner.step(input);
        inner.step(input);
        return old ?? [];
      };
      return { ...rest, nodeId, step, fork: () => inner.fork?.() as Driver };
    };
    const found = fingerprintsOf(6, (seed) => {
      old = undefined;
      const between: RunSpec['between'] = (world, done) => {
        const channelId = world.idOf('c') as ChannelId;
        const command = { kind: 'command', command: { kind: 'force_close', channelId } } as const;
        if (done === 0) {
          // The broadcast comes once the failed state is durable.
          const copy = world.host('B').driver.fork?.() as Driver;
          const stores = copy.step(command).flatMap((e) => (e.kind === 'store' ? [e] : []));
          const told = stores.flatMap(({ channelId: id, version }) =>
            copy.step({ kind: 'stored', sink: sinkNamed('state'), channelId: id, version }),
          );
          old = told.filter((e) => e.kind === 'broadcast');
        }
        if (done === 70) world.step(world.host('B'), command);
      };
      return runWorld({ seed, driver, operations: CALM, oracles: [createDurability()], between }).finding;
    });
    expect(found).toEqual(['durability/revocation/broadcasts-revoked']);
  });
});

describe('a step that changes what must last', () => {
  it('is seen when it stores nothing', () => {
    const forgetful = tampered({
      nodes: ['B'],
      state: (state) => ('durability' in state ? { ...state, durability: { ...state.durability, version: 1 } } : state),
    });
    expect(
      fingerprintsOf(1, (seed) => runWorld({ seed, driver: forgetful, operations: CALM, oracles: [createDurability()] }).finding),
    ).toEqual(['durability/store/not-stored']);
  });
});

describe('stored states', () => {
  const codec = (tampering?: Pick<Tampering, 'serialise' | 'readBack'>, which?: 'some'): readonly string[] =>
    fingerprintsOf(which === undefined ? 3 : 1, (seed) => {
      const driver = tampering === undefined ? fulguriteDriver : tampered(tampering);
      return runWorld({ seed, driver, operations: CALM, oracles: [createCodecOracle(which)] }).finding;
    });

  it('are read as they were written', () => {
    expect(codec()).toEqual([]);
  });

  it('are seen when they cannot be read, or say something else', () => {
    expect(codec({ serialise: (bytes) => bytes.subarray(0, bytes.length - 1) })).toEqual(['durability/stored-form/cannot-be-read']);
    let first: Uint8Array | undefined;
    const found = codec({ serialise: (bytes) => (first ??= bytes) });
    expect(found.length).toBeGreaterThan(0);
    for (const fingerprint of found) expect(fingerprint).toMatch(/^durability\/stored-form\//);
    const always = (stored: StoredChannel): StoredChannel => ({ ...stored, lastSent: 'revoke_and_ack' });
    expect(codec({ readBack: always })).toEqual(['durability/stored-form/lastSent']);
    expect(codec({ readBack: always }, 'some').length).toBeLessThan(2);
    const unwritable = (): never => {
      throw new Error('no room');
    };
    expect(codec({ serialise: unwritable })).toEqual(['durability/stored-form/cannot-be-written']);
  });

  it.each<readonly [string, (stored: StoredChannel) => object]>([
    ['durability/stored-form/params', ({ params }) => ({ params: { ...params, pushMsat: params.pushMsat + 1n } })],
    ['durability/stored-form/fundings', () => ({ fundings: [] })],
    ['durability/stored-form/shared', ({ shared }) => ({ shared: { ...shared, base: { ...shared.base, feeratePerKw: 1 } } })],
    ['durability/stored-form/remote', ({ remote }) => ({ remote: { ...remote, nextPoint: remote.currentPoint } })],
    ['durability/stored-form/host', ({ host }) => ({ host: { ...host, nextEventId: 1000 } })],
    ['durability/stored-form/durability', ({ durability }) => ({ durability: { ...durability, version: 1000 } })],
    [
      'durability/stored-form/lifecycle',
      (stored) => ('lifecycle' in stored ? { lifecycle: { ...stored.lifecycle, createdHeight: 5000 } } : {}),
    ],
    ['durability/stored-form/closing', ({ closing }) => ({ closing: { ...closing, sent: '51' } })],
    ['durability/stored-form/chain', ({ chain }) => ({ chain: { ...chain, transactions: 'none' } })],
    ['durability/stored-form/failure', (stored) => ('failure' in stored ? { failure: { ...stored.failure, reason: 'another' } } : {})],
    ['durability/stored-form/phase', () => ({ phase: 'opening' })],
    ['durability/stored-form/other-group', () => ({ colour: 'red' })],
  ])('are seen to say something else: %s', (expected, edit) => {
    const driver = tampered({ readBack: (stored) => ({ ...stored, ...edit(stored) }) as StoredChannel });
    const oracles = [createCodecOracle()];
    const found = runWorld({ seed: 'groups', driver, operations: ['pay', 'fulfill', 'force_close'], oracles, steps: 60 }).finding;
    expect(found && fingerprint(found)).toBe(expected);
  });

  it('are seen to be written in two ways', () => {
    let times = 0;
    const serialise = (bytes: Uint8Array): Uint8Array => (times++ % 2 === 0 ? bytes : Uint8Array.of(...bytes, 0));
    expect(codec({ serialise }, 'some')).toEqual(['durability/stored-form/other-bytes']);
  });
});
