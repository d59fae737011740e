import { describe, expect, it } from 'vitest';
import { STATE_SINK } from '../../channel/model/channel-vocabulary.ts';
import type { NodeInput } from '../node-vocabulary.ts';
import { preimageOf } from '../pair.fixture.ts';
import { Line } from './line.fixture.ts';

/**
 * Two channels of one node that forward to each other, their preimages learned while no store of theirs finishes: each owes a revocation that
 * waits for the other's store. A store waits for nothing, so in whatever order they finish, with a crash between any two, all of it comes to an end.
 */

/** The recipient of payment n claims it, if it has it and has not claimed it. */
function claim(line: Line, n: number): void {
  const at = n === FORWARDS ? -1 : 0;
  const { shared, params, host } = line.node(at).channel(line.channelId(at));
  const add = shared.base.htlcs[params.us === 'opener' ? 'accepter' : 'opener'].find((h) => h.paymentHash === preimageOf(n).paymentHash);
  const known = host.received.find(({ id }) => id === add?.id);
  if (add !== undefined && known?.answered === undefined) line.claim(n, add.id, at);
  line.exchange();
}

const FORWARDS = 1;
/** In the order of their claims. */
const PAYMENTS = [2, FORWARDS, 3];

function claimAll(line: Line): void {
  for (const n of PAYMENTS) claim(line, n);
}

/**
 * All payments are with their recipients; the forwarder then stores nothing any more, and everything goes as far as it can. Behind a revocation that
 * each channel owes waits what the other one's revocation waits for.
 */
function stuck(): Line {
  const line = new Line(3);
  for (const n of PAYMENTS) line.pay(n, { backwards: n !== FORWARDS });
  line.exchange();
  line.node(1).holdStores = true;
  claimAll(line);
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
    claimAll(line);
  }
  return count;
}

function expectPaid(line: Line, what: string): void {
  for (const [node, payments] of [
    [line.node(0), 1],
    [line.node(-1), 2],
  ] as const) {
    const sent = node.notifications().flatMap((n) => (n.kind === 'event' && n.event.kind === 'payment_sent' ? [n.id] : []));
    expect(new Set(sent).size, what).toBe(payments);
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
    for (let order = 0; order < 24; order++) {
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
        claimAll(line);
        expectPaid(line, `order ${order.toString(2)}, crash after ${done}`);
      }
    }
  });
});
