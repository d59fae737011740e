import { describe, expect, it } from 'vitest';
import type { PaymentSecret } from '../../onion/payload.ts';
import { readFailure } from '../../onion/failure-onion.ts';
import type { CreateInvoiceCommand } from '../../payments/commands.ts';
import { nextDeadline } from '../../time/deadlines.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { Line } from '../forwarding/line.fixture.ts';
import { bytes32, preimageOf } from '../pair.fixture.ts';
import { invoiceOf, LIMITS, withRouters } from './mesh.fixture.ts';

const AMOUNT = 10_000_000n;
const HALF = AMOUNT / 2n;
/** Two channels between two nodes. */
const TWICE = [
  [0, 1],
  [0, 1],
] as const;

function twice(): Line {
  return new Line(2, {}, undefined, TWICE);
}

/** What the payer reads of each failure of an HTLC that it has offered by hand. */
function failures(line: Line): readonly unknown[] {
  const secrets = line.onions.get(1)?.sharedSecrets ?? [];
  return line.outcomes().map((outcome) => {
    if (outcome.kind !== 'payment_failed' || outcome.failure?.kind !== 'fail') return outcome.kind;
    const { source } = readFailure(line.crypto, secrets, outcome.failure.reason, outcome.failure.attribution);
    return source?.failure?.known === true ? source.failure.failure : undefined;
  });
}

function told(line: Line): readonly string[] {
  return line
    .node(-1)
    .told.map(({ kind }) => kind)
    .filter((kind) => kind !== 'invoice');
}

/** How many its disk has. */
function invoices(line: Line): number {
  return [...line.node(-1).records.keys()].filter((name) => name.startsWith('invoice')).length;
}

function rules(line: Line): readonly string[] {
  return line
    .node(-1)
    .notifications()
    .flatMap((n) => (n.kind === 'htlc_failed' ? [n.rule] : []));
}

function refusals(line: Line): readonly string[] {
  return line.node(-1).log.flatMap((effect) => (effect.kind === 'refused' ? [effect.rule] : []));
}

describe('an invoice', () => {
  it('is told when its secrets are durable, paid, and claimed by the node itself', () => {
    const line = new Line(3);
    withRouters(line);
    line.node(-1).holdStores = true;
    expect(invoiceOf(line, 1)).toBeUndefined();
    line.node(-1).holdStores = false;
    line.node(-1).finish(1);
    const [invoice] = line.node(-1).told;
    const text = invoice?.kind === 'invoice' ? invoice.text : '';
    line.node(0).command({ kind: 'pay', paymentId: '01', to: { kind: 'invoice', text }, limits: LIMITS });
    line.exchange();
    expect(line.node(0).told.map(({ kind }) => kind)).toEqual(['paid', 'settled']);
    const { paymentHash, preimage } = preimageOf(1);
    expect(line.node(-1).told.at(-1)).toEqual({ kind: 'received', paymentHash, preimage, amountMsat: AMOUNT });
    line.restart(2);
    expect(line.node(-1).told.at(-1)).toEqual({ kind: 'received', paymentHash, preimage, amountMsat: AMOUNT });
    line.node(-1).command({ kind: 'forget_invoice', paymentHash });
    expect([invoices(line), refusals(line)]).toEqual([0, []]);
  });

  it('is paid in parts: none is claimed before all are there, and then all are', () => {
    const line = twice();
    withRouters(line);
    const text = invoiceOf(line, 1, { amountMsat: 900_000_000n }) ?? '';
    const before = line.wealth(1);
    line.node(0).command({ kind: 'pay', paymentId: '01', to: { kind: 'invoice', text }, limits: LIMITS });
    line.exchange();
    expect(line.node(0).told.at(-1)).toMatchObject({ kind: 'settled', feeMsat: 0n, parts: [{ part: 1 }, { part: 2 }] });
    expect(line.wealth(1) - before).toBe(900_000_000n);
  });

  it.each(['claim', 'decline_payment'] as const)('is claimable when its host is to decide (%s)', (kind) => {
    const line = new Line(2);
    const { paymentHash, preimage } = preimageOf(1);
    invoiceOf(line, 1, { claimedBy: 'host', secret: { paymentHash } });
    line.pay(1);
    line.exchange();
    const deadlineHeight = line.node(0).state.tip.height + 40 - DEFAULT_CONFIG.fulfillDeadlineBlocks - 1;
    expect(line.node(1).told.at(-1)).toEqual({
      kind: 'claimable',
      paymentHash,
      amountMsat: AMOUNT,
      parts: 1,
      deadlineHeight,
      customRecords: [],
    });
    line.node(1).command({ kind: 'forget_invoice', paymentHash });
    line.node(1).command({ kind: 'claim', paymentHash, preimage: preimageOf(2).preimage });
    expect(refusals(line)).toEqual(['receive.in_use', 'receive.preimage']);
    // It is said again after a restart, and once more in each connection changes nothing.
    line.restart(1);
    line.connect(0);
    line.exchange();
    expect(told(line)).toEqual(['claimable', 'claimable']);
    line.node(1).command({ kind, paymentHash, preimage });
    line.exchange();
    expect(line.outcomes().map((outcome) => outcome.kind)).toEqual([kind === 'claim' ? 'payment_sent' : 'payment_failed']);
    line.node(1).command({ kind: 'forget_invoice', paymentHash });
    expect(invoices(line)).toBe(0);
  });

  it('is given up at the height before which its host had to decide', () => {
    const line = new Line(2);
    const { paymentHash } = preimageOf(1);
    invoiceOf(line, 1, { claimedBy: 'host' });
    line.pay(1);
    line.exchange();
    const claimable = line.node(1).told.at(-1);
    const deadline = claimable?.kind === 'claimable' ? claimable.deadlineHeight : 0;
    while (line.node(1).state.tip.height < deadline) {
      expect(line.outcomes()).toEqual([]);
      line.block();
    }
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_failed']);
    expect(rules(line)).toEqual(['receive.deadline']);
    line.node(1).command({ kind: 'decline_payment', paymentHash });
    line.node(1).command({ kind: 'claim', paymentHash: bytes32(3), preimage: preimageOf(3).preimage });
    line.node(1).command({ kind: 'decline_payment', paymentHash: bytes32(3) });
    line.node(1).command({ kind: 'forget_invoice', paymentHash: bytes32(3) });
    const none = 'receive.no_such_invoice';
    expect(refusals(line)).toEqual(['receive.not_claimable', none, none, none]);
  });

  it.each<readonly [string, Partial<CreateInvoiceCommand>]>([
    ['receive.hash_in_use', {}],
    ['receive.needs_preimage', { secret: { paymentHash: bytes32(9) } }],
    ['receive.invoice', { secret: { preimage: preimageOf(2).preimage }, description: { text: 'x'.repeat(700) } }],
  ])('is refused for %s', (rule, more) => {
    const line = new Line(2);
    invoiceOf(line, 1);
    const { state } = line.node(1);
    expect(invoiceOf(line, 1, more)).toBeUndefined();
    expect([refusals(line), line.node(1).state]).toEqual([[rule], state]);
  });

  it('is refused where no invoice has a name for the chain', () => {
    const line = new Line(2, { chainHash: bytes32(7) });
    expect(invoiceOf(line, 1)).toBeUndefined();
    expect(refusals(line)).toEqual(['receive.invoice']);
  });
});

describe('a set of HTLCs', () => {
  it('fails whole when its time is over, and not before a minute', () => {
    const line = twice();
    invoiceOf(line, 1);
    line.pay(1, { amountMsat: HALF, totalMsat: AMOUNT });
    line.exchange();
    expect(nextDeadline(line.node(1).state)).toBe(DEFAULT_CONFIG.mppTimeoutMs);
    expect(DEFAULT_CONFIG.mppTimeoutMs).toBeGreaterThanOrEqual(60_000);
    line.time(DEFAULT_CONFIG.mppTimeoutMs);
    expect(failures(line)).toEqual([{ type: 'mpp_timeout' }]);
    expect(rules(line)).toEqual(['receive.mpp_timeout']);
    // The next payment of this hash begins anew.
    line.pay(1, { by: 1, part: 2 });
    line.exchange();
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_failed', 'payment_sent']);
  });

  it('takes no more when it is complete', () => {
    const line = twice();
    invoiceOf(line, 1, { claimedBy: 'host' });
    line.pay(1);
    line.pay(1, { by: 1, part: 2 });
    line.exchange();
    expect([told(line), rules(line)]).toEqual([['claimable'], ['receive.already_paid']]);
    line.node(1).command({ kind: 'claim', ...preimageOf(1) });
    line.exchange();
    expect(line.outcomes().map(({ kind }) => kind)).toEqual(['payment_failed', 'payment_sent']);
    line.pay(1, { part: 3 });
    line.exchange();
    expect(rules(line)).toEqual(['receive.already_paid', 'receive.already_paid']);
  });

  it('fails whole where its parts disagree about the total', () => {
    const line = twice();
    invoiceOf(line, 1);
    line.pay(1, { amountMsat: HALF, totalMsat: AMOUNT });
    line.pay(1, { amountMsat: HALF, totalMsat: AMOUNT + 1n, by: 1, part: 2 });
    line.exchange();
    expect(rules(line)).toEqual(['receive.other_total', 'receive.other_total']);
    for (const [a] of line.ends()) expect(a.base.htlcs).toEqual({ opener: [], accepter: [] });
  });

  it('fails whole with the channel of one of its parts', () => {
    const line = new Line(2, {}, undefined, [...TWICE, [0, 1]]);
    invoiceOf(line, 1);
    for (const by of [0, 1]) line.pay(1, { amountMsat: HALF / 2n, totalMsat: AMOUNT, by, part: by + 1 });
    line.exchange();
    line.node(1).command({ kind: 'force_close', channelId: line.channelId(0) });
    line.exchange();
    expect(rules(line)).toEqual(['receive.part_lost']);
    expect(line.state(1, 1).shared.base.htlcs).toEqual({ opener: [], accepter: [] });
    expect(line.node(1).state.payments.sets.size).toBe(0);
  });
});

describe('what is not taken', () => {
  const other = bytes32<PaymentSecret>(0xbb);

  it.each<readonly [string, Partial<CreateInvoiceCommand>, Parameters<Line['pay']>[1]]>([
    ['receive.payment_secret', { paymentSecret: other }, {}],
    ['receive.payment_metadata', { paymentMetadata: 'aa' }, {}],
    ['receive.too_little', { amountMsat: AMOUNT + 1n }, {}],
    ['receive.too_much', { amountMsat: HALF - 1n }, {}],
    ['receive.final_expiry', { minFinalCltvExpiryDelta: 41 }, {}],
    ['receive.invoice_expired', { expirySeconds: 0 }, {}],
  ])('is told to its payer alike: %s', (rule, more, asked) => {
    const line = new Line(2);
    invoiceOf(line, 1, more);
    line.pay(1, asked);
    line.exchange();
    expect(rules(line)).toEqual([rule]);
    const { height } = line.node(1).state.tip;
    expect(failures(line)).toEqual([{ type: 'incorrect_or_unknown_payment_details', htlcMsat: AMOUNT, height }]);
  });
});

describe('a payment that nobody has asked for', () => {
  function keysend(line: Line, paymentId: string): void {
    const to = { kind: 'keysend', nodeId: line.node(-1).id, preimage: preimageOf(1).preimage, amountMsat: AMOUNT } as const;
    line.node(0).command({ kind: 'pay', paymentId, to, limits: LIMITS, insist: true });
    line.exchange();
  }

  it('is taken at once, and once', () => {
    const line = new Line(3);
    withRouters(line);
    keysend(line, '01');
    expect(line.node(0).told.map(({ kind }) => kind)).toEqual(['paid', 'settled']);
    expect(told(line)).toEqual(['received']);
    keysend(line, '02');
    expect(rules(line)).toEqual(['receive.already_paid']);
  });
});
