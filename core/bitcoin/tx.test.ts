import { sha256 } from '@noble/hashes/sha2.js';
import { RawTx as RawTxCoder } from '@scure/btc-signer/script.js';
import { Transaction } from '@scure/btc-signer/transaction.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Hash32, Hex, RawTx, Script, Txid } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { parseTx } from './parse.ts';
import { bip143Sighash, sighashMidstates, SIGHASH_ALL } from './sighash.ts';
import { serialiseTx, serialiseWithoutWitness, txid, txWeight, withWitness } from './tx.ts';
import type { Tx } from './tx.ts';

const SEED = 0x746e7873;

const u32 = fc.nat(0xffffffff);
const amount = fc.oneof(fc.bigInt(0n, 21_000_000_00000000n), fc.bigInt(0n, (1n << 63n) - 1n));
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength, maxLength }).map((value) => toHex(value));
const script = bytes(0, 60) as fc.Arbitrary<Script>;

const anyTx: fc.Arbitrary<Tx> = fc.record({
  version: fc.nat(0x7fffffff),
  locktime: u32,
  inputs: fc.array(
    fc.record({
      txid: bytes(32, 32) as fc.Arbitrary<Txid>,
      vout: u32,
      sequence: u32,
      scriptSig: script,
      witness: fc.array(fc.oneof(bytes(0, 80), bytes(250, 260)), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  outputs: fc.array(fc.record({ amountSat: amount, script }), { minLength: 1, maxLength: 5 }),
});

/** The same transaction through another implementation. */
function reference(tx: Tx): Uint8Array {
  const segwitFlag = tx.inputs.some((input) => input.witness.length > 0);
  return RawTxCoder.encode({
    version: tx.version,
    segwitFlag,
    inputs: tx.inputs.map((input) => ({
      txid: fromHex(input.txid).reverse(),
      index: input.vout,
      finalScriptSig: fromHex(input.scriptSig),
      sequence: input.sequence,
    })),
    outputs: tx.outputs.map((output) => ({ amount: output.amountSat, script: fromHex(output.script) })),
    ...(segwitFlag ? { witnesses: tx.inputs.map((input) => input.witness.map((item) => fromHex(item))) } : {}),
    lockTime: tx.locktime,
  });
}

function referenceTransaction(tx: Tx): Transaction {
  return Transaction.fromRaw(reference(tx), { allowUnknownOutputs: true, allowUnknownVersion: true, disableScriptCheck: true });
}

describe('transactions, against @scure/btc-signer', () => {
  it('serialise, parse, identify and weigh the same', () => {
    fc.assert(
      fc.property(anyTx, (tx) => {
        const raw = serialiseTx(tx);
        expect(raw).toBe(toHex(reference(tx)));
        expect(parseTx(raw)).toEqual(tx);
        const bare = { ...tx, inputs: tx.inputs.map((input) => ({ ...input, witness: [] })) };
        expect(serialiseWithoutWitness(tx)).toBe(toHex(reference(bare)));
        expect(txWeight(tx)).toBe(3 * reference(bare).length + reference(tx).length);
        expect(txid(noble, tx)).toBe(toHex(sha256(sha256(reference(bare)))));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('have the same BIP 143 digests, for every sighash type', () => {
    const types = [0x01, 0x02, 0x03, 0x81, 0x82, 0x83];
    fc.assert(
      fc.property(anyTx, fc.nat(4), fc.constantFrom(...types), bytes(0, 300) as fc.Arbitrary<Script>, amount, (tx, n, type, code, sat) => {
        const index = n % tx.inputs.length;
        const expected = toHex<Hash32>(referenceTransaction(tx).preimageWitnessV0(index, fromHex(code), type, sat));
        expect(bip143Sighash(noble, tx, index, code, sat, type)).toBe(expected);
        expect(bip143Sighash(noble, tx, index, code, sat, type, sighashMidstates(noble, tx, index, type))).toBe(expected);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('share midstates between inputs signed with SIGHASH_ALL', () => {
    fc.assert(
      fc.property(anyTx, (tx) => {
        expect(sighashMidstates(noble, tx, tx.inputs.length - 1, SIGHASH_ALL)).toEqual(sighashMidstates(noble, tx, 0, SIGHASH_ALL));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  it('refuse to sign for an input that is not there', () => {
    const tx: Tx = { version: 2, locktime: 0, inputs: [], outputs: [] };
    expect(() => bip143Sighash(noble, tx, 0, '' as Script, 0n, SIGHASH_ALL)).toThrow(new RangeError('no input 0'));
  });
});

describe('parseTx', () => {
  it('reads the version without a sign', () => {
    const outputs = [{ amountSat: 1n, script: '51' as Script }];
    const inputs = [{ txid: '11'.repeat(32) as Txid, vout: 0, sequence: 1, scriptSig: '' as Script, witness: [] }];
    const tx: Tx = { version: 0xfffffffe, locktime: 0, inputs, outputs };
    expect(parseTx(serialiseTx(tx))).toEqual(tx);
  });

  it('answers undefined for what is no transaction', () => {
    for (const raw of ['', '00', '02000000', '0200000000010000000000']) expect(parseTx(raw as RawTx)).toBeUndefined();
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(anyTx, fc.nat(), fc.nat(255), (tx, at, value) => {
        const raw = fromHex(serialiseTx(tx));
        raw[at % raw.length] = value;
        const parsed = parseTx(toHex<RawTx>(raw));
        if (parsed !== undefined) expect(parseTx(serialiseTx(parsed))).toEqual(parsed);
        expect(parseTx(toHex<RawTx>(raw.slice(0, at % raw.length)))).toBeUndefined();
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('withWitness', () => {
  it('replaces one witness and nothing else', () => {
    const input = { txid: '11'.repeat(32) as Txid, vout: 0, sequence: 1, scriptSig: '' as Script, witness: ['aa'] };
    const tx: Tx = { version: 2, locktime: 3, inputs: [input, { ...input, vout: 1 }], outputs: [] };
    expect(withWitness(tx, 1, ['bb', 'cc'])).toEqual({ ...tx, inputs: [input, { ...input, vout: 1, witness: ['bb', 'cc'] }] });
  });
});
