import { describe, expect, it } from 'vitest';
import { dial, exchange, TestHost } from './hosts.fixture.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const { crossingMs } = DEFAULT_LIMITS;

/** The lesser id first. */
function two(): readonly [TestHost, TestHost] {
  const [a, b] = [new TestHost(1), new TestHost(2)];
  return a.id < b.id ? [a, b] : [b, a];
}

function survivors(...hosts: readonly TestHost[]): number[] {
  return hosts.map((host) => {
    const [survivor] = host.state.peers.values();
    expect([...host.state.connections.keys()]).toEqual([survivor]);
    return survivor as number;
  });
}

/** Both hosts hear of what the other has closed. */
function hearOfClosed(a: TestHost, b: TestHost): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    for (const { connection } of from.of('close')) to.step({ kind: 'gone', connection });
  }
}

describe('of two connections of one peer', () => {
  it.each(['lesser', 'greater'])('the newer stays when the same side dials again (the %s id)', (who) => {
    const [lesser, greater] = two();
    const [from, to] = who === 'lesser' ? [lesser, greater] : [greater, lesser];
    for (const connection of [1, 2]) {
      dial(from, to, connection);
      exchange(from, to, connection);
    }
    for (const host of [from, to]) {
      expect(host.log.filter((e) => e.kind !== 'write').map((e) => [e.kind, e.connection])).toEqual([
        ['connected', 1],
        ['disconnected', 1],
        ['close', 1],
        ['connected', 2],
      ]);
    }
    expect(survivors(from, to)).toEqual([2, 2]);
  });

  // Every order in which the acts of two crossing handshakes can arrive: both sides must keep the same one.
  const orders: readonly (readonly number[])[] = ((): number[][] => {
    const all: number[][] = [];
    const walk = (order: number[]): void => {
      if (order.length === 6) all.push(order);
      else for (const one of [1, 2]) if (order.filter((n) => n === one).length < 3) walk([...order, one]);
    };
    walk([]);
    return all;
  })();

  it('the one that the lesser id dialled stays when both dial at once, whatever arrives first', () => {
    expect(orders).toHaveLength(20);
    for (const order of orders) {
      const [lesser, greater] = two();
      dial(lesser, greater, 1);
      dial(greater, lesser, 2);
      for (const connection of order) {
        // One act moves: of these two directions at most one has something.
        const fromLesser = lesser.drain(connection);
        const fromGreater = greater.drain(connection);
        if (fromLesser.length > 0) greater.step({ kind: 'bytes', connection, bytes: fromLesser });
        if (fromGreater.length > 0) lesser.step({ kind: 'bytes', connection, bytes: fromGreater });
      }
      hearOfClosed(lesser, greater);
      expect(survivors(lesser, greater)).toEqual([1, 1]);
      for (const host of [lesser, greater]) {
        const balance = host.of('connected').length - host.of('disconnected').length;
        expect(balance).toBe(1);
      }
    }
  });

  it('the newer stays when the other side dials later: it has lost the older', () => {
    for (const late of [false, true]) {
      const [lesser, greater] = two();
      dial(lesser, greater, 1);
      exchange(lesser, greater, 1);
      const nowMs = late ? crossingMs : crossingMs - 1;
      for (const host of [lesser, greater]) host.step({ kind: 'time', nowMs });
      dial(greater, lesser, 2);
      exchange(greater, lesser, 2);
      hearOfClosed(lesser, greater);
      expect(survivors(lesser, greater)).toEqual(late ? [2, 2] : [1, 1]);
    }
  });

  it('a second dial while one is under way is refused', () => {
    const [a, b] = two();
    dial(a, b, 1);
    dial(a, b, 2);
    expect(a.of('close')).toEqual([{ kind: 'close', connection: 2, reason: 'connection.duplicate' }]);
    exchange(a, b, 1);
    expect(a.state.peers.get(b.id)).toBe(1);
  });

  it('neither stays when we have dialled ourselves', () => {
    const [a] = two();
    a.step({ kind: 'dialled', connection: 1, peer: a.id, ephemeralSecret: '31'.repeat(32) as never });
    a.step({ kind: 'accepted', connection: 2, ephemeralSecret: '32'.repeat(32) as never });
    a.step({ kind: 'bytes', connection: 2, bytes: a.drain(1) });
    a.step({ kind: 'bytes', connection: 1, bytes: a.drain(2) });
    expect(a.closed(1)).toBe('connection.self');
    expect(a.of('connected')).toEqual([]);
  });
});
