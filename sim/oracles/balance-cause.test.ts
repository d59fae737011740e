import { describe, expect, it } from 'vitest';
import type { ChannelInfo, PaymentRecord } from '../scenario/types.ts';
import { causeOf } from './balance-cause.ts';

const info = { name: 'c1', opener: 'A', accepter: 'B' } as ChannelInfo;
const payment = (name: string, from: string, amountMsat: bigint, outcome?: 'sent' | 'failed'): PaymentRecord =>
  ({ name, from, to: from === 'A' ? 'B' : 'A', amountMsat, ...(outcome && { outcome }) }) as PaymentRecord;

describe('a balance that is not what payments make it', () => {
  const payments = [
    payment('p1', 'A', 5n, 'sent'),
    payment('p2', 'B', 7n, 'sent'),
    payment('p3', 'A', 11n, 'failed'),
    payment('p4', 'B', 13n),
  ];

  it.each([
    [5n, 'opener', 'sent-but-not-paid', 'p1 from A to B, 5 msat'],
    [-5n, 'accepter', 'sent-but-not-paid', 'p1 from A to B, 5 msat'],
    [-7n, 'opener', 'sent-but-not-paid', 'p2 from B to A, 7 msat'],
    [-2n, 'opener', 'sent-but-not-paid', 'p1 from A to B, 5 msat; p2 from B to A, 7 msat'],
    [-11n, 'opener', 'failed-but-paid', 'p3 from A to B'],
    [13n, 'opener', 'forgotten-payment', 'p4 from B to A'],
  ] as const)('%s msat more of the %s: %s', (beyond, side, kind, words) => {
    const cause = causeOf(payments, info, side, beyond);
    expect(cause?.kind).toBe(kind);
    expect(cause?.words).toContain(words);
  });

  it('is explained by nothing where no payment fits', () => {
    expect(causeOf(payments, info, 'opener', 1n)).toBeUndefined();
    expect(causeOf([], info, 'opener', 0n)).toBeUndefined();
  });
});
