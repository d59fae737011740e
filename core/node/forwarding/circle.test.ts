import { describe, expect, it } from 'vitest';
import { STATE_SINK } from '../../channel/model/channel-vocabulary.ts';
import type { NodeInput } from '../node-vocabulary.ts';
import { Line } from './line.fixture.ts';

/**
 * Two channels of one node that forward to each other, both preimages learned while no store of theirs finishes: each owes a revocation that
 * waits for the other's store. A store waits for nothing, so in whatever order they finish, with a crash between any two, all of it comes to an end.
 */

function claimBoth(line: Line): void {
  const [first, last] = [line.node(0), line.node(-1)];
  for (const [node, channel, n] of [
    [last, -1, 1],
    [first, 0, 2],
  ] as const) {
    const ids = node.notifications().flatMap((told) => (told.kind === 'htlc_received' ? [told.add.id] : []));
    const claimed = node.channel(line.channelId(channel)).host.received.filter(({ answered }) => answered !== undefined);
    for (const id of new Set(ids)) if (!claimed.some((known) => known.id === id)) line.claim(n, id, channel === 0 ? 0 : -1);
  }
}

/** Both payments are with their recipients; the forwarder then stores nothing any more, and everything goes as far as it can. */
function stuck(): Line {
  const line = new Line(3);
  line.pay(1);
  line.pay(2, { backwards: true });
  line.exchange();
  line.node(1).holdStores = true;
  claimBoth(line);
  line.exchange();
  return line;
}

type Store = Extract<NodeInput, { kind: 'stored' }>;

function heldOf(line: Line, channel: number): Store | undefined {
  const held = line.node(1).heldStores as Store[];
  const at = held.findIndex(({ channelId, sink }) => channelId === line.channelId(channel) && sink.kind === STATE_SINK.kind);
  return at < 0 ? undefined : held.splice(at, 1)[0];
}

/** Finishes `count` stores: bit i of `order` says of which channel the i-th is, where it has one. */
function finish(line: Line, order: number, count: number): number {
  for (let i = 0; i < count; i++) {
    const channel = (order >>> i) & 1;
    const stored = heldOf(line, channel) ?? heldOf(line, 1 - channel);
    if (stored === undefined) return i;
    line.node(1).input(stored);
    line.exchange();
    claimBoth(line);
    line.exchange();
  }
  return count;
}

function expectPaid(line: Line, what: string): void {
  for (const node of [line.node(0), line.node(-1)]) {
    const sent = node.notifications().flatMap((n) => (n.kind === 'event' && n.event.kind === 'payment_sent' ? [n.id] : []));
    expect(new Set(sent).size, what).toBe(1);
  }
  for (const [a, b] of line.ends()) {
    expect(a, what).toEqual(b);
    expect(a.base.htlcs, what).toEqual({ opener: [], accepter: [] });
  }
}

describe('two channels that forward to each other', () => {
  it('hold back a revocation each until the other has stored the preimage', () => {
    const line = stuck();
    const held = [...line.node(1).state.channels.values()].map(({ outbox }) =>
      outbox.map((w) => (w.kind === 'send' ? w.message.type : w.kind)),
    );
    for (const words of held) expect(words).toContain('answer_durable');
    expect(line.node(1).heldStores.length).toBeGreaterThan(1);
  });

  it('come to an end in whatever order stores finish', () => {
    for (let order = 0; order < 64; order++) {
      const line = stuck();
      expect(finish(line, order, 100)).toBeLessThan(100);
      expectPaid(line, `order ${order.toString(2)}`);
    }
  });

  it('come to an end with a crash between any two, and with a connection lost', () => {
    for (let order = 0; order < 8; order++) {
      for (let done = 0; done < 6; done++) {
        const line = stuck();
        finish(line, order, done);
        if (done % 2 === 0) line.disconnect(order & 1);
        line.restart(1);
        for (const link of [0, 1]) line.disconnect(link);
        for (const link of [0, 1]) line.connect(link);
        line.exchange();
        claimBoth(line);
        line.exchange();
        expectPaid(line, `order ${order.toString(2)}, crash after ${done}`);
      }
    }
  });
});
