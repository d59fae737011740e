import type { Hash32, Script } from '../crypto/bytes.ts';
import { hash256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { u32le, u64le, varBytes } from './encode.ts';
import { serialiseOutpoint, serialiseOutputs } from './tx.ts';
import type { Tx } from './tx.ts';

export const SIGHASH_ALL = 0x01;
const SIGHASH_NONE = 0x02;
const SIGHASH_SINGLE = 0x03;
const SIGHASH_ANYONECANPAY = 0x80;
/** What a peer signs HTLC transactions with where anchors apply (BOLT 3, HTLC-Timeout and HTLC-Success Transactions). */
export const SIGHASH_SINGLE_ANYONECANPAY = 0x83;

const ZERO = '00'.repeat(32);

/** The three hashes of BIP 143 over parts of the whole transaction. */
export interface Midstates {
  readonly hashPrevouts: string;
  readonly hashSequence: string;
  readonly hashOutputs: string;
}

function hashPrevouts(crypto: Crypto, tx: Tx): string {
  let prevouts = '';
  for (const input of tx.inputs) prevouts += serialiseOutpoint(input);
  return hash256Hex(crypto, prevouts);
}

/** Of the sequences of all inputs; transactions that agree in those share it. */
export function hashSequence(crypto: Crypto, tx: Tx): string {
  let sequences = '';
  for (const input of tx.inputs) sequences += u32le(input.sequence);
  return hash256Hex(crypto, sequences);
}

function hashOutputs(crypto: Crypto, tx: Tx, index: number, base: number): string {
  if (base === SIGHASH_NONE) return ZERO;
  if (base !== SIGHASH_SINGLE) return hash256Hex(crypto, serialiseOutputs(tx.outputs));
  const output = tx.outputs[index];
  return output === undefined ? ZERO : hash256Hex(crypto, serialiseOutputs([output]));
}

/** The midstates of one input under one sighash type. With SIGHASH_ALL they are the same for every input: compute them once. */
export function sighashMidstates(crypto: Crypto, tx: Tx, index: number, sighashType: number, known: Partial<Midstates> = {}): Midstates {
  const base = sighashType & 0x1f;
  const anyoneCanPay = (sighashType & SIGHASH_ANYONECANPAY) !== 0;
  const oneSequence = anyoneCanPay || base === SIGHASH_SINGLE || base === SIGHASH_NONE;
  return {
    hashPrevouts: known.hashPrevouts ?? (anyoneCanPay ? ZERO : hashPrevouts(crypto, tx)),
    hashSequence: known.hashSequence ?? (oneSequence ? ZERO : hashSequence(crypto, tx)),
    hashOutputs: known.hashOutputs ?? hashOutputs(crypto, tx, index, base),
  };
}

/**
 * The digest that a version 0 witness signature signs (BIP 143).
 *
 * `scriptCode` is the witness script (P2WSH) or the P2PKH script of the key (P2WPKH); `amountSat` is the spent output's.
 * `known` saves work where a caller has some of the hashes; they must be those of this transaction, input and sighash type.
 */
export function bip143Sighash(
  crypto: Crypto,
  tx: Tx,
  index: number,
  scriptCode: Script,
  amountSat: bigint,
  sighashType: number,
  known: Partial<Midstates> = {},
): Hash32 {
  const input = tx.inputs[index];
  if (input === undefined) throw new RangeError(`no input ${index}`);
  const midstates = sighashMidstates(crypto, tx, index, sighashType, known);
  return hash256Hex<Hash32>(
    crypto,
    u32le(tx.version) +
      midstates.hashPrevouts +
      midstates.hashSequence +
      serialiseOutpoint(input) +
      varBytes(scriptCode) +
      u64le(amountSat) +
      u32le(input.sequence) +
      midstates.hashOutputs +
      u32le(tx.locktime) +
      u32le(sighashType),
  );
}
