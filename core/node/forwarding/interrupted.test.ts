import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG } from '../config.ts';
import { feeOf } from '../../routing/fees.ts';
import { Line } from './line.fixture.ts';

/**
 * A payment across two forwarders, interrupted once, at every message, in every way: a connection lost, a process that dies with its stores
 * done, and one that dies between any two of them. Then everything heals.
 */

const AMOUNT = 10_000_000n;
const FEE = feeOf(AMOUNT, DEFAULT_CONFIG.relay);
const COUNT = 4;
/** More messages than the payment takes. */
const MESSAGES = 60;

type Answer = 'claim' | 'decline';

/** The recipient answers whatever it has not answered: after a crash it is presented again. */
function answerAll(line: Line, answer: Answer): void {
  for (const { id, answered } of line.state(COUNT - 1, COUNT - 2).host.received) {
    if (answered !== undefined || !line.received().includes(id)) continue;
    if (answer === 'claim') line.claim(1, id);
    else line.decline(id);
  }
}

/** Runs a payment until `messages` have been delivered, answers included. */
function run(line: Line, answer: Answer, messages = Infinity): number {
  let delivered = 0;
  for (;;) {
    const now = line.exchange(Math.min(1, messages - delivered));
    delivered += now;
    answerAll(line, answer);
    if (delivered >= messages || (now === 0 && line.nodes.every(({ outgoing }) => outgoing.length === 0))) return delivered;
  }
}

function expectSettled(line: Line, answer: Answer, before: readonly bigint[], what: string): void {
  const outcomes = line.outcomes().map(({ kind }) => kind);
  // The payer's own add is lost if its process dies before it is durable.
  const settled = outcomes.length === 0 ? 'lost' : outcomes.join();
  const expected = answer === 'claim' ? ['payment_sent', 'payment_failed', 'lost'] : ['payment_failed', 'lost'];
  expect(expected, what).toContain(settled);
  const earned = line.nodes.map((_, i) => line.wealth(i) - (before[i] as bigint));
  const paid = settled === 'payment_sent';
  expect(earned.at(-1), what).toBe(paid ? AMOUNT : 0n);
  for (const msat of earned.slice(1, -1)) expect(msat >= (paid ? FEE : 0n) && msat < 2n * FEE, `${what}: ${msat}`).toBe(true);
  for (const [a, b] of line.ends()) {
    expect(a, what).toEqual(b);
    expect(a.base.htlcs, what).toEqual({ opener: [], accepter: [] });
  }
  for (let i = 1; i < COUNT - 1; i++)
    expect(
      line.state(i, i).host.events.filter(({ event }) => 'origin' in event),
      what,
    ).toEqual([]);
}

describe('a payment that is interrupted', () => {
  it.each(['claim', 'decline'] as const)('by a lost connection (%s)', (answer) => {
    let cuts = 0;
    for (let at = 0; at < MESSAGES; at += 2) {
      for (let link = 0; link < COUNT - 1; link++) {
        const line = new Line(COUNT);
        const before = line.nodes.map((_, i) => line.wealth(i));
        line.pay(1);
        if (run(line, answer, at) < at) return expect(cuts).toBeGreaterThan(30);
        line.disconnect(link);
        run(line, answer);
        line.connect(link);
        run(line, answer);
        expectSettled(line, answer, before, `link ${link} lost after ${at} messages`);
        cuts++;
      }
    }
  });

  it.each(['claim', 'decline'] as const)('by a process that dies with its stores done (%s)', (answer) => {
    let crashes = 0;
    for (let at = 0; at < MESSAGES; at += 2) {
      for (let node = 0; node < COUNT; node++) {
        const line = new Line(COUNT);
        const before = line.nodes.map((_, i) => line.wealth(i));
        line.pay(1);
        if (run(line, answer, at) < at) return expect(crashes).toBeGreaterThan(40);
        revive(line, node, answer);
        expectSettled(line, answer, before, `node ${node} dies after ${at} messages`);
        crashes++;
      }
    }
  });

  it.each(['claim', 'decline'] as const)('by a forwarder that dies between two of its stores (%s)', (answer) => {
    let crashes = 0;
    for (let at = 0; at < MESSAGES; at += 2) {
      // As many of its unfinished stores as there are survive, or none, or some.
      for (let survive = 0, held = 1; survive <= held; survive++, crashes++) {
        const line = new Line(COUNT);
        const before = line.nodes.map((_, i) => line.wealth(i));
        line.pay(1);
        if (run(line, answer, at) < at) return expect(crashes).toBeGreaterThan(25);
        const node = line.node(1);
        node.holdStores = true;
        run(line, answer);
        held = node.heldStores.length;
        node.finish(survive);
        revive(line, 1, answer);
        expectSettled(
          line,
          answer,
          before,
          `the forwarder stores nothing after ${at} messages, and dies with ${survive} of ${held} stores done`,
        );
      }
    }
  });
});

/** The process of a node dies and comes back; its peers connect again. */
function revive(line: Line, node: number, answer: Answer): void {
  line.restart(node);
  for (const link of [node - 1, node]) if (link >= 0 && link < COUNT - 1) line.connect(link);
  run(line, answer);
}
