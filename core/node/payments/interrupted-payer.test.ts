import { describe, expect, it } from 'vitest';
import { feeOf } from '../../routing/fees.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { Line } from '../forwarding/line.fixture.ts';
import { invoiceFor, LIMITS, withRouters } from './mesh.fixture.ts';

/**
 * A payment whose payer's process dies once, at every message, between any two of its stores: of the payment's record so many are done, and of its
 * channel's state so many. Then everything heals: it is paid once, or has failed and is not paid, and its host is told so.
 */

const AMOUNT = 10_000_000n;
const FEE = feeOf(AMOUNT, DEFAULT_CONFIG.relay);
const COUNT = 3;

function started(): Line {
  const line = new Line(COUNT);
  withRouters(line);
  return line;
}

function begin(line: Line): void {
  const text = invoiceFor(line, line.node(-1), 1, AMOUNT);
  line.node(0).command({ kind: 'pay', paymentId: '01', to: { kind: 'invoice', text }, limits: LIMITS });
}

/** Delivers so many messages; the recipient claims whatever comes. */
function run(line: Line, messages = Infinity): number {
  let delivered = 0;
  for (;;) {
    const now = line.exchange(Math.min(1, messages - delivered));
    delivered += now;
    for (const { id, answered } of line.state(COUNT - 1, COUNT - 2).host.received) {
      if (answered === undefined && line.received().includes(id)) line.claim(1, id);
    }
    if (delivered >= messages || (now === 0 && line.nodes.every(({ outgoing }) => outgoing.length === 0))) return delivered;
  }
}

function expectOneOutcome(line: Line, before: bigint, what: string): void {
  const { told, state, records } = line.node(0);
  const kinds = new Set(told.map(({ kind }) => kind));
  const [known] = state.payments.outgoing.values();
  if (known === undefined) {
    expect(records.size, what).toBe(0);
    expect(kinds, what).toEqual(new Set());
  } else expect([new Set(['paid', 'settled']), new Set(['failed'])], what).toContainEqual(kinds);
  const spent = before - line.wealth(0);
  expect(spent, what).toBe(kinds.has('paid') ? AMOUNT + FEE : 0n);
  for (const [a, b] of line.ends()) {
    expect(a, what).toEqual(b);
    expect(a.base.htlcs, what).toEqual({ opener: [], accepter: [] });
  }
  expect(
    line.state(0, 0).host.events.filter(({ event }) => 'origin' in event),
    what,
  ).toEqual([]);
  expect(known?.held ?? [], what).toEqual([]);
}

describe("a payer's process that dies between any two of its stores", () => {
  it('leaves one outcome', () => {
    let crashes = 0;
    const outcomes = new Set<string>();
    for (let at = 0; at < 40; at += 3) {
      for (let records = 0, channels = 0; ;) {
        const line = started();
        const before = line.wealth(0);
        const node = line.node(0);
        if (at === 0) node.holdStores = true;
        begin(line);
        if (run(line, at) < at) break;
        node.holdStores = true;
        run(line);
        const held = [
          node.heldStores.filter(({ kind }) => kind === 'record_stored'),
          node.heldStores.filter(({ kind }) => kind === 'stored'),
        ];
        for (const done of [...(held[0] ?? []).slice(0, records), ...(held[1] ?? []).slice(0, channels)]) node.input(done);
        line.restart(0);
        line.connect(0);
        run(line);
        const what = `after ${at} messages, with ${records} stores of the record and ${channels} of the channel`;
        expectOneOutcome(line, before, what);
        outcomes.add(line.node(0).told.at(-1)?.kind ?? 'lost');
        crashes++;
        if (channels < (held[1] ?? []).length) channels++;
        else if (records < (held[0] ?? []).length) [records, channels] = [records + 1, 0];
        else break;
      }
    }
    expect(crashes).toBeGreaterThan(15);
    expect(outcomes).toEqual(new Set(['lost', 'settled']));
  });
});
