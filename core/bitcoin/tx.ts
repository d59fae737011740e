import type { Hex, RawTx, Script, Txid } from '../crypto/bytes.ts';
import { hash256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { byteLength, compactSize, u32le, u64le, varBytes } from './encode.ts';

/** Which output of which transaction; `txid` in wire order. */
export interface Outpoint {
  readonly txid: Txid;
  readonly vout: number;
}

export interface TxInput extends Outpoint {
  readonly sequence: number;
  readonly scriptSig: Script;
  readonly witness: readonly Hex[];
}

export interface TxOutput {
  readonly amountSat: bigint;
  readonly script: Script;
}

/** A Bitcoin transaction. `version`, `locktime` and sequences are unsigned 32-bit numbers. */
export interface Tx {
  readonly version: number;
  readonly locktime: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
}

export const EMPTY_SCRIPT = '' as Script;

export function serialiseOutpoint(outpoint: Outpoint): Hex {
  return outpoint.txid + u32le(outpoint.vout);
}

export function serialiseOutputs(outputs: readonly TxOutput[]): Hex {
  let out = '';
  for (const output of outputs) out += u64le(output.amountSat) + varBytes(output.script);
  return out;
}

function serialiseBody(tx: Tx): Hex {
  let inputs = '';
  for (const input of tx.inputs) inputs += serialiseOutpoint(input) + varBytes(input.scriptSig) + u32le(input.sequence);
  return compactSize(tx.inputs.length) + inputs + compactSize(tx.outputs.length) + serialiseOutputs(tx.outputs);
}

function serialiseWitnesses(tx: Tx): Hex {
  let out = '';
  for (const input of tx.inputs) {
    out += compactSize(input.witness.length);
    for (const item of input.witness) out += varBytes(item);
  }
  return out;
}

function hasWitness(tx: Tx): boolean {
  return tx.inputs.some((input) => input.witness.length > 0);
}

/** The serialisation that the txid hashes: no witness. */
export function serialiseWithoutWitness(tx: Tx): RawTx {
  return (u32le(tx.version) + serialiseBody(tx) + u32le(tx.locktime)) as RawTx;
}

/** The network serialisation (BIP 144): with marker, flag and witnesses where any input has a witness. */
export function serialiseTx(tx: Tx): RawTx {
  if (!hasWitness(tx)) return serialiseWithoutWitness(tx);
  return (u32le(tx.version) + '0001' + serialiseBody(tx) + serialiseWitnesses(tx) + u32le(tx.locktime)) as RawTx;
}

/** In wire order, as everywhere in core. */
export function txid(crypto: Crypto, tx: Tx): Txid {
  return hash256Hex<Txid>(crypto, serialiseWithoutWitness(tx));
}

/** BIP 141 weight units: three times the size without witness plus the whole size. */
export function txWeight(tx: Tx): number {
  return 3 * byteLength(serialiseWithoutWitness(tx)) + byteLength(serialiseTx(tx));
}

/** The same transaction with one input's witness replaced. */
export function withWitness(tx: Tx, index: number, witness: readonly Hex[]): Tx {
  return { ...tx, inputs: tx.inputs.map((input, i) => (i === index ? { ...input, witness } : input)) };
}

/** The transaction and nothing else: outputs that builders make say more about themselves, which is not to be stored. */
export function plainTx(tx: Tx): Tx {
  return { ...tx, outputs: tx.outputs.map(({ amountSat, script }) => ({ amountSat, script })) };
}
