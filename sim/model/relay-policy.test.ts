import { describe, expect, it } from 'vitest';
import anchorVectors from '../../corpus/vectors/bolt03-commitments-anchors.json' with { type: 'json' };
import commitmentVectors from '../../corpus/vectors/bolt03-commitments.json' with { type: 'json' };
import { serialiseTx } from '../../core/bitcoin/tx.ts';
import type { Tx, TxInput, TxOutput } from '../../core/bitcoin/tx.ts';
import type { Hex, RawTx, Script, Txid } from '../../core/crypto/bytes.ts';
import { checkPolicy } from './relay-policy.ts';
import type { PolicyOptions } from './relay-policy.ts';

const p2wsh = ('0020' + '22'.repeat(32)) as Script;
const p2wpkh = ('0014' + '22'.repeat(20)) as Script;
const input: TxInput = { txid: 'ab'.repeat(32) as Txid, vout: 0, sequence: 0, scriptSig: '' as Script, witness: ['', '51'] };
const tx: Tx = { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat: 10_000n, script: p2wsh }] };
const prevout: TxOutput = { amountSat: 20_000n, script: p2wsh };

function problem(changed: Partial<Tx>, prevouts: readonly TxOutput[] = [prevout], options?: PolicyOptions): string {
  const verdict = checkPolicy(serialiseTx({ ...tx, ...changed }), prevouts, options);
  return verdict.ok ? 'none' : verdict.reason;
}
const withWitness = (witness: readonly Hex[]): Partial<Tx> => ({ inputs: [{ ...input, witness }] });
const withOutput = (amountSat: bigint, script: Script): Partial<Tx> => ({ outputs: [{ amountSat, script }] });

describe('relay policy', () => {
  it('is content with an ordinary transaction', () => expect(problem({})).toBe('none'));

  it('knows the version', () => {
    expect(problem({ version: 1 })).toBe('version 1');
    expect(problem({ version: 3 })).toBe('version 3');
  });

  it('has a dust limit for each kind of script', () => {
    expect(problem(withOutput(330n, p2wsh))).toBe('none');
    expect(problem(withOutput(329n, p2wsh))).toBe('output of 329 sat is dust');
    expect(problem(withOutput(294n, p2wpkh))).toBe('none');
    expect(problem(withOutput(293n, p2wpkh))).toBe('output of 293 sat is dust');
    expect(problem(withOutput(0n, ('6a06' + '11'.repeat(6)) as Script))).toBe('none');
  });

  it('takes only standard outputs', () => {
    expect(problem(withOutput(10_000n, '51' as Script))).toBe('output script 51 is not standard');
    expect(problem(withOutput(0n, ('6a4c50' + '11'.repeat(80)) as Script))).toBe('none');
    expect(problem(withOutput(0n, ('6a4c51' + '11'.repeat(81)) as Script))).toBe('OP_RETURN too long');
  });

  it('limits witnesses of P2WSH, and of nothing else', () => {
    expect(problem(withWitness(['11'.repeat(80), '51'.repeat(3600)]))).toBe('none');
    expect(problem(withWitness(['51'.repeat(3601)]))).toBe('witness script too long');
    expect(problem(withWitness(['11'.repeat(81), '51']))).toBe('witness item too long');
    expect(problem(withWitness([...Array.from({ length: 100 }, () => ''), '51']))).toBe('none');
    expect(problem(withWitness([...Array.from({ length: 101 }, () => ''), '51']))).toBe('too many witness items');
    expect(problem(withWitness(['11'.repeat(81), '51']), [{ ...prevout, script: p2wpkh }])).toBe('none');
    expect(problem({ inputs: [{ ...input, scriptSig: '00' as Script }] })).toBe('scriptSig in a witness input');
    expect(problem({ inputs: [input, { ...input, vout: 1 }] })).toBe('spends an unknown output');
  });

  it('asks for one satoshi a virtual byte, rounded up, unless the fee comes from elsewhere', () => {
    // 94 bytes without witness, 2 of segwit and 4 of witness: weight 382, 95.5 virtual bytes.
    const paying = (feeSat: bigint): readonly TxOutput[] => [{ ...prevout, amountSat: 10_000n + feeSat }];
    expect(problem({}, paying(96n))).toBe('none');
    expect(problem({}, paying(95n))).toBe('fee of 95 sat, 96 sat are needed to be relayed');
    expect(problem({}, paying(0n), { feeFromElsewhere: true })).toBe('none');
  });

  it('limits the weight', () => {
    const outputs = (count: number): Partial<Tx> => ({
      outputs: Array.from({ length: count }, () => ({ amountSat: 330n, script: p2wsh })),
    });
    const rich = [{ ...prevout, amountSat: 100_000_000n }];
    expect(problem(outputs(2324), rich)).toBe('none');
    expect(problem(outputs(2325), rich)).toBe('weight 400118');
  });

  it('knows no policy for what is no transaction', () => {
    expect(checkPolicy('0200' as RawTx, [])).toEqual({ ok: false, fault: 'structure', reason: 'not a transaction' });
  });

  it('lets every transaction of BOLT 3 that pays its way pass', () => {
    const funding = { amountSat: 10_000_000n, script: p2wsh };
    for (const vector of commitmentVectors.cases) {
      const options = { feeFromElsewhere: vector.local_feerate_per_kw < 253 };
      expect(checkPolicy(vector.commit_tx as RawTx, [funding], options)).toEqual({ ok: true });
    }
    for (const vector of anchorVectors.cases) {
      expect(checkPolicy(vector.ExpectedCommitmentTxHex as RawTx, [funding])).toEqual({ ok: true });
      for (const htlc of vector.HtlcDescs) {
        expect(checkPolicy(htlc.ResolutionTxHex as RawTx, [{ amountSat: 0n, script: p2wsh }]).ok).toBe(false);
        expect(checkPolicy(htlc.ResolutionTxHex as RawTx, [prevout], { feeFromElsewhere: true })).toEqual({ ok: true });
      }
    }
  });
});
