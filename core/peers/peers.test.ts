import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { PublicKey } from '../crypto/bytes.ts';
import { connected, dial, exchange, INIT, secretOf, TestHost, WARNING } from './hosts.fixture.ts';
import { createPeers, createPeersEnv, peersStep } from './peers.ts';
import { nextDeadline } from '../time/deadlines.ts';

/** Messages that are recognised, of many lengths, of a type that nobody knows and everybody ignores. */
function numbered(from: number, n: number): Uint8Array {
  const bytes = new Uint8Array(4 + ((n * 37) % 300));
  bytes.set([0x80 + from, 0x01, n >> 8, n & 0xff]);
  return bytes;
}

describe('a connection', () => {
  it('tells both nodes who the peer is before it hands on messages', () => {
    const { a, b } = connected();
    expect(a.log.filter((e) => e.kind !== 'write')).toEqual([
      { kind: 'connected', connection: 1, peer: b.id },
      { kind: 'received', connection: 1, peer: b.id, bytes: INIT },
    ]);
    expect(b.log.filter((e) => e.kind !== 'write')).toEqual([
      { kind: 'connected', connection: 1, peer: a.id },
      { kind: 'received', connection: 1, peer: a.id, bytes: INIT },
    ]);
  });

  it('tells the node where who has dialled it comes from', () => {
    const [a, b] = [new TestHost(1), new TestHost(2)];
    const from = { ip: '08080404', port: 9735 };
    a.step({ kind: 'dialled', connection: 1, peer: b.id, ephemeralSecret: secretOf(50) });
    b.step({ kind: 'accepted', connection: 1, ephemeralSecret: secretOf(51), from });
    exchange(a, b, 1);
    expect(b.of('connected')).toEqual([{ kind: 'connected', connection: 1, peer: a.id, from }]);
    expect(a.of('connected')).toEqual([{ kind: 'connected', connection: 1, peer: b.id }]);
  });

  it('works with real keys', () => {
    const [secretA, secretB] = [secretOf(77), secretOf(78)];
    const env = { crypto: noble, cipher: nobleChaCha20Poly1305 };
    const envA = createPeersEnv(env, secretA);
    const envB = createPeersEnv(env, secretB);
    expect(envB.nodeId).toBe(noble.publicKey(secretB));
    const one = peersStep(envA, createPeers(0), { kind: 'dialled', connection: 1, peer: envB.nodeId, ephemeralSecret: secretOf(79) });
    const actOne = one.effects.find((e) => e.kind === 'write');
    const two = peersStep(envB, createPeers(0), { kind: 'accepted', connection: 1, ephemeralSecret: secretOf(80) });
    const answer = peersStep(envB, two.state, { kind: 'bytes', connection: 1, bytes: actOne?.bytes ?? INIT });
    const actTwo = answer.effects.find((e) => e.kind === 'write');
    const end = peersStep(envA, one.state, { kind: 'bytes', connection: 1, bytes: actTwo?.bytes ?? INIT });
    expect(end.effects).toEqual([{ kind: 'connected', connection: 1, peer: envB.nodeId }]);
  });

  it('delivers everything in order, however bytes are cut, taken in parts, and nodes are slow; buffers stay bounded', () => {
    const limits = { maxWriteBytes: 100, maxQueuedBytes: 1000, readAheadBytes: 400, maxIncomingBytes: 600, maxOutgoingBytes: 30_000 };
    const move = fc.record({
      who: fc.nat(1),
      what: fc.constantFrom('send', 'send', 'take', 'take', 'deliver', 'deliver', 'handled'),
      size: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 150 })),
    });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 250 }), (script) => {
        const { a, b } = connected(limits);
        const ends = [a, b] as const;
        const sent: [Uint8Array[], Uint8Array[]] = [[INIT], [INIT]];
        const transit: [number[], number[]] = [[], []];
        const act = (who: number, what: string, size: number): void => {
          const end = ends[who] as TestHost;
          const other = ends[1 - who] as TestHost;
          if (what === 'send' && end.open(1).outgoing.queue.length < 28_000) {
            const message = numbered(who, sent[who]?.length ?? 0);
            sent[who]?.push(message);
            end.step({ kind: 'send', peer: other.id, bytes: message });
          } else if (what === 'take') {
            transit[who]?.push(...end.take(1, size));
          } else if (what === 'deliver' && !other.stopped.has(1)) {
            const bytes = Uint8Array.from(transit[who]?.splice(0, size) ?? []);
            if (bytes.length > 0) other.step({ kind: 'bytes', connection: 1, bytes });
          } else if (what === 'handled') {
            end.step({ kind: 'handled', connection: 1 });
          }
          for (const host of ends) {
            expect(host.open(1).outgoing.queue.length).toBeLessThanOrEqual(limits.maxOutgoingBytes);
            const { incoming, reading } = host.open(1);
            expect(incoming.messageBytes + incoming.encrypted.length).toBeLessThanOrEqual(limits.maxIncomingBytes);
            expect(reading).toBe(!host.stopped.has(1));
          }
        };
        a.slow = true;
        b.slow = true;
        for (const { who, what, size } of script) act(who, what, size);
        for (let still = 0; still < 3; still++) {
          const before = a.log.length + b.log.length;
          for (const who of [0, 1]) for (const what of ['take', 'deliver', 'handled']) act(who, what, 150);
          if (a.log.length + b.log.length > before) still = -1;
        }
        expect(b.received()).toEqual(sent[0]);
        expect(a.received()).toEqual(sent[1]);
        expect(a.open(1).outgoing.queue.length + b.open(1).outgoing.queue.length).toBe(0);
      }),
      { seed: 32, numRuns: 60 },
    );
  });

  it('does the same whether the handshake comes byte by byte or whole', () => {
    const whole = connected();
    const a = new TestHost(1);
    const b = new TestHost(2);
    dial(a, b, 1);
    for (let i = 0; i < 400; i++) {
      if (i === 300) {
        a.step({ kind: 'send', peer: b.id, bytes: INIT });
        b.step({ kind: 'send', peer: a.id, bytes: INIT });
      }
      const fromA = a.take(1, 1);
      if (fromA.length > 0) b.step({ kind: 'bytes', connection: 1, bytes: fromA });
      const fromB = b.take(1, 1);
      if (fromB.length > 0) a.step({ kind: 'bytes', connection: 1, bytes: fromB });
    }
    for (const [cut, full] of [
      [a, whole.a],
      [b, whole.b],
    ] as const) {
      expect(cut.log.filter((e) => e.kind !== 'write')).toEqual(full.log.filter((e) => e.kind !== 'write'));
    }
  });

  it('hands on what came before a byte that is wrong, once the node is done with it, and hangs up', () => {
    const { a, b } = connected();
    b.slow = true;
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    a.step({ kind: 'send', peer: b.id, bytes: numbered(0, 9) });
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    const bytes = a.drain(1);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    b.step({ kind: 'bytes', connection: 1, bytes });
    expect(b.received()).toEqual([INIT, WARNING]);
    b.step({ kind: 'handled', connection: 1 });
    expect(b.closed(1)).toBeUndefined();
    // The session is over: what the node answers goes nowhere.
    b.step({ kind: 'send', peer: a.id, bytes: WARNING });
    expect(b.offers.size).toBe(0);
    b.step({ kind: 'handled', connection: 1 });
    expect(b.received()).toEqual([INIT, WARNING, numbered(0, 9)]);
    expect(b.log.slice(-2)).toEqual([
      { kind: 'disconnected', connection: 1, peer: a.id },
      { kind: 'close', connection: 1, reason: 'transport.bad_message_tag' },
    ]);
    expect(b.state.peers.size + b.state.connections.size).toBe(0);
  });

  it('hangs up when the handshake is wrong, and tells the node nothing', () => {
    const a = new TestHost(1);
    const b = new TestHost(2);
    dial(a, b, 1);
    b.step({ kind: 'bytes', connection: 1, bytes: new Uint8Array(50).fill(7) });
    expect(b.log).toEqual([{ kind: 'close', connection: 1, reason: 'transport.act1_bad_version' }]);
    a.step({ kind: 'gone', connection: 1 });
    expect(a.log.map((e) => e.kind)).toEqual(['write']);
    expect(a.state.connections.size).toBe(0);
  });

  it('hands on all that came before it was gone, and then says so', () => {
    const { a, b } = connected();
    b.slow = true;
    for (let n = 0; n < 3; n++) a.step({ kind: 'send', peer: b.id, bytes: numbered(0, n) });
    b.step({ kind: 'bytes', connection: 1, bytes: a.drain(1) });
    const effects = b.step({ kind: 'gone', connection: 1 });
    expect(effects.map((e) => e.kind)).toEqual(['received', 'received', 'disconnected']);
    expect(b.received()).toEqual([INIT, ...[0, 1, 2].map((n) => numbered(0, n))]);
    expect(b.state.peers.size + b.state.connections.size).toBe(0);
    expect(b.step({ kind: 'gone', connection: 1 })).toEqual([]);
  });

  it('takes no notice of connections and peers that it does not know', () => {
    const { a } = connected();
    const before = a.state;
    const nobody = `02${'99'.repeat(32)}` as PublicKey;
    a.step({ kind: 'bytes', connection: 9, bytes: INIT });
    a.step({ kind: 'room', connection: 9, taken: 5 });
    a.step({ kind: 'handled', connection: 9 });
    a.step({ kind: 'handled', connection: 1 });
    a.step({ kind: 'send', peer: nobody, bytes: INIT });
    a.step({ kind: 'disconnect', peer: nobody });
    a.step({ kind: 'time', nowMs: -5 });
    a.step({ kind: 'time', nowMs: 0 });
    expect(a.state).toBe(before);
  });

  it('refuses a host that uses an id twice, or takes more than it was offered', () => {
    const { a, b } = connected();
    expect(() => dial(a, b, 1)).toThrow(RangeError);
    expect(() => a.step({ kind: 'accepted', connection: 1, ephemeralSecret: secretOf(5) })).toThrow(RangeError);
    expect(() => a.step({ kind: 'room', connection: 1, taken: 1 })).toThrow(RangeError);
    expect(a.step({ kind: 'room', connection: 1, taken: 0 })).toEqual([]);
  });
});

describe('disconnect', () => {
  it('lets what was sent before leave first, and listens no more', () => {
    const { a, b } = connected({ maxWriteBytes: 40 });
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    const effects = a.step({ kind: 'disconnect', peer: b.id });
    expect(effects.map((e) => e.kind)).toEqual(['stop_reading', 'disconnected']);
    b.step({ kind: 'send', peer: a.id, bytes: WARNING });
    a.step({ kind: 'bytes', connection: 1, bytes: b.drain(1) });
    a.step({ kind: 'send', peer: b.id, bytes: INIT });
    expect(a.received()).toEqual([INIT]);
    b.step({ kind: 'bytes', connection: 1, bytes: a.take(1) });
    expect(a.closed(1)).toBeUndefined();
    b.step({ kind: 'bytes', connection: 1, bytes: a.drain(1) });
    expect(b.received()).toEqual([INIT, WARNING]);
    expect(a.closed(1)).toBe('connection.disconnect');
    expect(a.state.connections.size).toBe(0);
  });

  it('is at once when nothing waits', () => {
    const { a, b } = connected();
    expect(a.step({ kind: 'disconnect', peer: b.id }).map((e) => e.kind)).toEqual(['disconnected', 'close']);
  });

  it('does not wait for ever for a peer that reads nothing', () => {
    const { a, b } = connected({ closingTimeoutMs: 500 });
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    a.step({ kind: 'disconnect', peer: b.id });
    expect(nextDeadline(a.state)).toBe(500);
    a.step({ kind: 'time', nowMs: 499 });
    expect(a.closed(1)).toBeUndefined();
    a.step({ kind: 'time', nowMs: 500 });
    expect(a.closed(1)).toBe('connection.disconnect');
    expect(nextDeadline(a.state)).toBeUndefined();
  });

  it('keeps only so many connections for their last bytes', () => {
    const a = new TestHost(1, { maxClosing: 2 });
    const peers = [2, 3, 4].map((n) => new TestHost(n));
    for (const [connection, peer] of peers.entries()) {
      dial(a, peer, connection);
      exchange(a, peer, connection);
      a.step({ kind: 'send', peer: peer.id, bytes: INIT });
      a.step({ kind: 'disconnect', peer: peer.id });
    }
    expect(a.of('close').map((e) => e.connection)).toEqual([2]);
    expect([...a.state.connections.keys()]).toEqual([0, 1]);
  });

  it('leaves the peer free to come again while the old connection still empties', () => {
    const { a, b } = connected();
    a.step({ kind: 'send', peer: b.id, bytes: WARNING });
    a.step({ kind: 'disconnect', peer: b.id });
    b.step({ kind: 'gone', connection: 1 });
    dial(b, a, 2);
    exchange(a, b, 2);
    expect(a.state.peers.get(b.id)).toBe(2);
    a.take(1);
    expect(a.closed(1)).toBe('connection.disconnect');
    expect(a.of('disconnected')).toHaveLength(1);
    expect(a.open(2).peer).toBe(b.id);
  });
});
