import { expect, it } from 'vitest';
import { Line } from '../forwarding/line.fixture.ts';
import { invoiceOf, LIMITS, withRouters } from './mesh.fixture.ts';

/**
 * A payment in two parts whose recipient dies once, at every message, between any two of its stores: so many of its record are done, and so many of
 * its channels' states. All parts are claimed, or none.
 */

const AMOUNT = 900_000_000n;
const TWICE = [
  [0, 1],
  [0, 1],
] as const;

function started(): Line {
  const line = new Line(2, {}, undefined, TWICE);
  withRouters(line);
  const text = invoiceOf(line, 1, { amountMsat: AMOUNT }) ?? '';
  line.node(0).command({ kind: 'pay', paymentId: '01', to: { kind: 'invoice', text }, limits: LIMITS });
  return line;
}

it('a recipient that dies between any two of its stores claims all parts, or none', () => {
  let crashes = 0;
  const received = new Set<bigint>();
  for (let at = 1; at < 30; at += 3) {
    for (let records = 0, channels = 0; ;) {
      const line = started();
      const node = line.node(1);
      const before = line.wealth(1);
      if (line.exchange(at) < at) break;
      node.holdStores = true;
      line.exchange();
      const ofRecord = node.heldStores.filter(({ kind }) => kind === 'record_stored');
      const ofChannels = node.heldStores.filter(({ kind }) => kind === 'stored');
      for (const done of [...ofRecord.slice(0, records), ...ofChannels.slice(0, channels)]) node.input(done);
      const wasClaimed = ofRecord.length > 0 && records === ofRecord.length;
      line.restart(1);
      line.connect(0);
      line.exchange();
      line.time(1_000_000);
      const what = `after ${at} messages, with ${records} stores of the record and ${channels} of the channels`;
      const gained = line.wealth(1) - before;
      received.add(gained);
      expect([0n, AMOUNT], what).toContain(gained);
      if (wasClaimed) expect(gained, what).toBe(AMOUNT);
      expect(
        line.node(0).told.some(({ kind }) => kind === 'settled'),
        what,
      ).toBe(gained === AMOUNT);
      for (const [a, b] of line.ends()) {
        expect(a, what).toEqual(b);
        expect(a.base.htlcs, what).toEqual({ opener: [], accepter: [] });
      }
      crashes++;
      if (channels < ofChannels.length) channels++;
      else if (records < ofRecord.length) [records, channels] = [records + 1, 0];
      else break;
    }
  }
  expect(crashes).toBeGreaterThan(15);
  expect(received).toEqual(new Set([AMOUNT]));
});
