import { scriptSignature } from '../bitcoin/der.ts';
import { bip143Sighash, hashSequence, SIGHASH_ALL } from '../bitcoin/sighash.ts';
import type { Midstates } from '../bitcoin/sighash.ts';
import { EMPTY_SCRIPT, serialiseTx, withWitness } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, Hex, Preimage, RawTx, Script, Signature } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { BuiltCommitment } from './commitment.ts';
import { htlcTransactionKind, htlcTxFeeSat } from './fees.ts';
import { FORMATS } from './formats.ts';
import type { HtlcTransactionKind } from './formats.ts';
import type { HtlcSpec } from './types.ts';

/** A second-stage transaction of a commitment, without signatures. */
export interface HtlcTransaction {
  readonly kind: HtlcTransactionKind;
  readonly htlc: HtlcSpec;
  /** Which output of the commitment transaction it spends, and what that holds. */
  readonly vout: number;
  readonly amountSat: bigint;
  readonly witnessScript: Script;
  readonly tx: Tx;
  /** What the side that does not own the commitment signs, and with which type. */
  readonly sighash: Hash32;
  readonly sighashType: number;
}

/** In the order of the outputs: ask `built.htlcTransactions`, which keeps them. */
export function buildHtlcTransactions(built: BuiltCommitment): readonly HtlcTransaction[] {
  const { channel, owner } = built;
  const { crypto, params } = channel;
  const { feeratePerKw } = built.contents;
  const { htlcSighashType: sighashType, htlcDelay: sequence } = FORMATS[params.format];
  const transactions: HtlcTransaction[] = [];
  let known: Partial<Midstates> = {};
  for (const [vout, output] of built.outputs.entries()) {
    if (output.kind !== 'htlc') continue;
    const { htlc, amountSat, witnessScript } = output;
    const kind = htlcTransactionKind(owner, htlc);
    const tx: Tx = {
      version: 2,
      locktime: kind === 'timeout' ? htlc.cltvExpiry : 0,
      inputs: [{ txid: built.txid, vout, sequence, scriptSig: EMPTY_SCRIPT, witness: [] }],
      outputs: [{ amountSat: amountSat - htlcTxFeeSat(params.format, feeratePerKw, kind), script: built.keys.delayed.script }],
    };
    // All of them have the same sequence.
    if (sighashType === SIGHASH_ALL && known.hashSequence === undefined) known = { hashSequence: hashSequence(crypto, tx) };
    const sighash = bip143Sighash(crypto, tx, 0, witnessScript, amountSat, sighashType, known);
    transactions.push({ kind, htlc, vout, amountSat, witnessScript, tx, sighash, sighashType });
  }
  return transactions;
}

/** What the owner of the commitment signs, always with SIGHASH_ALL (BOLT 5, Generation of HTLC Transactions). */
export function ownHtlcSighash(crypto: Crypto, htlcTx: HtlcTransaction): Hash32 {
  if (htlcTx.sighashType === SIGHASH_ALL) return htlcTx.sighash;
  return bip143Sighash(crypto, htlcTx.tx, 0, htlcTx.witnessScript, htlcTx.amountSat, SIGHASH_ALL);
}

/**
 * The witness of an HTLC transaction: `0 <remotehtlcsig> <localhtlcsig> <payment_preimage>`, or an empty item in place of the
 * preimage for HTLC-timeout. `own` is the signature of the commitment's owner, `peer` the one that came in commitment_signed.
 */
export function htlcTxWitness(htlcTx: HtlcTransaction, peer: Signature, own: Signature, preimage?: Preimage): readonly Hex[] {
  const signatures = [scriptSignature(peer, htlcTx.sighashType), scriptSignature(own, SIGHASH_ALL)];
  return ['', ...signatures, preimage ?? '', htlcTx.witnessScript];
}

/** The HTLC transaction, ready to broadcast (with anchors: ready to be given inputs that pay its fee, and signed again). */
export function signedHtlcTx(htlcTx: HtlcTransaction, peer: Signature, own: Signature, preimage?: Preimage): RawTx {
  return serialiseTx(withWitness(htlcTx.tx, 0, htlcTxWitness(htlcTx, peer, own, preimage)));
}
