import { describe, expect, it } from 'vitest';
import type { PublicKey } from '../../core/crypto/bytes.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { apply } from '../actions/apply.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { runToRest, setUp } from '../run/setup.ts';
import type { Driver, DriverFactory, NodeTables } from '../scenario/types.ts';
import { messageName } from '../world/message-name.ts';
import { fingerprint } from '../world/finding.ts';
import { arrive } from '../world/sockets.ts';
import { World } from '../world/world.ts';
import { createPeersOracle } from './peers.ts';
import { specOf } from './run.fixture.ts';

const NOBODY = `02${'d0'.repeat(32)}` as PublicKey;

/** B does some things otherwise; the rest is the honest driver inside it. */
function instead(other: (inner: Driver) => Partial<Driver>): DriverFactory {
  return (context) => {
    const inner = fulguriteDriver(context);
    if (context.name !== 'B') return inner;
    const own = other(inner);
    return new Proxy(inner, {
      get: (target, key) => {
        const value: unknown = Reflect.get(own, key) ?? Reflect.get(target, key);
        return typeof value === 'function' && !Reflect.has(own, key) ? (value.bind(target) as unknown) : value;
      },
    });
  };
}

/** Of B's tables, once it is connected. */
function showing(edit: (tables: NodeTables) => { readonly node?: object; readonly peers?: object }): DriverFactory {
  return instead((inner) => ({
    tables: () => {
      const tables = inner.tables?.() as NodeTables;
      if (tables.node.channels.size === 0) return tables;
      const { node, peers } = edit(tables);
      return { node: { ...tables.node, ...node }, peers: { ...tables.peers, ...peers } };
    },
  }));
}

function found(driver: DriverFactory, window?: number): string | undefined {
  const spec = specOf({ seed: 'peers', oracles: [] });
  const links = spec.links.map((link) => (window === undefined ? link : { ...link, window }));
  const oracles = [createPeersOracle()];
  const world = new World({ ...spec, links }, { createCrypto: createFakeCrypto, drivers: { fulgurite: driver }, oracles });
  setUp(world);
  apply(world, { do: 'pay', as: 'p', from: 'A', channel: 'c', amountMsat: '20000000', cltvDelta: 100 });
  runToRest(world);
  const link = world.links.get('A-B');
  if (link !== undefined && world.finding === undefined) {
    arrive(world, link, 1, encodeMessage({ type: 'ping', numPongBytes: 4, ignored: '' }));
    world.drain();
  }
  return world.finding && fingerprint(world.finding);
}

describe('a node’s tables', () => {
  it('agree with each other', () => {
    expect(found(fulguriteDriver)).toBeUndefined();
    expect(found(fulguriteDriver, 3)).toBeUndefined();
  });

  it.each<readonly [string, Parameters<typeof showing>[0]]>([
    [
      'peers/connection.duplicate/two-connections',
      ({ peers: { connections } }) => ({
        peers: { connections: new Map([...connections, ...[...connections.values()].map((one) => [999, { ...one, id: 999 }] as const)]) },
      }),
    ],
    ['peers/connection.known/lost-connection', ({ peers: { peers } }) => ({ peers: { peers: new Map([...peers, [NOBODY, 998]]) } })],
    ['peers/connection.told/lost-connection', () => ({ node: { peers: new Map() } })],
    [
      'peers/connection.told/without-connection',
      ({ node: { peers } }) => ({ node: { peers: new Map([...peers, [NOBODY, { id: NOBODY, features: '' }]]) } }),
    ],
    ['peers/opening.ends/opening-kept', () => ({ node: { openings: new Map([['x', { peer: NOBODY }]]) } })],
    [
      'peers/channel.connected/talks-to-nobody',
      ({ node: { peers } }) => ({ node: { peers: new Map([...peers.values()].map(({ id }) => [id, { id, features: undefined }])) } }),
    ],
  ])('are seen where they do not: %s', (expected, edit) => {
    expect(found(showing(edit))).toBe(expected);
  });
});

describe('a node', () => {
  it('is seen not to look at the clock in time', () => {
    expect(found(instead(() => ({ nextDeadline: () => Number.MAX_SAFE_INTEGER })))).toBe('peers/connection.init_timeout/late');
  });

  it('is seen not to answer a ping', () => {
    const silent = instead((inner) => ({
      step: (input) => inner.step(input).filter((effect) => effect.kind !== 'send' || messageName(effect.bytes) !== 'pong'),
    }));
    expect(found(silent)).toBe('peers/ping.answered/no-pong');
  });

  it('is seen to go on for a peer that does not read', () => {
    const full = showing(({ peers: { connections } }) => {
      const outgoing = { queue: new Uint8Array(2_000_000) };
      return {
        peers: { connections: new Map([...connections].map(([id, one]) => [id, { ...one, outgoing: { ...one.outgoing, ...outgoing } }])) },
      };
    });
    expect(found(full, 3)).toBe('peers/connection.held_back/handed-on');
  });
});
