import { describe, expect, it } from 'vitest';
import type { NodeInput } from '../node-vocabulary.ts';
import { Line } from './line.fixture.ts';

type Store = Extract<NodeInput, { kind: 'stored' }>;

/** A payment that its recipient has. */
function arrived(): Line {
  const line = new Line(3);
  line.pay(1);
  line.exchange();
  return line;
}

function answer(line: Line, how: 'claim' | 'decline'): void {
  if (how === 'claim') line.claim(1);
  else line.decline();
}

/** The forwarder's process dies, and both its peers connect again. */
function revive(line: Line): void {
  line.restart(1);
  for (const link of [0, 1]) line.connect(link);
  line.exchange();
}

function expectEnded(line: Line, how: 'claim' | 'decline'): void {
  expect(line.outcomes().map(({ kind }) => kind)).toEqual([how === 'claim' ? 'payment_sent' : 'payment_failed']);
  // It was offered once: nothing was decided a second time.
  expect(new Set(line.received()).size).toBe(1);
  for (const [a, b] of line.ends()) {
    expect(a).toEqual(b);
    expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
  }
}

describe.each(['claim', 'decline'] as const)('what becomes of an outgoing HTLC (%s)', (how) => {
  it('answers the incoming one while that peer is away, across a crash', () => {
    const line = arrived();
    line.disconnect(0);
    answer(line, how);
    line.exchange();
    expect(line.state(1, 1).shared.base.htlcs).toEqual({ opener: [], accepter: [] });
    expect(line.state(1, 1).host.events.filter(({ event }) => 'origin' in event)).toEqual([]);
    revive(line);
    expectEnded(line, how);
  });

  it('is kept by its channel until the incoming one has stored its answer', () => {
    const line = arrived();
    const node = line.node(1);
    node.holdStores = true;
    answer(line, how);
    // Every store of the outgoing channel is done, none of the incoming one.
    for (let more = 1; more > 0;) {
      more = line.exchange();
      const outgoing = (node.heldStores as Store[]).filter(({ channelId }) => channelId === line.channelId(1));
      for (const stored of outgoing) {
        node.heldStores.splice(node.heldStores.indexOf(stored), 1);
        node.input(stored);
        more++;
      }
    }
    expect(node.heldStores.length).toBeGreaterThan(0);
    revive(line);
    expectEnded(line, how);
  });
});

describe('a forwarder that has come back', () => {
  it('waits for the channel that it would go on by to show that it is current', () => {
    const line = new Line(3);
    const node = line.node(1);
    node.holdStores = true;
    line.pay(1);
    while (line.state(1, 0).host.received.length === 0) {
      node.finish(Infinity);
      line.deliver();
    }
    // The incoming HTLC is durable, and so is that its onion came; what goes on by the other channel is lost.
    node.finish(1);
    node.finish(1);
    expect(line.state(1, 1).host.offered).toHaveLength(1);
    line.restart(1);
    line.connect(0);
    line.exchange();
    expect(line.outcomes()).toEqual([]);
    line.connect(1);
    line.exchange();
    line.claim(1);
    line.exchange();
    expectEnded(line, 'claim');
  });
});
