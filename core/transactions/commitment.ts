import { scriptSignature } from '../bitcoin/der.ts';
import { p2wsh } from '../bitcoin/script.ts';
import { SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { EMPTY_SCRIPT, serialiseTx, txid, withWitness } from '../bitcoin/tx.ts';
import type { Tx, TxOutput } from '../bitcoin/tx.ts';
import type { Hash32, Hex, PublicKey, RawTx, Script, Signature, Txid } from '../crypto/bytes.ts';
import { ripemd160Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { channelScripts, fundingSighash } from './channel-scripts.ts';
import { anchorsCostSat, commitmentFeeSat, isTrimmed } from './fees.ts';
import { FORMATS } from './formats.ts';
import { CommitmentKeys } from './keys.ts';
import { offeredHtlcWitnessScript, receivedHtlcWitnessScript } from './scripts.ts';
import type { HtlcScriptKeys } from './scripts.ts';
import { other } from './types.ts';
import type { ChannelParams, CommitmentContents, HtlcSpec, Side } from './types.ts';

/** An output of a commitment transaction, with what it is. `side` is who may take it when nothing was revoked. */
export type CommitmentOutput =
  | (TxOutput & { readonly kind: 'to_local'; readonly side: Side; readonly witnessScript: Script })
  | (TxOutput & { readonly kind: 'to_remote'; readonly side: Side; readonly witnessScript?: Script })
  | (TxOutput & { readonly kind: 'anchor'; readonly side: Side; readonly witnessScript: Script })
  | (TxOutput & { readonly kind: 'htlc'; readonly htlc: HtlcSpec; readonly witnessScript: Script });

/** A commitment transaction without signatures. Hashes are computed when first asked for. */
export class BuiltCommitment {
  readonly params: ChannelParams;
  readonly owner: Side;
  readonly number: bigint;
  readonly keys: CommitmentKeys;
  readonly contents: CommitmentContents;
  readonly tx: Tx;
  /** The same list as `tx.outputs`. */
  readonly outputs: readonly CommitmentOutput[];
  readonly trimmed: readonly HtlcSpec[];
  readonly #crypto: Crypto;
  #txid: Txid | undefined;
  #sighash: Hash32 | undefined;

  constructor(
    crypto: Crypto,
    params: ChannelParams,
    number: bigint,
    keys: CommitmentKeys,
    contents: CommitmentContents,
    outputs: readonly CommitmentOutput[],
    trimmed: readonly HtlcSpec[],
  ) {
    this.params = params;
    this.owner = keys.owner;
    this.number = number;
    this.keys = keys;
    this.contents = contents;
    this.tx = commitmentTx(params, number, channelScripts(crypto, params).obscuringFactor, outputs);
    this.outputs = outputs;
    this.trimmed = trimmed;
    this.#crypto = crypto;
  }

  get txid(): Txid {
    return (this.#txid ??= txid(this.#crypto, this.tx));
  }

  /** What both sides sign to spend the funding output, with SIGHASH_ALL. */
  get sighash(): Hash32 {
    return (this.#sighash ??= fundingSighash(this.#crypto, this.params, this.tx));
  }

  /** Whether `buildCommitment` would make it again of these. `params`: the same object. */
  is(
    crypto: Crypto,
    params: ChannelParams,
    owner: Side,
    number: bigint,
    perCommitmentPoint: PublicKey,
    contents: CommitmentContents,
  ): boolean {
    return (
      this.params === params &&
      this.number === number &&
      this.owner === owner &&
      this.#crypto === crypto &&
      this.keys.perCommitmentPoint === perCommitmentPoint &&
      sameContents(this.contents, contents)
    );
  }

  /**
   * What the transaction really pays in satoshis: base fee, trimmed HTLCs, balances below dust and fractions.
   * Negative when the opener cannot even pay for its anchors: such a transaction is invalid, and the rules of the channel refuse it.
   */
  get feeSat(): bigint {
    let sum = 0n;
    for (const output of this.outputs) sum += output.amountSat;
    return this.params.fundingSat - sum;
  }
}

function sameContents(a: CommitmentContents, b: CommitmentContents): boolean {
  return (
    a.feeratePerKw === b.feeratePerKw &&
    a.balanceMsat.opener === b.balanceMsat.opener &&
    a.balanceMsat.accepter === b.balanceMsat.accepter &&
    a.htlcs.length === b.htlcs.length &&
    a.htlcs.every((htlc, i) => sameHtlc(htlc, b.htlcs[i] as HtlcSpec))
  );
}

function sameHtlc(a: HtlcSpec, b: HtlcSpec): boolean {
  return (
    a.id === b.id &&
    a.offerer === b.offerer &&
    a.amountMsat === b.amountMsat &&
    a.cltvExpiry === b.cltvExpiry &&
    a.paymentHash === b.paymentHash
  );
}

/** BOLT 3, Commitment Transaction: the 48-bit number, obscured, in sequence (upper half) and locktime (lower half). */
function commitmentTx(params: ChannelParams, number: bigint, obscuringFactor: bigint, outputs: readonly CommitmentOutput[]): Tx {
  const obscured = number ^ obscuringFactor;
  const sequence = 0x80000000 + Number(obscured >> 24n);
  const locktime = 0x20000000 + Number(obscured & 0xffffffn);
  const { txid, vout } = params.funding;
  return { version: 2, locktime, inputs: [{ txid, vout, sequence, scriptSig: EMPTY_SCRIPT, witness: [] }], outputs };
}

/** The number of a commitment transaction that spends the funding output, recovered from its sequence and locktime. */
export function commitmentNumber(crypto: Crypto, params: ChannelParams, tx: Tx): bigint {
  const sequence = BigInt(tx.inputs[0]?.sequence ?? 0);
  const obscured = ((sequence & 0xffffffn) << 24n) | (BigInt(tx.locktime) & 0xffffffn);
  return obscured ^ channelScripts(crypto, params).obscuringFactor;
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
  return { kind: 'htlc', htlc, amountSat: htlc.amountMsat / 1000n, witnessScript, script: p2wsh(crypto, witnessScript) };
}

/**
 * The balances in satoshis after the opener has paid (BOLT 3, Commitment Transaction Construction, step 3). Crossing updates may
 * leave the opener short: what is then negative is below dust, so the opener pays what it has.
 */
function balancesAfterFee(params: ChannelParams, contents: CommitmentContents, untrimmedCount: number): Record<Side, bigint> {
  const cost = commitmentFeeSat(params.format, contents.feeratePerKw, untrimmedCount) + anchorsCostSat(params.format);
  return { opener: contents.balanceMsat.opener / 1000n - cost, accepter: contents.balanceMsat.accepter / 1000n };
}

/** to_local, to_remote and anchors (BOLT 3, Commitment Transaction Construction, steps 6 to 8). */
function addBalanceOutputs(
  crypto: Crypto,
  params: ChannelParams,
  keys: CommitmentKeys,
  balanceSat: Readonly<Record<Side, bigint>>,
  outputs: CommitmentOutput[],
): void {
  const { owner } = keys;
  const remote = other(owner);
  const scripts = channelScripts(crypto, params);
  const { dustLimitSat } = params.parties[owner];
  const hasHtlcs = outputs.length > 0;
  const hasLocal = balanceSat[owner] >= dustLimitSat;
  const hasRemote = balanceSat[remote] >= dustLimitSat;
  if (hasLocal) {
    const { script, witnessScript } = keys.delayed;
    outputs.push({ kind: 'to_local', side: owner, amountSat: balanceSat[owner], script, witnessScript });
  }
  if (hasRemote) outputs.push({ kind: 'to_remote', side: remote, amountSat: balanceSat[remote], ...scripts.toRemote[remote] });
  const { anchorSat } = FORMATS[params.format];
  if (anchorSat === 0n) return;
  for (const side of [owner, remote]) {
    if (!hasHtlcs && !(side === owner ? hasLocal : hasRemote)) continue;
    const { script, witnessScript } = scripts.anchor[side];
    outputs.push({ kind: 'anchor', side, amountSat: anchorSat, script, witnessScript });
  }
}

/**
 * BOLT 3, Commitment Transaction Construction: `owner`'s commitment transaction with this number, from what the channel says.
 *
 * `keys` saves deriving them again: they must be those of this channel, owner and per-commitment point.
 */
export function buildCommitment(
  crypto: Crypto,
  params: ChannelParams,
  owner: Side,
  number: bigint,
  perCommitmentPoint: PublicKey,
  contents: CommitmentContents,
  keys: CommitmentKeys = new CommitmentKeys(crypto, params, owner, perCommitmentPoint),
): BuiltCommitment {
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
  addBalanceOutputs(crypto, params, keys, balancesAfterFee(params, contents, untrimmed.length), outputs);
  outputs.sort(compareOutputs);
  return new BuiltCommitment(crypto, params, number, keys, contents, outputs, trimmed);
}

/** The witness that spends a funding output: signatures in the order of the funding keys (BOLT 3, Commitment Transaction). */
export function fundingWitness(
  crypto: Crypto,
  params: ChannelParams,
  signatureOpener: Signature,
  signatureAccepter: Signature,
): readonly Hex[] {
  const { opener, accepter } = params.parties;
  const signatures = [scriptSignature(signatureOpener, SIGHASH_ALL), scriptSignature(signatureAccepter, SIGHASH_ALL)];
  if (accepter.fundingPubkey < opener.fundingPubkey) signatures.reverse();
  return ['', ...signatures, channelScripts(crypto, params).funding.witnessScript];
}

/** The commitment transaction, ready to broadcast. */
export function signedCommitmentTx(
  crypto: Crypto,
  built: BuiltCommitment,
  signatureOpener: Signature,
  signatureAccepter: Signature,
): RawTx {
  return serialiseTx(withWitness(built.tx, 0, fundingWitness(crypto, built.params, signatureOpener, signatureAccepter)));
}
