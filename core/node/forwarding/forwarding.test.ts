import { describe, expect, it } from 'vitest';
import { noble } from '../../crypto/noble.fixture.ts';
import { readFailure } from '../../onion/failure-onion.ts';
import { readSuccess } from '../../onion/attribution.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { nextDeadline } from '../../time/deadlines.ts';
import { feeOf } from '../../routing/fees.ts';
import { preimageOf } from '../pair.fixture.ts';
import { ATTRIBUTED, Line } from './line.fixture.ts';

const { relay } = DEFAULT_CONFIG;
const AMOUNT = 10_000_000n;
const FEE = feeOf(AMOUNT, relay);

/** What the payer reads of its payment's failure: the hop and the name of what it says. */
function failureOf(line: Line, n: number) {
  const outcome = line.outcomes().at(-1);
  if (outcome?.kind !== 'payment_failed' || outcome.failure?.kind !== 'fail') throw new Error('it has not failed');
  const { reason, attribution } = outcome.failure;
  const read = readFailure(line.crypto, line.onions.get(n)?.sharedSecrets ?? [], reason, attribution);
  const { source } = read;
  const failure = source?.failure?.known === true ? source.failure.failure : undefined;
  return { hop: source?.hop, failure, holdTimes: read.holdTimes };
}

function expectQuiet(line: Line): void {
  for (const [a, b] of line.ends()) {
    expect(a).toEqual(b);
    expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
    expect(a.logs).toEqual({ opener: [], accepter: [] });
  }
}

describe('a payment across forwarders', () => {
  it.each([
    ['fake', undefined, 2],
    ['fake', undefined, 5],
    ['noble', noble, 3],
  ] as const)('with %s cryptography arrives, and each takes its fee', (_name, crypto, count) => {
    const line = new Line(count, {}, crypto);
    const before = line.nodes.map((_, i) => line.wealth(i));
    line.pay(1);
    line.exchange();
    expect(line.received()).toEqual([0n]);
    line.claim(1);
    line.exchange();
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_sent', preimage: preimageOf(1).preimage }]);
    expectQuiet(line);
    const earned = line.nodes.map((_, i) => line.wealth(i) - (before[i] as bigint));
    expect(earned.at(-1)).toBe(AMOUNT);
    for (const fee of earned.slice(1, -1)) expect(fee).toBeGreaterThanOrEqual(FEE);
    expect(earned.reduce((sum, msat) => sum + msat, 0n)).toBe(0n);
    // What became of the HTLCs is acknowledged, and forgotten.
    for (let i = 1; i < count - 1; i++) expect(line.state(i, i).host.events.filter(({ event }) => 'origin' in event)).toEqual([]);
  });

  it('fails back to the payer, who reads who failed it and why, and how long each held it', () => {
    const line = new Line(4, ATTRIBUTED);
    line.pay(1);
    line.exchange();
    line.time(1_000);
    line.decline();
    line.exchange();
    expect(failureOf(line, 1)).toMatchObject({
      hop: 2,
      failure: { type: 'incorrect_or_unknown_payment_details', htlcMsat: AMOUNT },
      holdTimes: [10, 10, 10],
    });
    expectQuiet(line);
    line.pay(2);
    line.exchange();
    line.time(1_500);
    line.claim(2);
    line.exchange();
    const sent = line.outcomes().at(-1);
    if (sent?.kind !== 'payment_sent' || sent.attribution === undefined) throw new Error('it has no attribution');
    expect(readSuccess(line.crypto, line.onions.get(2)?.sharedSecrets ?? [], sent.attribution)).toEqual([5, 5, 5]);
  });

  it('shares one signature with others that waited for the same channel', () => {
    const line = new Line(3);
    for (let n = 1; n <= 8; n++) line.pay(n);
    line.exchange();
    expect(line.received()).toHaveLength(8);
    for (let n = 1; n <= 8; n++) line.claim(n, BigInt(n - 1));
    line.exchange();
    expect(line.outcomes().filter(({ kind }) => kind === 'payment_sent')).toHaveLength(8);
    expectQuiet(line);
    expect(line.state(1, 1).shared.commitments.accepter.current.number).toBeLessThan(8n);
  });
});

describe('what is not forwarded', () => {
  it.each([
    ['less than the fee', { extraMsat: -1n }, { type: 'fee_insufficient', htlcMsat: AMOUNT + FEE - 1n }],
    ['too few blocks', { extraCltv: -1 }, { type: 'incorrect_cltv_expiry', cltvExpiry: 143 }],
    ['a channel that is not there', { firstScid: 5n }, { type: 'unknown_next_peer' }],
  ] as const)('%s', (_what, asked, failure) => {
    const line = new Line(3);
    line.pay(1, asked);
    line.exchange();
    expect(line.received()).toEqual([]);
    expect(failureOf(line, 1)).toMatchObject({ hop: 0, failure });
    expectQuiet(line);
  });

  it('more than the next node takes', () => {
    const line = new Line(3, (node) => (node === 2 ? { maxHtlcValueInFlightMsat: AMOUNT - 1n } : {}));
    line.pay(1);
    line.exchange();
    expect(failureOf(line, 1)).toMatchObject({ hop: 0, failure: { type: 'temporary_channel_failure' } });
    expectQuiet(line);
  });

  it.each([
    ['htlcMinimumMsat', AMOUNT + 1n, 'amount_below_minimum'],
    ['htlcMaximumMsat', AMOUNT - 1n, 'temporary_channel_failure'],
  ] as const)('an amount beyond %s', (limit, value, type) => {
    const line = new Line(3, { relay: { ...relay, [limit]: value } });
    line.pay(1);
    line.exchange();
    expect(failureOf(line, 1)).toMatchObject({ hop: 0, failure: { type } });
  });

  it('an expiry too near or too far', () => {
    const near = new Line(3, { minCltvAhead: 41 });
    near.pay(1);
    near.exchange();
    expect(failureOf(near, 1).failure).toMatchObject({ type: 'expiry_too_soon' });
    const far = new Line(4, (node) => (node === 1 ? { maxCltvAhead: 79 } : {}));
    far.pay(1);
    far.exchange();
    expect(failureOf(far, 1)).toMatchObject({ hop: 0, failure: { type: 'expiry_too_far' } });
  });

  it('an onion that can not be read: only the payer’s peer is told, in the form of BOLT 2', () => {
    const line = new Line(3);
    line.pay(1);
    const [add] = line.node(0).outgoing;
    if (add?.type !== 'update_add_htlc') throw new Error('no add');
    add.onionRoutingPacket[700] = (add.onionRoutingPacket[700] as number) ^ 1;
    line.exchange();
    expect(line.outcomes()).toMatchObject([{ kind: 'payment_failed', failure: { kind: 'fail_malformed', failureCode: 0xc005 } }]);
    expectQuiet(line);
  });

  it('into a channel whose peer is not connected, at once', () => {
    const line = new Line(3);
    line.disconnect(1);
    line.pay(1);
    line.exchange();
    expect(failureOf(line, 1)).toMatchObject({ hop: 0, failure: { type: 'temporary_channel_failure' } });
  });

  it('into a channel whose peer does not come back after a restart: nothing was offered for what is new', () => {
    const line = new Line(3);
    line.restart(1);
    line.connect(0);
    line.exchange();
    line.pay(1);
    line.exchange();
    expect(failureOf(line, 1)).toMatchObject({ hop: 0, failure: { type: 'temporary_channel_failure' } });
  });

  it('into a channel that is paused, when it has waited for long enough', () => {
    const line = new Line(3);
    line.pay(1);
    line.exchange(0);
    line.node(2).holdStores = true;
    line.exchange();
    line.pay(2);
    line.exchange();
    const middle = line.node(1);
    expect([...middle.state.waiting.values()].flat()).toHaveLength(1);
    expect(nextDeadline(middle.state)).toBe(DEFAULT_CONFIG.maxForwardWaitMs);
    line.time(DEFAULT_CONFIG.maxForwardWaitMs - 1);
    expect(line.outcomes()).toEqual([]);
    line.time(DEFAULT_CONFIG.maxForwardWaitMs);
    expect(failureOf(line, 2)).toMatchObject({ hop: 0, failure: { type: 'temporary_channel_failure' } });
    // What is left is the bound on the peer's own answer.
    expect(nextDeadline(middle.state)).toBe(DEFAULT_CONFIG.answerTimeoutMs);
    line.node(2).holdStores = false;
    line.node(2).finish(Infinity);
    line.exchange();
    line.claim(1, 0n);
    line.exchange();
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_failed', 'payment_sent']);
    expectQuiet(line);
  });
});
