import { describe, expect, it } from 'vitest';
import type { Hash32 } from '../crypto/bytes.ts';
import { anchorsCostSat, commitmentFeeSat, htlcTransactionKind, htlcTxFeeSat, isTrimmed } from './fees.ts';
import type { HtlcSpec, Side } from './types.ts';

function htlc(offerer: Side, amountMsat: bigint): HtlcSpec {
  return { offerer, id: 0n, amountMsat, paymentHash: '00'.repeat(32) as Hash32, cltvExpiry: 500 };
}

describe('BOLT 3, Fee Calculation: the example', () => {
  const trimmed = (offerer: Side, amountMsat: bigint): boolean =>
    isTrimmed('static_remotekey', 'opener', 546n, 5000, htlc(offerer, amountMsat));

  it('has its HTLC fees', () => {
    expect(htlcTxFeeSat('static_remotekey', 5000, 'timeout')).toBe(3315n);
    expect(htlcTxFeeSat('static_remotekey', 5000, 'success')).toBe(3515n);
  });
  it('trims two of its four HTLCs', () => {
    expect([trimmed('opener', 5000000n), trimmed('opener', 1000000n)]).toEqual([false, true]);
    expect([trimmed('accepter', 7000000n), trimmed('accepter', 800000n)]).toEqual([false, true]);
  });
  it('has its commitment fee', () => expect(commitmentFeeSat('static_remotekey', 5000, 2)).toBe(5340n));
});

describe('fees', () => {
  it('round down', () => {
    expect(commitmentFeeSat('static_remotekey', 1, 0)).toBe(0n);
    expect(commitmentFeeSat('static_remotekey', 253, 1)).toBe(226n);
    expect(htlcTxFeeSat('static_remotekey', 253, 'timeout')).toBe(167n);
  });
  it('are exact for the greatest feerate and the most HTLCs', () => {
    expect(commitmentFeeSat('anchors', 0xffffffff, 966)).toBe((0xffffffffn * (1124n + 172n * 966n)) / 1000n);
  });
  it('are higher for the commitment and nothing for HTLC transactions with anchors', () => {
    expect(commitmentFeeSat('anchors', 1000, 3)).toBe(1124n + 3n * 172n);
    expect(htlcTxFeeSat('anchors', 1000, 'timeout')).toBe(0n);
    expect(htlcTxFeeSat('anchors', 1000, 'success')).toBe(0n);
    expect([anchorsCostSat('anchors'), anchorsCostSat('static_remotekey')]).toEqual([660n, 0n]);
  });
});

describe('BOLT 3, Trimmed Outputs', () => {
  it('tells the kind of HTLC transaction from who owns the commitment', () => {
    expect(htlcTransactionKind('opener', htlc('opener', 1n))).toBe('timeout');
    expect(htlcTransactionKind('opener', htlc('accepter', 1n))).toBe('success');
    expect(htlcTransactionKind('accepter', htlc('accepter', 1n))).toBe('timeout');
  });
  it('counts the fee of the HTLC transaction, and whole satoshis', () => {
    const limit = 546000n + 663000n;
    expect(isTrimmed('static_remotekey', 'opener', 546n, 1000, htlc('opener', limit))).toBe(false);
    expect(isTrimmed('static_remotekey', 'opener', 546n, 1000, htlc('opener', limit - 1n))).toBe(true);
    expect(isTrimmed('static_remotekey', 'accepter', 546n, 1000, htlc('opener', limit + 39999n))).toBe(true);
    expect(isTrimmed('static_remotekey', 'accepter', 546n, 1000, htlc('opener', limit + 40000n))).toBe(false);
  });
  it('looks only at the amount with anchors', () => {
    expect(isTrimmed('anchors', 'opener', 546n, 100000, htlc('opener', 546000n))).toBe(false);
    expect(isTrimmed('anchors', 'opener', 546n, 0, htlc('accepter', 545999n))).toBe(true);
  });
});
