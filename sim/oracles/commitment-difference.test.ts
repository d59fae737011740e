import { describe, expect, it } from 'vitest';
import type { Tx } from '../../core/bitcoin/tx.ts';
import type { FundedBase } from '../../core/channel/model/state.ts';
import { commitmentDifference, viewOfTx } from './commitment-difference.ts';
import type { CommitmentView } from './commitment-difference.ts';

const state = {
  fundings: [{ output: { format: 'static_remotekey', amountSat: 1_000_000n } }],
  shared: { base: { feeratePerKw: 1000 }, logs: { opener: [{ kind: 'fee', feeratePerKw: 2500 }], accepter: [] } },
} as unknown as FundedBase;

/** 724 weight units: 724 sat at 1,000 sat/kw, 1,810 at 2,500. */
const signed: CommitmentView = {
  outputs: [
    { label: 'to_local of B', amountSat: 100_000n, script: '0020bb' },
    { label: 'to_remote of A', amountSat: 899_276n, script: '0014aa' },
  ],
  number: '80 20',
  feeratePerKw: 1000,
};
const tx = (change: (outputs: Tx['outputs'][number][]) => Tx['outputs'][number][], locktime = 0x20): Tx => ({
  version: 2,
  locktime,
  inputs: [{ txid: '', vout: 0, sequence: 0x80, scriptSig: '', witness: [] }] as never,
  outputs: change(signed.outputs.map(({ amountSat, script }) => ({ amountSat, script })) as never),
});
const compare = (built: Tx) => commitmentDifference(state, ['B built', viewOfTx(built, signed)], ['A signed', signed]);

describe('two transactions for one commitment', () => {
  it('are told by what differs most tellingly', () => {
    expect(compare(tx((outputs) => outputs))).toBeUndefined();
    const dearer = compare(tx(([a, b]) => [a as never, { ...(b as object), amountSat: 898_190n } as never]));
    expect(dearer).toMatchObject({ kind: 'signed-feerate', left: '2,500 sat/kw', right: '1,000 sat/kw' });
    expect(dearer?.comparison.rows.filter(({ left, right }) => left !== right).map(({ what }) => what)).toEqual([
      'feerate',
      'fee, with dust',
      'to_remote of A',
    ]);
    const poorer = compare(tx(([a, b]) => [{ ...(a as object), amountSat: 99_999n } as never, b as never]));
    expect(poorer).toMatchObject({ kind: 'signed-balances', left: '99,999 sat for to_local of B', right: '100,000 sat for to_local of B' });
    expect(compare(tx((outputs) => outputs.slice(0, 1)))).toMatchObject({ kind: 'signed-balances', left: 'no to_remote of A' });
    expect(compare(tx((outputs) => outputs.reverse()))?.kind).toBe('signed-order');
    expect(compare(tx(([a, b]) => [a as never, { ...(b as object), script: '0014cc' } as never]))?.kind).toBe('signed-scripts');
    expect(compare(tx((outputs) => outputs, 0x21))?.kind).toBe('signed-number');
    const withHtlc = { ...signed, outputs: [...signed.outputs, { label: 'HTLC 3 of A', amountSat: 5n, script: '00' }] };
    expect(commitmentDifference(state, ['x', withHtlc], ['y', signed])?.kind).toBe('signed-htlcs');
  });
});
