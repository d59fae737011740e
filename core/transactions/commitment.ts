import { scriptSignature } from '../bitcoin/der.ts';
import { p2wsh } from '../bitcoin/script.ts';
import { SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { EMPTY_SCRIPT, serialiseTx, txid, withWitness } from '../bitcoin/tx.ts';
import type { Tx, TxOutput } from '../bitcoin/tx.ts';
import type { Hash32, Hex, RawTx, Script, Signature, Txid } from '../crypto/bytes.ts';
import { ripemd160Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChannelScripts } from './channel-scripts.ts';
import { anchorsCostSat, commitmentFeeSat, isTrimmed } from './fees.ts';
import { FORMATS } from './formats.ts';
import { buildHtlcTransactions } from './htlc.ts';
import type { HtlcTransaction } from './htlc.ts';
import type { CommitmentKeys } from './keys.ts';
import { offeredHtlcWitnessScript, receivedHtlcWitnessScript } from './scripts.ts';
import type { HtlcScriptKeys } from './scripts.ts';
import { other } from './types.ts';
import type { ChannelParams, CommitmentContents, HtlcSpec, Side } from './types.ts';
import { satOf } from '../bitcoin/amounts.ts';

/** An output of a commitment transaction, with what it is. `side` is who may take it when nothing was revoked. */
export type CommitmentOutput =
  | (TxOutput & { readonly kind: 'to_local'; readonly side: Side; readonly witnessScript: Script })
  | (TxOutput & { readonly kind: 'to_remote'; readonly side: Side; readonly witnessScript?: Script })
  | (TxOutput & { readonly kind: 'anchor'; readonly side: Side; readonly witnessScript: Script })
  | (TxOutput & { readonly kind: 'htlc'; readonly htlc: HtlcSpec; readonly witnessScript: Script });

/** A commitment transaction without signatures. Hashes are computed when first asked for. */
export class BuiltCommitment {
  readonly channel: ChannelScripts;
  readonly owner: Side;
  readonly number: bigint;
  readonly keys: CommitmentKeys;
  readonly contents: CommitmentContents;
  readonly tx: Tx;
  /** The same list as `tx.outputs`. */
  readonly outputs: readonly CommitmentOutput[];
  readonly trimmed: readonly HtlcSpec[];
  #txid: Txid | undefined;
  #sighash: Hash32 | undefined;
  #htlcTransactions: readonly HtlcTransaction[] | undefined;

  constructor(
    channel: ChannelScripts,
    number: bigint,
    keys: CommitmentKeys,
    contents: CommitmentContents,
    outputs: readonly CommitmentOutput[],
    trimmed: readonly HtlcSpec[],
  ) {
    this.channel = channel;
    this.owner = keys.owner;
    this.number = number;
    this.keys = keys;
    this.contents = contents;
    this.tx = commitmentTx(channel, number, outputs);
    this.outputs = outputs;
    this.trimmed = trimmed;
  }

  get txid(): Txid {
    return (this.#txid ??= txid(this.channel.crypto, this.tx));
  }

  /** What both sides sign to spend the funding output, with SIGHASH_ALL. */
  get sighash(): Hash32 {
    return (this.#sighash ??= this.channel.fundingSighash(this.tx));
  }

  /**
   * BOLT 3, HTLC-Timeout and HTLC-Success Transactions: one for each HTLC output, in the order of the outputs, which is the order of
   * `htlc_signature`s in commitment_signed (BOLT 2).
   */
  get htlcTransactions(): readonly HtlcTransaction[] {
    return (this.#htlcTransactions ??= buildHtlcTransactions(this));
  }

  /**
   * What the transaction really pays in satoshis: base fee, trimmed HTLCs, balances below dust and fractions.
   * Negative when the opener cannot even pay for its anchors: such a transaction is invalid, and the rules of the channel refuse it.
   */
  get feeSat(): bigint {
    let sum = 0n;
    for (const output of this.outputs) sum += output.amountSat;
    return this.channel.params.fundingSat - sum;
  }
}

/** BOLT 3, Commitment Transaction: the 48-bit number, obscured, in sequence (upper half) and locktime (lower half). */
function commitmentTx({ params, obscuringFactor }: ChannelScripts, number: bigint, outputs: readonly CommitmentOutput[]): Tx {
  const obscured = number ^ obscuringFactor;
  const sequence = 0x80000000 + Number(obscured >> 24n);
  const locktime = 0x20000000 + Number(obscured & 0xffffffn);
  const { txid, vout } = params.funding;
  return { version: 2, locktime, inputs: [{ txid, vout, sequence, scriptSig: EMPTY_SCRIPT, witness: [] }], outputs };
}

/** The number of a commitment transaction that spends the funding output, recovered from its sequence and locktime. */
export function commitmentNumber(channel: ChannelScripts, tx: Tx): bigint {
  const sequence = BigInt(tx.inputs[0]?.sequence ?? 0);
  const obscured = ((sequence & 0xffffffn) << 24n) | (BigInt(tx.locktime) & 0xffffffn);
  return obscured ^ channel.obscuringFactor;
}

/** BOLT 3, Transaction Output Ordering. The HTLC's id comes last, so that equal HTLCs have one order on both sides. */
function compareOutputs(a: CommitmentOutput, b: CommitmentOutput): number {
  if (a.amountSat !== b.amountSat) return a.amountSat < b.amountSat ? -1 : 1;
  if (a.script !== b.script) return a.script < b.script ? -1 : 1;
  if (a.kind !== 'htlc' || b.kind !== 'htlc') return 0;
  if (a.htlc.cltvExpiry !== b.htlc.cltvExpiry) return a.htlc.cltvExpiry - b.htlc.cltvExpiry;
  return a.htlc.id < b.htlc.id ? -1 : 1;
}

function htlcOutput(crypto: Crypto, owner: Side, keys: HtlcScriptKeys, htlc: HtlcSpec): CommitmentOutput {
  const hash = ripemd160Hex(crypto, htlc.paymentHash);
  const witnessScript =
    htlc.offerer === owner ? offeredHtlcWitnessScript(keys, hash) : receivedHtlcWitnessScript(keys, hash, htlc.cltvExpiry);
  return { kind: 'htlc', htlc, amountSat: satOf(htlc.amountMsat), witnessScript, script: p2wsh(crypto, witnessScript) };
}

/**
 * The balances in satoshis after the opener has paid (BOLT 3, Commitment Transaction Construction, step 3). Crossing updates may
 * leave the opener short: what is then negative is below dust, so the opener pays what it has.
 */
function balancesAfterFee(params: ChannelParams, contents: CommitmentContents, untrimmedCount: number): Record<Side, bigint> {
  const cost = commitmentFeeSat(params.format, contents.feeratePerKw, untrimmedCount) + anchorsCostSat(params.format);
  return { opener: satOf(contents.balanceMsat.opener) - cost, accepter: satOf(contents.balanceMsat.accepter) };
}

/** to_local, to_remote and anchors (BOLT 3, Commitment Transaction Construction, steps 6 to 8). */
function addBalanceOutputs(
  channel: ChannelScripts,
  keys: CommitmentKeys,
  balanceSat: Readonly<Record<Side, bigint>>,
  outputs: CommitmentOutput[],
): void {
  const { owner } = keys;
  const remote = other(owner);
  const { params } = channel;
  const { dustLimitSat } = params.parties[owner];
  const hasHtlcs = outputs.length > 0;
  const hasLocal = balanceSat[owner] >= dustLimitSat;
  const hasRemote = balanceSat[remote] >= dustLimitSat;
  if (hasLocal) {
    const { script, witnessScript } = keys.delayed;
    outputs.push({ kind: 'to_local', side: owner, amountSat: balanceSat[owner], script, witnessScript });
  }
  if (hasRemote) outputs.push({ kind: 'to_remote', side: remote, amountSat: balanceSat[remote], ...channel.toRemote[remote] });
  const { anchorSat } = FORMATS[params.format];
  if (anchorSat === 0n) return;
  for (const side of [owner, remote]) {
    if (!hasHtlcs && !(side === owner ? hasLocal : hasRemote)) continue;
    const { script, witnessScript } = channel.anchor[side];
    outputs.push({ kind: 'anchor', side, amountSat: anchorSat, script, witnessScript });
  }
}

/**
 * BOLT 3, Commitment Transaction Construction: `owner`'s commitment transaction with this number, from what the channel says.
 *
 * `keys` are those of this channel, its owner and the number's per-commitment point.
 */
export function buildCommitment(
  channel: ChannelScripts,
  keys: CommitmentKeys,
  number: bigint,
  contents: CommitmentContents,
): BuiltCommitment {
  const { crypto, params } = channel;
  const { owner } = keys;
  const { format } = params;
  const { dustLimitSat } = params.parties[owner];
  const trimmed: HtlcSpec[] = [];
  const untrimmed: HtlcSpec[] = [];
  for (const htlc of contents.htlcs) {
    (isTrimmed(format, owner, dustLimitSat, contents.feeratePerKw, htlc) ? trimmed : untrimmed).push(htlc);
  }
  const outputs: CommitmentOutput[] = [];
  if (untrimmed.length > 0) {
    const scriptKeys: HtlcScriptKeys = {
      revocationPubkeyHash: keys.revocationPubkeyHash,
      localHtlcPubkey: keys.htlcPubkeys[owner],
      remoteHtlcPubkey: keys.htlcPubkeys[other(owner)],
      delay: FORMATS[format].htlcDelay,
    };
    for (const htlc of untrimmed) outputs.push(htlcOutput(crypto, owner, scriptKeys, htlc));
  }
  addBalanceOutputs(channel, keys, balancesAfterFee(params, contents, untrimmed.length), outputs);
  outputs.sort(compareOutputs);
  return new BuiltCommitment(channel, number, keys, contents, outputs, trimmed);
}

/** The witness that spends a funding output: signatures in the order of the funding keys (BOLT 3, Commitment Transaction). */
export function fundingWitness(channel: ChannelScripts, signatureOpener: Signature, signatureAccepter: Signature): readonly Hex[] {
  const { opener, accepter } = channel.params.parties;
  const signatures = [scriptSignature(signatureOpener, SIGHASH_ALL), scriptSignature(signatureAccepter, SIGHASH_ALL)];
  if (accepter.fundingPubkey < opener.fundingPubkey) signatures.reverse();
  return ['', ...signatures, channel.funding.witnessScript];
}

/** The commitment transaction, ready to broadcast. */
export function signedCommitmentTx(built: BuiltCommitment, signatureOpener: Signature, signatureAccepter: Signature): RawTx {
  return serialiseTx(withWitness(built.tx, 0, fundingWitness(built.channel, signatureOpener, signatureAccepter)));
}
