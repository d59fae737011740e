import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Script } from '../../crypto/bytes.ts';
import { DEFAULT_CONFIG } from '../../node/config.ts';
import type { Side } from '../../transactions/types.ts';
import { answerFee, closingWeight, feeTerms } from './closing-fee.ts';
import type { FeeTerms } from './closing-fee.ts';
import type { ClosingNegotiation, FeeRange } from '../model/state.ts';
import { consequenceOf, isViolation } from '../model/violation.ts';

const P2WPKH = ('0014' + '11'.repeat(20)) as Script;
const P2WSH = ('0020' + '11'.repeat(32)) as Script;

function range(minFeeSat: bigint, maxFeeSat: bigint): FeeRange {
  return { minFeeSat, maxFeeSat };
}

describe('closingWeight', () => {
  it('is that of BOLT 3, with both outputs and signatures of 73 bytes', () => {
    // 4 * (51 + 2 * 31) + 224
    expect(closingWeight({ opener: P2WPKH, accepter: P2WPKH })).toBe(676);
    expect(closingWeight({ opener: P2WPKH, accepter: P2WSH })).toBe(676 + 48);
  });
});

describe('feeTerms', () => {
  const terms = (us: Side, feerate: number, payable: bigint): FeeTerms => feeTerms(DEFAULT_CONFIG, us, feerate, 1000, payable);

  it('of the opener: around its estimate, but never below what is relayed', () => {
    expect(terms('opener', 2000, 1_000_000n)).toEqual({ feeSat: 2000n, range: range(1000n, 6000n) });
    expect(terms('opener', 300, 1_000_000n)).toEqual({ feeSat: 300n, range: range(253n, 900n) });
    expect(terms('opener', 100, 1_000_000n)).toEqual({ feeSat: 253n, range: range(253n, 759n) });
  });

  it('of the accepter: a low minimum, and all that the opener has', () => {
    expect(terms('accepter', 2000, 50_000n)).toEqual({ feeSat: 2000n, range: range(253n, 50_000n) });
  });

  it.each(['opener', 'accepter'] as const)('of the %s: never more than the opener can pay', (us) => {
    expect(terms(us, 2000, 100n)).toEqual({ feeSat: 100n, range: range(100n, 100n) });
    expect(terms(us, 2000, 0n)).toEqual({ feeSat: 0n, range: range(0n, 0n) });
  });
});

const OURS: FeeTerms = { feeSat: 500n, range: range(300n, 1000n) };
const SENT: ClosingNegotiation = { offered: { feeSat: 500n, range: OURS.range } };

/** `agree`, the fee that we propose, or the rule that is broken. */
function answer(us: Side, negotiation: ClosingNegotiation, feeSat: bigint, theirs?: FeeRange): string | bigint {
  const result = answerFee(us, OURS, negotiation, feeSat, theirs);
  if (isViolation(result)) return `${consequenceOf(result)} ${result.rule}`;
  return result.kind === 'agree' ? 'agree' : result.feeSat;
}

describe('answerFee with fee_range', () => {
  it.each<readonly [string, Side, ClosingNegotiation, bigint, FeeRange, string | bigint]>([
    ['the fee that we offered', 'opener', SENT, 500n, range(500n, 500n), 'agree'],
    ['the fee that we offered, whatever the range says', 'opener', SENT, 500n, range(1n, 2n), 'agree'],
    ['opener: a fee at the low end of the overlap', 'opener', SENT, 300n, range(1n, 2000n), 'agree'],
    ['opener: a fee at the high end of the overlap', 'opener', SENT, 1000n, range(1n, 2000n), 'agree'],
    ['opener: a fee below our range', 'opener', SENT, 299n, range(1n, 2000n), 'fail-channel closing_signed.fee_outside_overlap'],
    ['opener: a fee above our range', 'opener', SENT, 1001n, range(1n, 2000n), 'fail-channel closing_signed.fee_outside_overlap'],
    ["opener: a fee outside the peer's own range", 'opener', SENT, 600n, range(700n, 2000n), 'agree'],
    ['ranges that touch', 'opener', SENT, 1000n, range(1000n, 2000n), 'agree'],
    ['ranges that do not overlap, above', 'opener', SENT, 1001n, range(1001n, 2000n), 'warn closing_signed.fee_range'],
    ['ranges that do not overlap, with a fee that we allow', 'opener', SENT, 1000n, range(1001n, 2000n), 'agree'],
    ['ranges that do not overlap, below', 'accepter', {}, 200n, range(100n, 299n), 'warn closing_signed.fee_range'],
    ['accepter: a fee that is fine', 'accepter', {}, 700n, range(600n, 800n), 'agree'],
    ['accepter: a fee too low for us, range reaching higher', 'accepter', {}, 200n, range(100n, 800n), 300n],
    ['accepter: a fee too high for us, range reaching lower', 'accepter', {}, 1500n, range(100n, 2000n), 1000n],
    ["accepter: a fee outside the peer's own range", 'accepter', {}, 400n, range(600n, 800n), 600n],
    [
      'accepter: another fee than the one we chose, and none that we allow',
      'accepter',
      SENT,
      1001n,
      range(100n, 2000n),
      'fail-channel closing_signed.fee_not_the_chosen',
    ],
    ['accepter: another fee than the one we chose that we allow', 'accepter', SENT, 501n, range(100n, 2000n), 'agree'],
    ['accepter: the fee that we chose', 'accepter', SENT, 500n, range(100n, 2000n), 'agree'],
  ])('%s', (_what, us, negotiation, feeSat, theirs, expected) => {
    expect(answer(us, negotiation, feeSat, theirs)).toBe(expected);
  });

  it('uses the range that was sent, not what the terms have become', () => {
    const negotiation: ClosingNegotiation = { offered: { feeSat: 50n, range: range(40n, 60n) } };
    expect(answer('opener', negotiation, 45n, range(1n, 2000n))).toBe('agree');
    expect(answer('opener', negotiation, 400n, range(1n, 2000n))).toBe('fail-channel closing_signed.fee_outside_overlap');
  });

  it('ends within three messages whenever the ranges overlap', () => {
    const fee = fc.bigInt({ min: 0n, max: 5000n });
    const anyRange = fc.tuple(fee, fee).map(([a, b]) => (a < b ? range(a, b) : range(b, a)));
    fc.assert(
      fc.property(anyRange, anyRange, fee, (opener, accepter, wish) => {
        const first = wish < opener.minFeeSat ? opener.minFeeSat : wish > opener.maxFeeSat ? opener.maxFeeSat : wish;
        const overlap = opener.minFeeSat <= accepter.maxFeeSat && accepter.minFeeSat <= opener.maxFeeSat;
        const reply = answerFee('accepter', { feeSat: 0n, range: accepter }, {}, first, opener);
        expect(isViolation(reply)).toBe(!overlap);
        if (isViolation(reply) || reply.kind === 'agree') return;
        const offered = { feeSat: first, range: opener };
        expect(answerFee('opener', { feeSat: 0n, range: opener }, { offered: { ...offered } }, reply.feeSat, accepter)).toEqual({
          kind: 'agree',
        });
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('answerFee without fee_range', () => {
  const at = (sentSat: bigint, heardSat: bigint): ClosingNegotiation => ({
    offered: { feeSat: sentSat, range: OURS.range },
    peerOffered: { feeSat: heardSat },
  });
  const heard = (feeSat: bigint): ClosingNegotiation => ({ ...SENT, peerOffered: { feeSat } });
  it.each<readonly [string, ClosingNegotiation, bigint, string | bigint]>([
    ['the fee that we offered', SENT, 500n, 'agree'],
    ['within the range that we sent', SENT, 301n, 'agree'],
    ['within the range that we sent, although not strictly between', heard(900n), 950n, 'agree'],
    ['first words, within our range', {}, 1000n, 'agree'],
    ['first words, above our range: ours', {}, 1001n, 500n],
    ['first words, below our range: ours', {}, 299n, 500n],
    ['above the range that we sent: a quarter of the way to our bound', SENT, 3000n, 625n],
    ['below the range that we sent: a quarter of the way to our bound', SENT, 200n, 450n],
    ['just above the range that we sent', SENT, 1001n, 625n],
    ['just below the range that we sent', SENT, 299n, 450n],
    ['coming nearer, still above', heard(3000n), 2000n, 625n],
    ['coming nearer by one', heard(3000n), 2999n, 625n],
    ['the last step up', at(999n, 3000n), 2000n, 1000n],
    ['the last step down', at(301n, 100n), 200n, 300n],
    ['not strictly between what we sent and they sent, above', heard(3000n), 3000n, 'warn-and-disconnect closing_signed.fee_not_between'],
    ['not strictly between what we sent and they sent, below', at(500n, 100n), 100n, 'warn-and-disconnect closing_signed.fee_not_between'],
    ['strictly between what we sent and they sent, below', at(500n, 100n), 101n, 450n],
    ['not strictly between, moving away', heard(3000n), 3001n, 'warn-and-disconnect closing_signed.fee_not_between'],
    ['not strictly between, on the other side of ours', heard(3000n), 299n, 'warn-and-disconnect closing_signed.fee_not_between'],
    ['above, when we are at our bound already', at(1000n, 3000n), 2000n, 'warn closing_signed.fee_beyond_bound'],
    ['below, when we are at our bound already', at(300n, 100n), 200n, 'warn closing_signed.fee_beyond_bound'],
  ])('%s', (_what, negotiation, feeSat, expected) => {
    for (const us of ['opener', 'accepter'] as const) expect(answer(us, negotiation, feeSat)).toBe(expected);
  });

  it('goes on strictly between until a peer that goes half of the way each time is met', () => {
    const amount = fc.bigInt({ min: 0n, max: 1_000_000n });
    fc.assert(
      fc.property(fc.tuple(amount, amount, amount), fc.constantFrom('opener', 'accepter'), (fees, us) => {
        const [minFeeSat, feeSat, maxFeeSat] = fees.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)) as [bigint, bigint, bigint];
        const terms: FeeTerms = { feeSat, range: range(minFeeSat, maxFeeSat) };
        fc.pre(maxFeeSat > feeSat + 50n && minFeeSat + 50n < feeSat);
        const [above, below] = [maxFeeSat + 20n * (maxFeeSat - feeSat), minFeeSat - 20n * (feeSat - minFeeSat)];
        let theirs = us === 'opener' ? above : below > 0n ? below : 0n;
        let negotiation: ClosingNegotiation = { offered: { feeSat, range: terms.range }, peerOffered: undefined };
        for (let round = 0; round < 100; round++) {
          const reply = answerFee(us, terms, negotiation, theirs, undefined);
          if (isViolation(reply)) throw new Error(reply.detail);
          if (reply.kind === 'agree') return;
          const last = negotiation.offered?.feeSat ?? 0n;
          expect(theirs > last ? reply.feeSat > last && reply.feeSat < theirs : reply.feeSat < last && reply.feeSat > theirs).toBe(true);
          negotiation = { offered: { feeSat: reply.feeSat, range: terms.range }, peerOffered: { feeSat: theirs } };
          theirs = (theirs + reply.feeSat) / 2n;
        }
        throw new Error('never agreed');
      }),
      { seed: 13, numRuns: 300, endOnFailure: true },
    );
  });
});
