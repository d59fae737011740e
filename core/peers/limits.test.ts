import { describe, expect, it } from 'vitest';
import { concat } from '../wire/fragments.ts';
import { send } from '../transport/session.ts';
import type { OpenSession } from '../transport/session.ts';
import { connected, dial, exchange, fakeTransport, INIT, ping, pong, secretOf, TestHost, WARNING } from './hosts.fixture.ts';
import { nextDeadline } from '../time/deadlines.ts';

const BIG = new Uint8Array(1000).fill(0x81);
/** On the wire, with BOLT 8's frame. */
const BIG_FRAME = BIG.length + 34;

describe('strangers', () => {
  it('are only so many at a time, and ours do not count', () => {
    const b = new TestHost(2, { maxHandshakes: 2 });
    b.step({ kind: 'dialled', connection: 10, peer: new TestHost(3).id, ephemeralSecret: secretOf(50) });
    const dialers = [4, 5, 6].map((n) => new TestHost(n));
    for (const [connection, dialer] of dialers.entries()) dial(dialer, b, connection);
    expect(b.of('close')).toEqual([{ kind: 'close', connection: 2, reason: 'connection.too_many_handshakes' }]);
    exchange(dialers[0] as TestHost, b, 0);
    dial(dialers[2] as TestHost, b, 3);
    expect(b.of('close')).toHaveLength(1);
  });

  it('have only so much time for the handshake, however busy they look', () => {
    const a = new TestHost(1);
    const b = new TestHost(2, { establishTimeoutMs: 1000 });
    dial(a, b, 1);
    expect(nextDeadline(b.state)).toBe(1000);
    const actOne = a.drain(1);
    for (let ms = 0; ms < 1000; ms += 25) {
      b.step({ kind: 'time', nowMs: ms });
      b.step({ kind: 'bytes', connection: 1, bytes: actOne.subarray(ms / 25, ms / 25 + 1) });
    }
    expect(b.of('close')).toEqual([]);
    b.step({ kind: 'time', nowMs: 1000 });
    expect(b.log).toEqual([{ kind: 'close', connection: 1, reason: 'connection.handshake_timeout' }]);
  });

  it('are hung up on too when they let us dial and say nothing', () => {
    const a = new TestHost(1, { establishTimeoutMs: 1000 });
    dial(a, new TestHost(2), 1);
    a.drain(1);
    a.step({ kind: 'time', nowMs: 1000 });
    expect(a.closed(1)).toBe('connection.handshake_timeout');
  });
});

describe('peers', () => {
  it('that dial us are only so many, but one that comes again may', () => {
    const b = new TestHost(9, { maxInboundPeers: 2 });
    const own = new TestHost(8);
    dial(b, own, 20);
    exchange(b, own, 20);
    const dialers = [4, 5, 6].map((n) => new TestHost(n));
    for (const [connection, dialer] of dialers.entries()) {
      dial(dialer, b, connection);
      exchange(dialer, b, connection);
    }
    expect(b.of('close')).toEqual([{ kind: 'close', connection: 2, reason: 'connection.too_many_peers' }]);
    dial(dialers[0] as TestHost, b, 7);
    exchange(dialers[0] as TestHost, b, 7);
    expect(b.of('close').slice(1)).toEqual([{ kind: 'close', connection: 0, reason: 'connection.duplicate' }]);
    expect(b.state.peers.size).toBe(3);
    const another = new TestHost(7);
    dial(b, another, 21);
    exchange(b, another, 21);
    expect(b.state.peers.get(another.id)).toBe(21);
  });

  it('are only so many also where one that we had dialled comes again by itself', () => {
    const b = new TestHost(9, { maxInboundPeers: 2, crossingMs: 1000 });
    const [first, second, third] = [4, 5, 6].map((n) => new TestHost(n)) as [TestHost, TestHost, TestHost];
    dial(b, third, 1);
    exchange(b, third, 1);
    for (const [i, dialer] of [first, second].entries()) {
      dial(dialer, b, 2 + i);
      exchange(dialer, b, 2 + i);
    }
    for (const host of [b, third]) host.step({ kind: 'time', nowMs: 1000 });
    dial(third, b, 7);
    exchange(third, b, 7);
    expect(b.closed(7)).toBe('connection.too_many_peers');
    expect(b.state.peers.get(third.id)).toBe(1);
    // In the place of its own inbound connection it takes no room.
    b.step({ kind: 'gone', connection: 3 });
    for (const connection of [8, 9]) {
      for (const host of [b, third]) host.step({ kind: 'time', nowMs: 1000 * connection });
      dial(third, b, connection);
      exchange(third, b, connection);
      expect(b.state.peers.get(third.id)).toBe(connection);
    }
    expect([...b.state.connections.values()].filter(({ dialled }) => !dialled)).toHaveLength(2);
  });

  it('with whom the node has channels come before others', () => {
    const b = new TestHost(9, { maxInboundPeers: 2 });
    const hosts = [4, 5, 6, 7, 8].map((n) => new TestHost(n)) as [TestHost, TestHost, TestHost, TestHost, TestHost];
    const come = (which: number, connection: number): void => {
      dial(hosts[which] as TestHost, b, connection);
      exchange(hosts[which] as TestHost, b, connection);
    };
    b.step({ kind: 'channels', peers: new Set([hosts[0].id, hosts[2].id, hosts[3].id]) });
    come(0, 10);
    come(1, 11);
    come(2, 12);
    expect(b.of('close')).toEqual([{ kind: 'close', connection: 11, reason: 'connection.too_many_peers' }]);
    // Nobody is left whose place could be taken.
    come(3, 13);
    come(4, 14);
    expect(
      b
        .of('close')
        .slice(1)
        .map((e) => e.connection),
    ).toEqual([13, 14]);
    expect([...b.state.peers.keys()]).toEqual([hosts[0].id, hosts[2].id]);
    b.step({ kind: 'channels', peers: new Set([hosts[3].id]) });
    come(3, 15);
    expect([...b.state.peers.keys()]).toEqual([hosts[2].id, hosts[3].id]);
  });

  it.each<[string, readonly Uint8Array[]]>([
    ['nothing', []],
    ['a message of unknown odd type', [Uint8Array.of(0x80, 3)]],
    ['many of them', Array.from({ length: 50 }, () => Uint8Array.of(0x80, 3))],
    ['a pong', [pong(8)]],
  ])('must say init in time, and %s before it is no init', (_what, before) => {
    const a = new TestHost(1);
    const b = new TestHost(2, { establishTimeoutMs: 1000, pingAfterMs: 100 });
    dial(a, b, 1);
    b.step({ kind: 'time', nowMs: 900 });
    exchange(a, b, 1);
    b.step({ kind: 'send', peer: a.id, bytes: INIT });
    b.drain(1);
    for (const [i, bytes] of before.entries()) {
      a.step({ kind: 'send', peer: b.id, bytes });
      b.step({ kind: 'time', nowMs: 901 + i });
      exchange(a, b, 1);
    }
    b.step({ kind: 'time', nowMs: 1899 });
    // And no ping either.
    expect(b.offers.size).toBe(0);
    expect(b.closed(1)).toBeUndefined();
    b.step({ kind: 'time', nowMs: 1900 });
    expect(b.log.slice(-2)).toEqual([
      { kind: 'disconnected', connection: 1, peer: a.id },
      { kind: 'close', connection: 1, reason: 'connection.init_timeout' },
    ]);
  });
});

describe('liveness', () => {
  const limits = { pingAfterMs: 1000, pongTimeoutMs: 300 };

  it('pings after silence, and is content with the pong', () => {
    const { a, b } = connected(limits, {});
    a.step({ kind: 'time', nowMs: 999 });
    expect(a.offers.size).toBe(0);
    expect(nextDeadline(a.state)).toBe(1000);
    a.step({ kind: 'time', nowMs: 1000 });
    exchange(a, b, 1);
    expect(b.received()).toEqual([INIT, ping(8)]);
    expect(nextDeadline(a.state)).toBe(1300);
    b.step({ kind: 'send', peer: a.id, bytes: pong(8) });
    a.step({ kind: 'time', nowMs: 1299 });
    exchange(a, b, 1);
    expect(a.received()).toEqual([INIT]);
    expect(nextDeadline(a.state)).toBe(2299);
    expect(a.open(1)).not.toHaveProperty('pingedMs');
  });

  it('hangs up when nothing comes after the ping', () => {
    const { a, b } = connected(limits, {});
    a.step({ kind: 'time', nowMs: 5000 });
    exchange(a, b, 1);
    a.step({ kind: 'time', nowMs: 5299 });
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 5300 });
    expect(a.closed(1)).toBe('connection.no_pong');
  });

  it('takes anything that comes for a sign of life', () => {
    const { a, b } = connected(limits, {});
    a.step({ kind: 'time', nowMs: 1000 });
    a.drain(1);
    a.step({ kind: 'time', nowMs: 1200 });
    b.step({ kind: 'send', peer: a.id, bytes: BIG });
    a.step({ kind: 'bytes', connection: 1, bytes: b.take(1, 500) });
    a.step({ kind: 'time', nowMs: 1499 });
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 1500 });
    expect(a.closed(1)).toBe('connection.no_pong');
  });

  it('does not blame the peer for what our node takes long with, or what we do not read', () => {
    const { a, b } = connected({ ...limits, readAheadBytes: 1000 }, {});
    a.step({ kind: 'time', nowMs: 1000 });
    exchange(a, b, 1);
    a.slow = true;
    for (let i = 0; i < 3; i++) b.step({ kind: 'send', peer: a.id, bytes: BIG });
    b.step({ kind: 'send', peer: a.id, bytes: pong(8) });
    a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
    expect(a.stopped.has(1)).toBe(true);
    expect(nextDeadline(a.state)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 9000 });
    for (let i = 0; i < 3; i++) a.step({ kind: 'handled', connection: 1 });
    expect(a.closed(1)).toBeUndefined();
    expect(a.stopped.has(1)).toBe(false);
    expect(nextDeadline(a.state)).toBe(10_000);
  });

  it('waits while the node is busy, and begins anew when it is done', () => {
    const { a, b } = connected(limits, {});
    a.slow = true;
    b.step({ kind: 'send', peer: a.id, bytes: BIG });
    exchange(a, b, 1);
    expect(nextDeadline(a.state)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 9000 });
    a.step({ kind: 'handled', connection: 1 });
    expect(a.offers.size).toBe(0);
    expect(nextDeadline(a.state)).toBe(10_000);
  });

  it('waits while we do not read because the peer does not', () => {
    const { a, b } = connected({ ...limits, maxQueuedBytes: 100, writeTimeoutMs: 50_000 }, {});
    a.step({ kind: 'send', peer: b.id, bytes: BIG });
    expect(nextDeadline(a.state)).toBe(50_000);
    a.step({ kind: 'time', nowMs: 9000 });
    a.take(1);
    expect(nextDeadline(a.state)).toBe(10_000);
  });

  it('does not ping before the peer has sent its init', () => {
    const a = new TestHost(1, { ...limits, establishTimeoutMs: 5000 });
    const b = new TestHost(2);
    dial(a, b, 1);
    exchange(a, b, 1);
    a.step({ kind: 'time', nowMs: 4999 });
    expect(a.offers.size).toBe(0);
  });

  it('ignores a pong that nobody asked for, and hangs up on one of another length', () => {
    const { a, b } = connected(limits, {});
    b.step({ kind: 'send', peer: a.id, bytes: pong(8) });
    b.step({ kind: 'send', peer: a.id, bytes: pong(3) });
    exchange(a, b, 1);
    expect(a.received()).toEqual([INIT]);
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 1000 });
    exchange(a, b, 1);
    b.step({ kind: 'send', peer: a.id, bytes: pong(9) });
    exchange(a, b, 1);
    expect(a.closed(1)).toBe('connection.bad_pong');
  });

  it('leaves pongs that cannot be read, or that come before init, to the node', () => {
    const { a, b } = connected();
    const short = Uint8Array.of(0, 19, 0, 5, 1);
    b.step({ kind: 'send', peer: a.id, bytes: short });
    b.step({ kind: 'send', peer: a.id, bytes: Uint8Array.of(0) });
    exchange(a, b, 1);
    expect(a.received()).toEqual([INIT, short, Uint8Array.of(0)]);
    dial(a, b, 2);
    exchange(a, b, 2);
    b.step({ kind: 'send', peer: a.id, bytes: pong(8) });
    exchange(a, b, 2);
    expect(a.received().at(-1)).toEqual(pong(8));
  });

  describe('with pings', () => {
    const say = (a: TestHost, b: TestHost, bytes: Uint8Array): void => {
      b.step({ kind: 'send', peer: a.id, bytes });
      exchange(a, b, 1);
    };

    it('that want no pong, it takes any number: they pad other traffic', () => {
      const { a, b } = connected({ maxPongBytes: 0 }, {});
      for (let i = 0; i < 5000; i++) say(a, b, ping(65532 + (i % 4)));
      expect(a.received()).toHaveLength(1 + 5000);
      expect(nextDeadline(a.state)).toBe(60_000);
    });

    it('as other implementations send them, nobody ever waits', () => {
      const { a, b } = connected();
      // One after every 32 messages of a gossip sync, all in the same moment.
      for (let i = 0; i < 1000; i++) for (const bytes of [WARNING, ping(0), ping(1), pong(0)]) say(a, b, bytes);
      for (let i = 0; i < 16; i++) say(a, b, ping(4096));
      expect(a.received()).toHaveLength(1 + 3000 + 16);
      expect(a.closed(1)).toBeUndefined();
    });

    it('it answers no more bytes than so many at a time, loses none, and hangs up on nobody', () => {
      const { a, b } = connected({ maxPongBytes: 20_000, pongWindowMs: 1000, readAheadBytes: 100 }, {});
      a.step({ kind: 'time', nowMs: 1500 });
      for (let i = 0; i < 9; i++) say(a, b, ping(9000));
      say(a, b, WARNING);
      // Two of them are below the limit: the third was answered still.
      expect(a.received()).toHaveLength(1 + 3);
      expect(a.stopped.has(1)).toBe(true);
      expect(nextDeadline(a.state)).toBe(2500);
      a.step({ kind: 'time', nowMs: 2499 });
      expect(a.received()).toHaveLength(1 + 3);
      a.step({ kind: 'time', nowMs: 2500 });
      expect(a.received()).toHaveLength(1 + 6);
      a.step({ kind: 'time', nowMs: 3500 });
      exchange(a, b, 1);
      a.step({ kind: 'time', nowMs: 4500 });
      exchange(a, b, 1);
      expect(a.received()).toEqual([INIT, ...Array.from({ length: 9 }, () => ping(9000)), WARNING]);
      expect(a.stopped.has(1)).toBe(false);
      expect(a.of('close')).toEqual([]);
    });

    it('does not take its own waiting for the silence of the peer', () => {
      const { a, b } = connected({ maxPongBytes: 100, pongWindowMs: 5000, pingAfterMs: 1000, pongTimeoutMs: 300 }, {});
      say(a, b, ping(9000));
      a.step({ kind: 'time', nowMs: 4999 });
      expect(a.offers.size).toBe(0);
      a.step({ kind: 'time', nowMs: 5000 });
      expect(nextDeadline(a.state)).toBe(6000);
      expect(a.closed(1)).toBeUndefined();
    });
  });
});

describe('a peer that does not read', () => {
  it('makes us stop reading, and gets no answers, until it has read half of what waits', () => {
    const { a, b } = connected({ maxQueuedBytes: 3 * BIG_FRAME, maxWriteBytes: BIG_FRAME }, {});
    for (let i = 0; i < 3; i++) a.step({ kind: 'send', peer: b.id, bytes: BIG });
    expect(a.stopped.has(1)).toBe(false);
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    expect(a.stopped.has(1)).toBe(true);
    // What the host had already read is kept, and not handed on.
    b.step({ kind: 'send', peer: a.id, bytes: ping(10) });
    a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
    expect(a.received()).toEqual([INIT]);
    a.take(1);
    expect(a.received()).toEqual([INIT, ping(10)]);
    expect(a.stopped.has(1)).toBe(true);
    a.take(1);
    expect(a.stopped.has(1)).toBe(false);
    expect(a.of('resume_reading')).toHaveLength(1);
  });

  it('cannot make us queue more than the limit and one answer with pings', () => {
    const limits = { maxQueuedBytes: 100_000, maxPongBytes: 1_000_000, maxIncomingBytes: 50_000 };
    const { a, b } = connected(limits, {});
    let { session } = b.open(1).incoming;
    const frames: Uint8Array[] = [];
    for (let i = 0; i < 500; i++) {
      const sent = send(fakeTransport, session as OpenSession, ping(65531));
      session = sent.session;
      frames.push(sent.bytes);
    }
    // The node of this host answers each ping as soon as it sees it.
    let at = a.log.length;
    a.slow = true;
    a.step({ kind: 'bytes', connection: 1, bytes: concat(...frames) });
    for (; at < a.log.length; at++) {
      if (a.log[at]?.kind !== 'received') continue;
      a.step({ kind: 'send', peer: b.id, bytes: pong(65531) });
      a.step({ kind: 'handled', connection: 1 });
    }
    expect(a.received()).toHaveLength(1 + 2);
    expect(a.open(1).outgoing.queue.length).toBe(2 * (65535 + 34));
    expect(a.stopped.has(1)).toBe(true);
    expect(a.step({ kind: 'bytes', connection: 1, bytes: new Uint8Array(50_000) }).at(-1)).toEqual({
      kind: 'close',
      connection: 1,
      reason: 'connection.incoming_full',
    });
  });

  it('is hung up on when too much waits', () => {
    const { a, b } = connected({ maxOutgoingBytes: 3 * BIG_FRAME }, {});
    for (let i = 0; i < 3; i++) a.step({ kind: 'send', peer: b.id, bytes: BIG });
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'send', peer: b.id, bytes: Uint8Array.of(1, 1) });
    expect(a.closed(1)).toBe('connection.outgoing_full');
    expect(a.of('disconnected')).toHaveLength(1);
  });

  it('is hung up on when it takes nothing for too long; any progress gives it more time', () => {
    const { a, b } = connected({ writeTimeoutMs: 1000 }, {});
    a.step({ kind: 'time', nowMs: 100 });
    a.step({ kind: 'send', peer: b.id, bytes: BIG });
    a.step({ kind: 'time', nowMs: 600 });
    a.step({ kind: 'send', peer: b.id, bytes: BIG });
    expect(nextDeadline(a.state)).toBe(1100);
    a.step({ kind: 'time', nowMs: 1099 });
    a.take(1, 1);
    expect(nextDeadline(a.state)).toBe(2099);
    a.step({ kind: 'time', nowMs: 2098 });
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 2099 });
    expect(a.closed(1)).toBe('connection.write_timeout');
  });
});

describe('a node that is slow', () => {
  it('gets one message at a time, and reading stops when too much waits for it', () => {
    const { a, b } = connected({ readAheadBytes: 2 * BIG_FRAME }, {});
    a.slow = true;
    for (let i = 0; i < 4; i++) {
      b.step({ kind: 'send', peer: a.id, bytes: BIG });
      a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
      expect(a.stopped.has(1)).toBe(i === 3);
    }
    expect(a.received()).toEqual([INIT, BIG]);
    a.step({ kind: 'handled', connection: 1 });
    expect(a.stopped.has(1)).toBe(true);
    a.step({ kind: 'handled', connection: 1 });
    expect(a.stopped.has(1)).toBe(false);
    for (let i = 0; i < 3; i++) a.step({ kind: 'handled', connection: 1 });
    expect(a.received()).toEqual([INIT, BIG, BIG, BIG, BIG]);
    expect(a.of('stop_reading')).toHaveLength(1);
  });

  it('does not make the peer pay for a host that has read much before it was told to stop', () => {
    const { a, b } = connected({ readAheadBytes: BIG_FRAME, maxIncomingBytes: 3 * BIG_FRAME }, {});
    for (let i = 0; i < 20; i++) b.step({ kind: 'send', peer: a.id, bytes: BIG });
    a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
    expect(a.received()).toHaveLength(1 + 20);
    expect(a.closed(1)).toBeUndefined();
  });

  it('is protected from a host that goes on reading', () => {
    const { a, b } = connected({ readAheadBytes: BIG_FRAME, maxIncomingBytes: 3 * BIG_FRAME }, {});
    a.slow = true;
    for (let i = 0; i < 5; i++) {
      expect(a.closed(1)).toBeUndefined();
      b.step({ kind: 'send', peer: a.id, bytes: BIG });
      a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
    }
    expect(a.closed(1)).toBe('connection.incoming_full');
  });
});

describe('an offer', () => {
  it('is at most so long', () => {
    const { a, b } = connected({ maxWriteBytes: 700 }, {});
    a.step({ kind: 'send', peer: b.id, bytes: BIG });
    expect([a.take(1).length, a.take(1).length]).toEqual([700, BIG_FRAME - 700]);
  });
});
