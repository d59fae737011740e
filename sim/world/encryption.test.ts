import { describe, expect, it } from 'vitest';
import type { SecretKey } from '../../core/crypto/bytes.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { transportOf } from '../drivers/transport.ts';
import type { Party, Violation } from './encryption.ts';
import { Link } from './network.ts';
import type { DriverTransport } from '../scenario/types.ts';

const crypto = createFakeCrypto();
const key = (byte: string): SecretKey => byte.repeat(32) as SecretKey;
const text = (n: number, length = 20): Uint8Array => Uint8Array.from({ length }, (_, i) => n + i);

/** What the transport of one end was asked to do. */
interface Seen {
  readonly pieces: number[];
  /** Messages that came out of each piece. */
  readonly messages: number[];
  readonly keys: Set<string>;
}

function watched(transport: DriverTransport, seen: Seen): DriverTransport {
  return {
    ...transport,
    receive(session, bytes) {
      const step = transport.receive(session, bytes);
      seen.pieces.push(bytes.length);
      seen.messages.push(step.messages.length);
      return step;
    },
    send(session, message) {
      seen.keys.add(session.sending.key.join());
      return transport.send(session, message);
    },
  };
}

interface Wire {
  readonly link: Link;
  readonly seen: Seen;
}

/** Both ends, the second one watched, or replaced by what `change` makes of it. */
function wire(fragments?: readonly number[], change: (transport: DriverTransport) => DriverTransport = (same) => same): Wire {
  const seen: Seen = { pieces: [], messages: [], keys: new Set() };
  const party = (secret: SecretKey, ephemeralSecret: SecretKey): Party => ({
    id: crypto.publicKey(secret),
    transport: transportOf(crypto, secret),
    ephemeralSecret,
  });
  const [a, b] = [party(key('11'), key('12')), party(key('21'), key('22'))];
  const spec = { ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 }, transport: 'encrypted', ...(fragments && { fragments }) } as const;
  const link = new Link(spec, 'seed');
  link.connect(0, 1, [a, { ...b, transport: watched(change(b.transport), seen) }]);
  return { link, seen };
}

/** Delivers what there is, in any order of directions. */
function deliverAll(link: Link): (Uint8Array | undefined)[] {
  const out: (Uint8Array | undefined)[] = [];
  for (const to of [0, 1, 0, 1] as const) {
    while (link.head(to) !== undefined && link.violation === undefined) out.push(link.take(to, 0));
  }
  return out;
}

function open(fragments?: readonly number[]): Wire {
  const made = wire(fragments);
  deliverAll(made.link);
  made.seen.pieces.length = made.seen.messages.length = 0;
  return made;
}

describe('an encrypted link', () => {
  it('connects each end when its handshake is complete, and carries nothing before', () => {
    const { link } = wire();
    const acts: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const to = link.head(0) === undefined ? 1 : 0;
      acts.push(link.head(to)?.act);
      expect(link.isConnected(to)).toBe(false);
      expect([link.open, link.send(to, text(1), 0) && !link.isConnected(to === 0 ? 1 : 0)]).toEqual([false, false]);
      expect(link.take(to, 0)).toBeUndefined();
      expect(link.isConnected(to)).toBe(i > 0);
    }
    expect(acts).toEqual(['act_one', 'act_two', 'act_three']);
    expect(link.open).toBe(true);
  });

  it.each([[[1]], [[1, 2, 17]], [[65_536]], [[18, 300]], [undefined]])('gives out what was written, in pieces of %j', (fragments) => {
    const { link, seen } = open(fragments);
    const sent = Array.from({ length: 30 }, (_, n) => text(n, (n * 37) % 900));
    for (const message of sent) link.send(1, message, 0);
    const arrived = sent.map(() => link.take(1, 0));
    expect(arrived).toEqual(sent);
    expect(link.violation).toBeUndefined();
    const sizes = new Set(seen.pieces);
    if (fragments !== undefined) for (const size of sizes) expect(fragments.some((drawn) => size <= drawn)).toBe(true);
    if (fragments?.[0] === 1) expect(sizes.has(1)).toBe(true);
    if (fragments?.[0] === 65_536) expect(seen.messages).toEqual([30]);
  });

  it('cuts streams anywhere: many pieces a message, several messages a piece, parts of the next', () => {
    const { link, seen } = open([1, 50, 700]);
    for (let n = 0; n < 40; n++) link.send(1, text(n, 60), 0);
    for (let n = 0; n < 40; n++) expect(link.take(1, 0)).toEqual(text(n, 60));
    expect(seen.messages).toContain(0);
    expect(Math.max(...seen.messages)).toBeGreaterThan(1);
    expect(seen.pieces.some((size) => size === 700)).toBe(true);
  });

  it('rotates keys and goes on', () => {
    const { link, seen } = open();
    for (let n = 0; n < 1100; n++) {
      link.send(0, text(n), 0);
      link.send(1, text(n + 1), 0);
      expect([link.take(0, 0), link.take(1, 0)]).toEqual([text(n), text(n + 1)]);
    }
    expect(link.violation).toBeUndefined();
    expect(seen.keys.size).toBe(3);
  });

  it('forks into copies that go on independently, and equally', () => {
    const { link } = open([1, 50, 700]);
    for (let n = 0; n < 10; n++) link.send(1, text(n, 60), 0);
    link.take(1, 0);
    const fork = link.fork();
    expect(link.take(1, 0)).toEqual(text(1, 60));
    fork.send(1, text(99), 0);
    for (let n = 1; n < 10; n++) expect(fork.take(1, 0)).toEqual(text(n, 60));
    expect(fork.take(1, 0)).toEqual(text(99));
    for (let n = 2; n < 10; n++) expect(link.take(1, 0)).toEqual(text(n, 60));
    expect([link.violation, fork.violation]).toEqual([undefined, undefined]);
  });

  it('lets a sender have written something else, whatever has arrived already', () => {
    const { link } = open([65_536]);
    for (let n = 0; n < 4; n++) link.send(1, text(n), 0);
    expect(link.take(1, 0)).toEqual(text(0));
    expect(link.forge(1, text(50), 0)).toEqual(text(50));
    expect(link.head(1)?.bytes).toEqual(text(1));
    link.drop(1);
    expect(deliverAll(link)).toEqual([text(2), text(3)]);
    link.send(1, text(4), 0);
    expect(link.take(1, 0)).toEqual(text(4));
    expect(link.violation).toBeUndefined();
  });

  it('is broken anywhere, and begins anew', () => {
    const { link } = open();
    for (let n = 0; n < 5; n++) link.send(1, text(n, 200), 0);
    link.take(1, 0);
    link.break();
    expect([link.violation, link.up, link.open, link.inFlight]).toEqual([undefined, false, false, 0]);
  });

  it.each([0, 7, 150, 17 * 8, 18 * 8 + 3, 1000])('ends when bit %i is flipped, in the handshake and after it', (bit) => {
    const fresh = wire();
    fresh.link.corrupt(fresh.link.head(0) === undefined ? 1 : 0, bit);
    expect(fresh.link.violation).toBeUndefined();
    const { link } = open();
    for (let n = 0; n < 3; n++) link.send(1, text(n, 200), 0);
    expect(link.isCorruptible(1)).toBe(true);
    link.corrupt(1, bit);
    expect([link.violation, link.isCorruptible(1)]).toEqual([undefined, false]);
  });

  it('lends its buffer only while it is read', () => {
    const lent: Uint8Array[] = [];
    const { link } = wire([40], (transport) => ({
      ...transport,
      receive(session, bytes) {
        lent.push(bytes);
        return transport.receive(session, bytes);
      },
    }));
    deliverAll(link);
    expect(lent.flatMap((bytes) => [...bytes]).every((byte) => byte === 0)).toBe(true);
    expect(lent.length).toBeGreaterThan(2);
  });

  it('needs pieces that bring something', () => {
    expect(() => wire([])).toThrow(RangeError);
    expect(() => wire([0])).toThrow(RangeError);
  });
});

/** What is wrong with a transport, and what is said about it. */
const BROKEN: readonly (readonly [string, Partial<Violation>, (transport: DriverTransport) => Partial<DriverTransport>])[] = [
  [
    'loses a message',
    { end: 1, kind: 'message-lost' },
    ({ receive }) => ({ receive: (session, bytes) => ({ ...receive(session, bytes), messages: [] }) }),
  ],
  [
    'gives a message out twice',
    { end: 1, kind: 'message-too-early' },
    ({ receive }) => ({
      receive(session, bytes) {
        const step = receive(session, bytes);
        return { ...step, messages: [...step.messages, ...step.messages] };
      },
    }),
  ],
  [
    'changes a byte',
    { end: 1, kind: 'message-differs' },
    ({ receive }) => ({
      receive(session, bytes) {
        const step = receive(session, bytes);
        return { ...step, messages: step.messages.map((message) => message.with(0, 77)) };
      },
    }),
  ],
  [
    'keeps what it was lent',
    { end: 1, kind: 'ended' },
    ({ receive }) => {
      let kept: Uint8Array | undefined;
      return {
        receive(session, bytes) {
          if (session.kind !== 'open') return receive(session, bytes);
          const [late, now] = [kept, bytes];
          kept = now;
          return late === undefined ? { session, messages: [] } : receive(session, late);
        },
      };
    },
  ],
  [
    'uses a nonce again',
    { end: 1, kind: 'nonce-reused' },
    ({ send }) => ({ send: (session, message) => ({ ...send(session, message), session }) }),
  ],
  [
    'takes anybody',
    { end: 1, kind: 'another-peer' },
    ({ receive }) => ({
      receive(session, bytes) {
        const step = receive(session, bytes);
        return step.session.kind !== 'open' ? step : { ...step, session: { ...step.session, remoteStatic: crypto.publicKey(key('33')) } };
      },
    }),
  ],
  [
    'stalls in the handshake',
    { end: 1, kind: 'stalled' },
    ({ receive }) => ({
      receive(session, bytes) {
        const { send: _, ...rest } = receive(session, bytes);
        return rest;
      },
    }),
  ],
];

describe('a transport that', () => {
  it('gives out what was cut short is found, even though the connection is gone', () => {
    const { link } = wire([5], (transport) => ({
      ...transport,
      receive(session, bytes) {
        const step = transport.receive(session, bytes);
        return step.session.kind === 'open' && bytes.length === 5 && session.kind === 'open'
          ? { ...step, messages: [bytes.slice()] }
          : step;
      },
    }));
    deliverAll(link);
    expect(link.violation).toBeUndefined();
    link.send(1, text(1), 0);
    link.break();
    expect(link.violation?.kind).toBe('message-too-early');
  });

  it.each(BROKEN)('%s is found', (_, expected, change) => {
    const { link } = wire([1, 40], (transport) => ({ ...transport, ...change(transport) }));
    deliverAll(link);
    for (let n = 0; n < 5 && link.violation === undefined; n++) {
      link.send(1, text(n), 0);
      link.send(0, text(n), 0);
      deliverAll(link);
    }
    expect(link.violation).toMatchObject(expected);
  });

  it('never rotates its key is found', () => {
    const { link } = wire(undefined, (transport) => ({
      ...transport,
      send(session, message) {
        const sent = transport.send(session, message);
        const { key: same } = session.sending;
        return { ...sent, session: { ...sent.session, sending: { ...sent.session.sending, key: same, nonce: session.sending.nonce + 2 } } };
      },
    }));
    deliverAll(link);
    for (let n = 0; n < 600 && link.violation === undefined; n++) link.send(0, text(n), 0);
    expect(link.violation?.kind).toBe('key-not-rotated');
  });

  it('takes corrupted bytes is found', () => {
    const { link } = wire(undefined, (transport) => ({
      ...transport,
      receive(session, bytes) {
        const step = transport.receive(session, bytes);
        return step.session.kind === 'failed' ? { session, messages: [] } : step;
      },
    }));
    deliverAll(link);
    link.send(1, text(1), 0);
    link.corrupt(1, 200);
    expect(link.violation).toMatchObject({ end: 1, kind: 'message-accepted' });
  });
});
