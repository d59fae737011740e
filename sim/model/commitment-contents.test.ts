import { describe, expect, it } from 'vitest';
import type { AddUpdate, Cut, SharedState, Update } from '../../core/channel/model/state.ts';
import type { Hash32, Preimage } from '../../core/crypto/bytes.ts';
import type { Side } from '../../core/transactions/types.ts';
import { firstDifference, kindOfPath } from '../oracles/compare.ts';
import { contentsAt, signableCut } from './commitment-contents.ts';
import { print } from '../oracles/difference.ts';

function add(offerer: Side, id: bigint, amountMsat: bigint): AddUpdate {
  return { kind: 'add', offerer, id, amountMsat, paymentHash: '11'.repeat(32) as Hash32, cltvExpiry: 500, onion: new Uint8Array(2) };
}

function shared(opener: readonly Update[], accepter: readonly Update[], baseHtlcs: readonly AddUpdate[] = []): SharedState {
  const commitment = { number: 0n, cut: { opener: 10, accepter: 20 }, txids: [] };
  return {
    base: {
      cut: { opener: 10, accepter: 20 },
      balanceMsat: { opener: 1000n, accepter: 2000n },
      htlcs: { opener: baseHtlcs.filter((h) => h.offerer === 'opener'), accepter: baseHtlcs.filter((h) => h.offerer === 'accepter') },
      feeratePerKw: 253,
      nextHtlcId: { opener: 0n, accepter: 0n },
    },
    logs: { opener, accepter },
    commitments: { opener: { current: commitment }, accepter: { current: { ...commitment, cut: { opener: 11, accepter: 20 } } } },
  };
}

const all = (s: SharedState): Cut => ({ opener: 10 + s.logs.opener.length, accepter: 20 + s.logs.accepter.length });

describe('contents', () => {
  it('applies adds before removals, and the last fee', () => {
    const removal: Update = { kind: 'fulfill', id: 7n, preimage: '22'.repeat(32) as Preimage };
    // The accepter's log is folded after the opener's, the add that it removes may stand in either place.
    const s = shared([add('opener', 7n, 100n), { kind: 'fee', feeratePerKw: 300 }, { kind: 'fee', feeratePerKw: 400 }], [removal]);
    expect(contentsAt(s, all(s))).toEqual({ balanceMsat: { opener: 900n, accepter: 2100n }, htlcs: [], feeratePerKw: 400 });
    expect(contentsAt(s, { opener: 11, accepter: 20 })).toMatchObject({ htlcs: [{ id: 7n }], feeratePerKw: 253 });
  });

  it('gives a failed HTLC back', () => {
    const htlc = add('accepter', 3n, 50n);
    const s = shared([{ kind: 'fail', id: 3n, reason: '' }], [], [htlc]);
    expect(contentsAt(s, all(s))).toMatchObject({ balanceMsat: { opener: 1000n, accepter: 2050n }, htlcs: [] });
  });

  it('says what is impossible', () => {
    expect(contentsAt(shared([], []), { opener: 11, accepter: 20 })).toBe('cut-outside-log');
    expect(contentsAt(shared([], []), { opener: 9, accepter: 20 })).toBe('cut-outside-log');
    const unknown = shared([{ kind: 'fail', id: 1n, reason: '' }], []);
    expect(contentsAt(unknown, all(unknown))).toBe('removal-of-unknown-htlc');
    const fee = shared([], [{ kind: 'fee', feeratePerKw: 1 }]);
    expect(contentsAt(fee, all(fee))).toBe('fee-from-accepter');
    const wrong = shared([add('accepter', 0n, 1n)], []);
    expect(contentsAt(wrong, all(wrong))).toBe('add-in-the-wrong-log');
  });

  it('lets a signer include all of its own and what it has revoked for', () => {
    const s = shared([{ kind: 'fee', feeratePerKw: 300 }], [add('accepter', 0n, 1n)]);
    expect(signableCut(s, 'accepter')).toEqual({ opener: 11, accepter: 21 });
    expect(signableCut(s, 'opener')).toEqual({ opener: 11, accepter: 20 });
  });
});

describe('comparison', () => {
  it('finds the first difference, wherever it is', () => {
    expect(firstDifference({ a: [1n, { b: new Uint8Array([1]) }] }, { a: [1n, { b: new Uint8Array([1]) }] })).toBeUndefined();
    expect(firstDifference({ a: [1n, { b: new Uint8Array([1]) }] }, { a: [1n, { b: new Uint8Array([2]) }] })).toMatchObject({
      path: 'a.1.b',
    });
    expect(firstDifference([1], [1, 2])).toMatchObject({ path: 'length' });
    expect(firstDifference({ a: undefined }, {})).toBeUndefined();
    expect(firstDifference({}, { a: 1 })).toMatchObject({ path: 'a', right: 1 });
    expect(firstDifference(new Map([['k', 1]]), new Map([['k', 2]]))).toMatchObject({ left: 1, right: 2 });
    expect(firstDifference(1n, 1)).toMatchObject({ path: '' });
    expect(firstDifference([], {})).toBeDefined();
    expect(firstDifference(new Uint8Array([1]), [1])).toBeDefined();
  });

  it('names one of few kinds', () => {
    expect(kindOfPath('base.htlcs.opener.3.amountMsat')).toBe('htlcs');
    expect(kindOfPath('logs.opener.0.feeratePerKw')).toBe('updates');
    expect(kindOfPath('feeratePerKw')).toBe('feerate');
    expect(kindOfPath('balanceMsat.accepter')).toBe('balance');
    expect(kindOfPath('commitments.opener.current.number')).toBe('numbers');
  });
});

describe('reports', () => {
  it('prints values for people', () => {
    expect(print({ a: 1n, b: [true, undefined], c: new Uint8Array(1366), d: undefined })).toBe(
      '{ a: 1, b: [true, none], c: <1366 bytes 0 0 0 0> }',
    );
  });
});
