import { describe, expect, it } from 'vitest';
import type { Hex } from '../../crypto/bytes.ts';
import type { PayCommand } from '../../payments/commands.ts';
import { feeOf } from '../../routing/fees.ts';
import { nextDeadline } from '../../time/deadlines.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { Line } from '../forwarding/line.fixture.ts';
import { preimageOf } from '../pair.fixture.ts';
import { invoiceFor, LIMITS, withRouters } from './mesh.fixture.ts';

const AMOUNT = 10_000_000n;
const FEE = feeOf(AMOUNT, DEFAULT_CONFIG.relay);
/** Two ways from node 0 to node 3: by 1, and by 2. */
const DIAMOND = [
  [0, 1],
  [1, 3],
  [0, 2],
  [2, 3],
] as const;

function command(line: Line, paymentId: Hex, n: number, more: Partial<PayCommand> = {}, amountMsat = AMOUNT): PayCommand {
  return { kind: 'pay', paymentId, to: { kind: 'invoice', text: invoiceFor(line, line.node(-1), n, amountMsat) }, limits: LIMITS, ...more };
}

function pay(line: Line, ...given: Parameters<typeof command> extends [Line, ...infer R] ? R : never): void {
  line.node(0).command(command(line, ...given));
  line.exchange();
}

function refusals(line: Line): readonly string[] {
  return line.node(0).log.flatMap((effect) => (effect.kind === 'refused' ? [effect.rule] : []));
}

function kinds(line: Line): readonly string[] {
  return line.node(0).told.map(({ kind }) => kind);
}

describe('a payment', () => {
  it('is paid over three hops: told, with its preimage and its fee, and forgotten when its host says so', () => {
    const line = new Line(4);
    withRouters(line);
    pay(line, '01', 1);
    line.node(0).command({ kind: 'forget_payment', paymentId: '01' });
    expect(refusals(line)).toEqual(['pay.not_ended']);
    line.claim(1);
    line.exchange();
    const { preimage, paymentHash } = preimageOf(1);
    const parts = [{ attempt: 1, part: 1, amountMsat: AMOUNT, feeMsat: 2n * FEE }];
    expect(line.node(0).told).toEqual([
      { kind: 'paid', paymentId: '01', paymentHash, preimage, spentMsat: AMOUNT + 2n * FEE, inFlightMsat: 0n },
      { kind: 'settled', paymentId: '01', paymentHash, preimage, feeMsat: 2n * FEE, parts },
    ]);
    expect(line.state(0, 0).host.events.filter(({ event }) => 'origin' in event)).toEqual([]);
    line.restart(0);
    expect(kinds(line)).toEqual(['paid', 'settled', 'paid', 'settled']);
    line.node(0).command({ kind: 'forget_payment', paymentId: '01' });
    expect(line.node(0).records.size).toBe(0);
  });

  it('goes another way where the first fails, and around what has failed', () => {
    const line = new Line(4, {}, undefined, DIAMOND);
    const asked = withRouters(line);
    line.disconnect(1);
    line.disconnect(3);
    pay(line, '01', 1);
    expect(kinds(line)).toEqual(['failed']);
    expect(line.node(0).told).toMatchObject([{ reason: { kind: 'no_route' } }]);
    // All of it by each of the two ways once, then less and less, until there is no use in less.
    expect(asked.slice(0, 4).map(({ learned }) => learned.limits.length)).toEqual([0, 1, 2, 2]);
    expect(asked.length).toBeLessThan(LIMITS.maxAttempts);
    line.connect(3);
    line.exchange();
    pay(line, '02', 1);
    line.claim(1);
    line.exchange();
    expect(kinds(line).slice(1)).toEqual(['paid', 'settled']);
    for (const [a] of line.ends()) expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
  });

  it('is given up where its recipient does not want it', () => {
    const line = new Line(4, {}, undefined, DIAMOND);
    const asked = withRouters(line);
    pay(line, '01', 1);
    const { id } = line
      .node(3)
      .notifications()
      .flatMap((n) => (n.kind === 'htlc_received' ? [n.add] : []))
      .at(-1) ?? { id: 0n };
    const by = [1, 3].find((channel) => line.state(3, channel).host.received.length > 0);
    const failure = { type: 'incorrect_or_unknown_payment_details', htlcMsat: AMOUNT, height: 1 } as const;
    line.node(3).command({ kind: 'decline', channelId: line.channelId(by ?? 0), id, failure });
    line.exchange();
    expect(line.node(0).told).toMatchObject([{ kind: 'failed', reason: { kind: 'recipient' } }]);
    expect(asked).toHaveLength(1);
  });

  it('is split where no way carries all of it', () => {
    const line = new Line(4, {}, undefined, DIAMOND);
    withRouters(line);
    pay(line, '01', 1, { limits: { ...LIMITS, maxFeeMsat: 1_000_000n } }, 900_000_000n);
    const [payment] = [...line.node(0).state.payments.outgoing.values()].map(({ record }) => record);
    expect(payment?.parts.length).toBeGreaterThan(1);
    expect(payment?.parts.reduce((sum, { hops }) => sum + (hops.at(-1)?.amountMsat ?? 0n), 0n)).toBe(900_000_000n);
  });

  it('stops trying when its time is over, and has failed only when nothing of it is in flight', () => {
    const line = new Line(3);
    withRouters(line);
    pay(line, '01', 1);
    expect(nextDeadline(line.node(0).state)).toBe(LIMITS.timeoutMs);
    line.node(0).input({ kind: 'time', nowMs: LIMITS.timeoutMs });
    expect(kinds(line)).toEqual([]);
    line.decline();
    line.exchange();
    expect(line.node(0).told).toMatchObject([{ kind: 'failed', reason: { kind: 'time' } }]);
    // Without a channel to go out by there is nobody to ask, and time goes by all the same.
    line.disconnect(0);
    pay(line, '02', 2);
    line.node(0).input({ kind: 'time', nowMs: 3 * LIMITS.timeoutMs });
    expect(line.node(0).told.at(-1)).toMatchObject({ kind: 'failed', paymentId: '02', reason: { kind: 'time' } });
  });

  it('stays pending where its channel fails before it has shown that it is current, until the chain has decided without it', () => {
    const line = new Line(2);
    const node = line.node(0);
    node.holdStores = true;
    const hop = { shortChannelId: line.shortChannelId(0), nodeId: line.node(1).id, amountMsat: AMOUNT, cltvDelta: 40 };
    pay(line, '01', 1, { given: { routes: [{ hops: [hop], feeMsat: 0n }], randomness: preimageOf(7).paymentHash } });
    const record = node.heldStores.find(({ kind }) => kind === 'record_stored');
    if (record !== undefined) node.input(record);
    line.restart(0);
    node.command({ kind: 'force_close', channelId: line.channelId(0) });
    const broadcast = node.log.findLast((effect) => effect.kind === 'broadcast');
    line.block(broadcast?.kind === 'broadcast' ? [broadcast.tx] : []);
    for (let depth = 1; depth < 6; depth++) {
      expect(kinds(line), `${depth} deep`).toEqual([]);
      line.block();
    }
    expect(kinds(line)).toEqual(['failed']);
  });

  it('goes by the routes that its host gives, and by no others', () => {
    const line = new Line(3);
    withRouters(line);
    line.disconnect(1);
    const hops = [0, 1].map((i) => {
      const { relay } = DEFAULT_CONFIG;
      const [amountMsat, cltvDelta] = i === 1 ? [AMOUNT, 40] : [AMOUNT + FEE, 40 + relay.cltvExpiryDelta];
      return { shortChannelId: line.shortChannelId(i), nodeId: line.node(i + 1).id, amountMsat, cltvDelta };
    });
    pay(line, '01', 1, { given: { routes: [{ hops, feeMsat: FEE }], randomness: preimageOf(7).paymentHash } });
    expect(line.node(0).told).toMatchObject([{ kind: 'failed', reason: { kind: 'attempts' } }]);
  });
});

describe('a payment is refused', () => {
  it.each<readonly [string, (line: Line) => Partial<PayCommand>]>([
    ['pay.payment_id', () => ({ paymentId: '' })],
    ['pay.payment_id', () => ({ paymentId: '00'.repeat(33) })],
    ['pay.payment_id', () => ({ paymentId: 'AB' })],
    ['pay.id_in_use', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, AMOUNT) }, paymentId: 'aa' })],
    ['pay.hash_in_use', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 9, AMOUNT) } })],
    ['pay.network', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, AMOUNT, { network: 'bitcoin' }) } })],
    ['pay.invoice_expired', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, AMOUNT, { expirySeconds: 0 }) } })],
    ['pay.amount', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, undefined) } })],
    ['pay.amount', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, AMOUNT), amountMsat: AMOUNT - 1n } })],
    ['pay.amount', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(1), 2, AMOUNT), amountMsat: 2n * AMOUNT + 1n } })],
    ['pay.amount', (line) => ({ to: { kind: 'keysend', nodeId: line.node(1).id, preimage: preimageOf(2).preimage, amountMsat: 0n } })],
    ['pay.to_self', (line) => ({ to: { kind: 'invoice', text: invoiceFor(line, line.node(0), 2, AMOUNT) } })],
    ['invoice.bech32', () => ({ to: { kind: 'invoice', text: 'lnbcrt1' } })],
  ])('for %s', (rule, asked) => {
    const line = new Line(2);
    withRouters(line);
    pay(line, 'aa', 9);
    const before = line.node(0).state;
    line.node(0).command({ ...command(line, '02', 2), ...asked(line) });
    expect(refusals(line)).toEqual([rule]);
    expect(line.node(0).state).toBe(before);
  });

  it.each<readonly [string, (amountMsat: bigint, to: Line) => object]>([
    ['pay.carried', (amountMsat) => ({ amountMsat: amountMsat - 1n })],
    ['pay.max_fee', (_, line) => ({ feeMsat: LIMITS.maxFeeMsat + 1n, nodeId: line.node(1).id })],
    ['pay.max_cltv', () => ({ cltvDelta: LIMITS.maxCltvDelta + 1 })],
    ['pay.route', () => ({ shortChannelId: 1n })],
    ['pay.route', (_, line) => ({ nodeId: line.node(0).id })],
  ])('where its route is given, for %s', (rule, wrong) => {
    const line = new Line(2);
    const { feeMsat = 0n, ...hop } = wrong(AMOUNT, line) as { feeMsat?: bigint };
    const usual = { shortChannelId: line.shortChannelId(0), nodeId: line.node(1).id, amountMsat: AMOUNT, cltvDelta: 40 };
    const last = { ...usual, ...hop };
    const hops = feeMsat === 0n ? [last] : [{ ...last, amountMsat: AMOUNT + feeMsat }, last];
    pay(line, '01', 1, { given: { routes: [{ hops, feeMsat }], randomness: preimageOf(7).paymentHash } });
    expect(refusals(line)).toEqual([rule]);
    expect(line.node(0).state.payments.outgoing.size).toBe(0);
  });

  it('in more parts than its recipient or its host takes', () => {
    const line = new Line(2);
    const hop = { shortChannelId: line.shortChannelId(0), nodeId: line.node(1).id, amountMsat: AMOUNT / 2n, cltvDelta: 40 };
    const route = { hops: [hop], feeMsat: 0n };
    const given = { routes: [route, route], randomness: preimageOf(7).paymentHash };
    pay(line, '01', 1, { given, limits: { ...LIMITS, maxParts: 1 } });
    const text = invoiceFor(line, line.node(1), 1, AMOUNT, { features: '4100' });
    pay(line, '01', 1, { given, to: { kind: 'invoice', text } });
    expect(refusals(line)).toEqual(['pay.max_parts', 'pay.multi_part']);
  });

  it('and so are answers that nobody has asked for, and routes that no onion holds', () => {
    const line = new Line(2);
    const hop = { shortChannelId: line.shortChannelId(0), nodeId: line.node(1).id, amountMsat: AMOUNT, cltvDelta: 40 };
    const answer = { routes: [{ hops: [hop], feeMsat: 0n }], randomness: preimageOf(7).paymentHash };
    line.node(0).command({ kind: 'route', paymentId: '01', ...answer });
    line.node(0).command({ kind: 'forget_payment', paymentId: '01' });
    pay(line, '01', 1);
    line
      .node(0)
      .command({ kind: 'route', paymentId: '01', ...answer, routes: [{ hops: Array.from({ length: 40 }, () => hop), feeMsat: 0n }] });
    line.node(0).command({ kind: 'route', paymentId: '01', ...answer });
    line.node(0).command({ kind: 'no_route', paymentId: '01', why: '' });
    expect(refusals(line)).toEqual(['pay.no_such_payment', 'pay.no_such_payment', 'pay.onion_size', 'pay.not_asked']);
  });

  it('where the host pays itself', () => {
    const line = new Line(2, { payments: 'host' });
    line.node(0).command({ kind: 'no_route', paymentId: '01', why: '' });
    expect(refusals(line)).toEqual(['node.host_pays']);
  });
});
