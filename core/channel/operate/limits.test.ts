import { describe, expect, it } from 'vitest';
import { Duo } from '../duo.fixture.ts';
import type { Contents } from '../model/contents.ts';
import {
  dearestOpenerCostSat,
  dustExposureMsat,
  exceedsDustExposure,
  inFlightLimit,
  openerAffords,
  openerCostSat,
  reserveKept,
  untrimmedCount,
} from './limits.ts';
import { onlyFunding } from '../model/fundings.ts';
import type { AddUpdate, ChannelParams, FundingTerms, Party } from '../model/state.ts';
import { htlc } from '../updates.fixture.ts';

const opened = new Duo().open().funded('opener');

type Of = readonly [ChannelParams, FundingTerms];

function paramsOf(
  format: FundingTerms['format'],
  opener: Partial<Party> = {},
  accepter: Partial<Party> = { dustLimitSat: 1000n },
  reserveSat: FundingTerms['reserveSat'] = { opener: 0n, accepter: 0n },
): Of {
  const { params, fundings } = opened;
  const { parties } = params;
  const both = { opener: { ...parties.opener, ...opener }, accepter: { ...parties.accepter, ...accepter } };
  return [
    { ...params, parties: both },
    { ...onlyFunding({ fundings }).output, format, reserveSat },
  ];
}

function holding(htlcs: readonly AddUpdate[], opener = 0n, accepter = 0n, feeratePerKw = 2500): Contents {
  return { balanceMsat: { opener, accepter }, htlcs, feeratePerKw };
}

const withFees = paramsOf('static_remotekey');
const anchors = paramsOf('anchors');

describe('an HTLC is trimmed by the owner’s own dust limit', () => {
  // Dust limits: opener 354, accepter 1000. At 2500 per kw HTLC-timeout costs 1657 sat, HTLC-success 1757.
  it.each([
    ['static_remotekey', 'opener', 'opener', 354n + 1657n],
    ['static_remotekey', 'opener', 'accepter', 354n + 1757n],
    ['static_remotekey', 'accepter', 'accepter', 1000n + 1657n],
    ['static_remotekey', 'accepter', 'opener', 1000n + 1757n],
    ['anchors', 'opener', 'opener', 354n],
    ['anchors', 'opener', 'accepter', 354n],
    ['anchors', 'accepter', 'accepter', 1000n],
    ['anchors', 'accepter', 'opener', 1000n],
  ] as const)('%s, on the commitment of the %s, offered by the %s: below %i sat', (format, owner, offerer, limitSat) => {
    const params = format === 'anchors' ? anchors : withFees;
    const below = htlc(offerer, 0n, limitSat * 1000n - 1n);
    const at = htlc(offerer, 1n, limitSat * 1000n);
    expect(untrimmedCount(...params, owner, holding([below]))).toBe(0);
    expect(untrimmedCount(...params, owner, holding([at]))).toBe(1);
    expect(untrimmedCount(...params, owner, holding([below, at, at]))).toBe(2);
    expect(dustExposureMsat(...params, owner, holding([below, at, below]))).toBe(2n * (limitSat * 1000n - 1n));
    expect(dustExposureMsat(...params, owner, holding([at]))).toBe(0n);
  });

  it('at another feerate than the commitment’s where one is given', () => {
    const contents = holding([htlc('opener', 0n, 2_011_000n)]);
    expect(untrimmedCount(...withFees, 'opener', contents, 2501)).toBe(0);
    expect(untrimmedCount(...withFees, 'opener', contents, 2500)).toBe(1);
    expect(dustExposureMsat(...withFees, 'opener', { ...contents, feeratePerKw: 2501 })).toBe(2_011_000n);
    expect(dustExposureMsat(...withFees, 'opener', contents)).toBe(0n);
  });
});

describe('what the opener pays', () => {
  const contents = holding([htlc('opener', 0n, 2_500_000n), htlc('accepter', 0n, 2_500_000n), htlc('accepter', 1n, 9_000_000n)]);

  it('is the fee for the untrimmed HTLCs of that owner, one more for each that is to come, and anchors', () => {
    expect(openerCostSat(...withFees, 'opener', holding([]), 2500)).toBe(1810n);
    expect(openerCostSat(...withFees, 'opener', contents, 2500)).toBe(1810n + 3n * 430n);
    expect(openerCostSat(...withFees, 'accepter', contents, 2500)).toBe(1810n + 430n);
    expect(openerCostSat(...withFees, 'accepter', contents, 2500, 2)).toBe(1810n + 3n * 430n);
    expect(openerCostSat(...anchors, 'accepter', contents, 2500)).toBe(660n + 2810n + 3n * 430n);
    expect(openerCostSat(...withFees, 'opener', contents, 5000)).toBe(3620n + 860n);
  });

  it('is judged by the dearer commitment, whichever that is', () => {
    expect(dearestOpenerCostSat(...withFees, contents, 2500)).toBe(1810n + 3n * 430n);
    expect(dearestOpenerCostSat(...withFees, contents, 2500, 1)).toBe(1810n + 4n * 430n);
    const swapped = paramsOf('static_remotekey', { dustLimitSat: 1000n }, { dustLimitSat: 354n });
    expect(openerCostSat(...swapped, 'opener', contents, 2500)).toBe(1810n + 430n);
    expect(dearestOpenerCostSat(...swapped, contents, 2500)).toBe(1810n + 3n * 430n);
  });

  it('is affordable down to the last millisatoshi, reserve or not', () => {
    expect(openerAffords(...withFees, 'accepter', holding([], 1_810_000n))).toBeUndefined();
    expect(openerAffords(...withFees, 'accepter', holding([], 1_809_999n))).toEqual({
      rule: 'update_fee.affordable',
      detail: '1809999 msat left, the commitment costs 1810000',
    });
    expect(openerAffords(...anchors, 'opener', holding([], 3_470_000n))).toBeUndefined();
    expect(openerAffords(...anchors, 'opener', holding([], 3_469_999n))).toBeDefined();
    expect(openerAffords(...withFees, 'opener', holding(contents.htlcs, 3_099_999n))).toBeDefined();
    expect(openerAffords(...withFees, 'accepter', holding(contents.htlcs, 3_099_999n))).toBeUndefined();
  });
});

describe('inFlightLimit', () => {
  const limits = { maxAcceptedHtlcs: 2, maxHtlcValueInFlightMsat: 5000n };
  const three = [htlc('opener', 0n, 1n), htlc('opener', 1n, 1n), htlc('opener', 2n, 1n)];

  it('is the receiver’s, over what the offerer has in flight', () => {
    const [params] = paramsOf('anchors', { maxAcceptedHtlcs: 9 }, limits);
    const theirs = [htlc('accepter', 0n, 7000n), htlc('accepter', 1n, 7000n), htlc('accepter', 2n, 7000n)];
    expect(inFlightLimit(params, 'opener', holding([...three.slice(1), ...theirs]))).toBeUndefined();
    expect(inFlightLimit(params, 'opener', holding(three))).toEqual({
      rule: 'update_add_htlc.max_accepted_htlcs',
      detail: '3 HTLCs offered, the receiver accepts 2',
    });
    expect(inFlightLimit(params, 'accepter', holding(three))).toBeUndefined();
    const [swapped] = paramsOf('anchors', limits, {});
    expect(inFlightLimit(swapped, 'opener', holding(three))).toBeUndefined();
    expect(inFlightLimit(swapped, 'accepter', holding(theirs))).toMatchObject({ rule: 'update_add_htlc.max_accepted_htlcs' });
  });

  it('counts value up to the last millisatoshi', () => {
    const [params] = paramsOf('anchors', {}, limits);
    expect(inFlightLimit(params, 'opener', holding([htlc('opener', 0n, 4000n), htlc('opener', 1n, 1000n)]))).toBeUndefined();
    expect(inFlightLimit(params, 'opener', holding([htlc('opener', 0n, 4000n), htlc('opener', 1n, 1001n)]))).toEqual({
      rule: 'update_add_htlc.max_htlc_value_in_flight_msat',
      detail: '5001 msat in flight, the receiver accepts 5000',
    });
  });
});

describe('reserveKept', () => {
  const [, terms] = paramsOf('anchors', {}, {}, { opener: 10n, accepter: 20n });

  it('is what the other side asked for, with what this side pays', () => {
    expect(reserveKept(terms, 'opener', holding([], 10_000n), 0n)).toBeUndefined();
    expect(reserveKept(terms, 'opener', holding([], 9_999n), 0n)).toEqual({
      rule: 'update_add_htlc.channel_reserve_satoshis',
      detail: '9999 msat left, 10000 needed for reserve and fees',
    });
    expect(reserveKept(terms, 'opener', holding([], 13_000n), 3n)).toBeUndefined();
    expect(reserveKept(terms, 'opener', holding([], 12_999n), 3n)).toBeDefined();
    expect(reserveKept(terms, 'accepter', holding([], 0n, 20_000n), 0n)).toBeUndefined();
    expect(reserveKept(terms, 'accepter', holding([], 99_000n, 19_999n), 0n)).toBeDefined();
  });
});

describe('exceedsDustExposure', () => {
  const dust = htlc('opener', 0n, 900_000n);
  const more = htlc('opener', 1n, 600_000n);
  const large = htlc('opener', 2n, 9_000_000n);

  it('asks of an HTLC that is trimmed from a commitment whether the dust there is over the limit', () => {
    const contents = holding([dust, more, large]);
    expect(exceedsDustExposure(...anchors, 'accepter', contents, dust, 1_500_000n)).toBe(false);
    expect(exceedsDustExposure(...anchors, 'accepter', contents, dust, 1_499_999n)).toBe(true);
    expect(exceedsDustExposure(...anchors, 'accepter', contents, large, 0n)).toBe(false);
  });

  it('does not mix the dust of one commitment with an HTLC that only the other trims', () => {
    // On the opener's commitment 300 sat are dust, on the accepter's 900 sat too.
    const small = htlc('accepter', 0n, 300_000n);
    const contents = holding([dust, small]);
    expect(exceedsDustExposure(...anchors, 'opener', contents, small, 300_000n)).toBe(false);
    expect(exceedsDustExposure(...anchors, 'opener', contents, dust, 0n)).toBe(false);
    expect(exceedsDustExposure(...anchors, 'accepter', contents, small, 1_200_000n)).toBe(false);
    expect(exceedsDustExposure(...anchors, 'accepter', contents, dust, 1_199_999n)).toBe(true);
    expect(dustExposureMsat(...anchors, 'opener', contents)).toBe(300_000n);
  });
});
