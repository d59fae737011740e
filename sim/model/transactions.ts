import { Script as ScriptCoder, Transaction } from '@scure/btc-signer';
import { RawOldTx, RawTx as RawTxCoder } from '@scure/btc-signer/script.js';
import type { ScriptType } from '@scure/btc-signer/script.js';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import type { Hash32, Hex, PublicKey, RawTx, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { CommitmentFormat, Side } from '../../core/transactions/types.ts';
import type { ModelContents, ModelHtlc } from './channel-model.ts';

/**
 * BOLT 3 once more, written from the text over another transaction library, so that what two copies of core get wrong together shows.
 * Only the curve's arithmetic is the world's own.
 */
export interface Basis {
  readonly format: CommitmentFormat;
  readonly fundingTxid: Txid;
  readonly fundingVout: number;
  readonly capacitySat: bigint;
  readonly parties: Readonly<Record<Side, BasisParty>>;
}
/** As announced in open_channel and accept_channel. */
export interface BasisParty {
  readonly fundingPubkey: PublicKey;
  readonly revocationBasepoint: PublicKey;
  readonly paymentBasepoint: PublicKey;
  readonly delayedPaymentBasepoint: PublicKey;
  readonly htlcBasepoint: PublicKey;
  readonly dustLimitSat: bigint;
  readonly toSelfDelay: number;
}
export interface Output {
  readonly amountSat: bigint;
  readonly script: Hex;
  readonly witnessScript?: Script;
  readonly what: 'to_local' | 'to_remote' | 'local anchor' | 'remote anchor' | 'htlc';
  readonly htlc?: ModelHtlc;
}
export interface RebuiltHtlc {
  readonly htlc: ModelHtlc;
  readonly kind: 'timeout' | 'success';
  readonly rawTx: Uint8Array;
  readonly spentSat: bigint;
  readonly witnessScript: Script;
  readonly sighashType: number;
  /** What the side that does not own the commitment signs. */
  readonly sighash: Hash32;
}
export interface Rebuilt {
  readonly txid: Txid;
  readonly rawTx: Uint8Array;
  readonly sighash: Hash32;
  readonly outputs: readonly Output[];
  readonly htlcs: readonly RebuiltHtlc[];
  /** The key of `side` that HTLC signatures are for. */
  readonly htlcKeys: Readonly<Record<Side, PublicKey>>;
}

export const SIGHASH_ALL = 1;
const SIGHASH_SINGLE_ANYONECANPAY = 0x83;
const ANCHOR_SAT = 330n;
const ANY_TX = { allowUnknownInputs: true, allowUnknownOutputs: true, allowLegacyWitnessUtxo: true, disableScriptCheck: true };

function opposite(side: Side): Side {
  return side === 'opener' ? 'accepter' : 'opener';
}

// ---------------------------------------------------------------- keys and scripts

function sha256(crypto: Crypto, hex: Hex): Hex {
  return toHex(crypto.sha256(fromHex(hex)));
}

function tweaked(crypto: Crypto, basepoint: PublicKey, point: PublicKey): PublicKey {
  return crypto.pointAdd(basepoint, crypto.publicKey(sha256(crypto, point + basepoint) as SecretKey));
}

function revocationKey(crypto: Crypto, basepoint: PublicKey, point: PublicKey): PublicKey {
  const left = crypto.pointMultiply(basepoint, sha256(crypto, basepoint + point) as SecretKey);
  return crypto.pointAdd(left, crypto.pointMultiply(point, sha256(crypto, point + basepoint) as SecretKey));
}

function compile(script: ScriptType): Script {
  return toHex<Script>(ScriptCoder.encode(script));
}

function hash160(crypto: Crypto, hex: Hex): Uint8Array {
  return crypto.ripemd160(crypto.sha256(fromHex(hex)));
}

function p2wsh(crypto: Crypto, witnessScript: Script): Hex {
  return `0020${sha256(crypto, witnessScript)}`;
}

export function fundingScript(a: PublicKey, b: PublicKey): Script {
  const [first, second] = a < b ? [a, b] : [b, a];
  return compile(['OP_2', fromHex(first), fromHex(second), 'OP_2', 'CHECKMULTISIG']);
}

function delayedScript(revocation: PublicKey, delay: number, delayed: PublicKey): Script {
  return compile(['IF', fromHex(revocation), 'ELSE', delay, 'CHECKSEQUENCEVERIFY', 'DROP', fromHex(delayed), 'ENDIF', 'CHECKSIG']);
}

interface HtlcKeys {
  readonly revocation: PublicKey;
  readonly local: PublicKey;
  readonly remote: PublicKey;
}

function htlcScript(crypto: Crypto, format: CommitmentFormat, keys: HtlcKeys, htlc: ModelHtlc, offered: boolean): Script {
  const hash = crypto.ripemd160(fromHex(htlc.paymentHash));
  const head: ScriptType = ['DUP', 'HASH160', hash160(crypto, keys.revocation), 'EQUAL', 'IF', 'CHECKSIG', 'ELSE'];
  const sized: ScriptType = [fromHex(keys.remote), 'SWAP', 'SIZE', 32, 'EQUAL'];
  const local = fromHex(keys.local);
  const branches: ScriptType = offered
    ? ['NOTIF', 'DROP', 'OP_2', 'SWAP', local, 'OP_2', 'CHECKMULTISIG', 'ELSE', 'HASH160', hash, 'EQUALVERIFY', 'CHECKSIG', 'ENDIF']
    : [
        ...(['IF', 'HASH160', hash, 'EQUALVERIFY', 'OP_2', 'SWAP', local, 'OP_2', 'CHECKMULTISIG'] as const),
        ...(['ELSE', 'DROP', htlc.cltvExpiry, 'CHECKLOCKTIMEVERIFY', 'DROP', 'CHECKSIG', 'ENDIF'] as const),
      ];
  const tail: ScriptType = format === 'anchors' ? ['OP_1', 'CHECKSEQUENCEVERIFY', 'DROP', 'ENDIF'] : ['ENDIF'];
  return compile([...head, ...sized, ...branches, ...tail]);
}

function toRemote(crypto: Crypto, format: CommitmentFormat, key: PublicKey): Pick<Output, 'script' | 'witnessScript'> {
  if (format !== 'anchors') return { script: `0014${toHex(hash160(crypto, key))}` };
  const witnessScript = compile([fromHex(key), 'CHECKSIGVERIFY', 'OP_1', 'CHECKSEQUENCEVERIFY']);
  return { script: p2wsh(crypto, witnessScript), witnessScript };
}

function anchor(crypto: Crypto, key: PublicKey): Pick<Output, 'amountSat' | 'script' | 'witnessScript'> {
  const witnessScript = compile([fromHex(key), 'CHECKSIG', 'IFDUP', 'NOTIF', 'OP_16', 'CHECKSEQUENCEVERIFY', 'ENDIF']);
  return { amountSat: ANCHOR_SAT, script: p2wsh(crypto, witnessScript), witnessScript };
}

// ---------------------------------------------------------------- transactions

interface Spend {
  readonly txid: Txid;
  readonly vout: number;
  readonly sequence: number;
}

function encodeTx(spend: Spend, lockTime: number, outputs: readonly Pick<Output, 'amountSat' | 'script'>[]): Uint8Array {
  return RawOldTx.encode({
    version: 2,
    inputs: [{ txid: fromHex(spend.txid).reverse(), index: spend.vout, finalScriptSig: new Uint8Array(), sequence: spend.sequence }],
    outputs: outputs.map(({ amountSat, script }) => ({ amount: amountSat, script: fromHex(script) })),
    lockTime,
  });
}

function sighashOf(rawTx: Uint8Array, scriptCode: Script, amountSat: bigint, type: number): Hash32 {
  return toHex<Hash32>(Transaction.fromRaw(rawTx, ANY_TX).preimageWitnessV0(0, fromHex(scriptCode), type, amountSat));
}

function hash256(crypto: Crypto, raw: Uint8Array): Txid {
  return toHex<Txid>(crypto.sha256(crypto.sha256(raw)));
}

/** BOLT 3, Transaction Output Ordering. */
function inOrder(a: Output, b: Output): number {
  if (a.amountSat !== b.amountSat) return a.amountSat < b.amountSat ? -1 : 1;
  if (a.script !== b.script) return a.script < b.script ? -1 : 1;
  return (a.htlc?.cltvExpiry ?? 0) - (b.htlc?.cltvExpiry ?? 0);
}

export function secondStageFee(format: CommitmentFormat, feeratePerKw: number, kind: 'timeout' | 'success'): bigint {
  if (format === 'anchors') return 0n;
  return (BigInt(feeratePerKw) * (kind === 'timeout' ? 663n : 703n)) / 1000n;
}

function obscured(crypto: Crypto, basis: Basis, number: bigint): { readonly sequence: number; readonly lockTime: number } {
  const { opener, accepter } = basis.parties;
  const mask = BigInt(`0x${sha256(crypto, opener.paymentBasepoint + accepter.paymentBasepoint).slice(-12)}`);
  const value = mask ^ number;
  return { sequence: Number(0x80000000n | (value >> 24n)), lockTime: Number(0x20000000n | (value & 0xffffffn)) };
}

/** BOLT 3, Commitment Transaction Construction: `owner`'s commitment, with the HTLC transactions in the order of its outputs. */
export function rebuild(crypto: Crypto, basis: Basis, owner: Side, number: bigint, point: PublicKey, contents: ModelContents): Rebuilt {
  const { format, parties } = basis;
  const remote = opposite(owner);
  const { dustLimitSat } = parties[owner];
  const { feeratePerKw } = contents;
  const revocation = revocationKey(crypto, parties[remote].revocationBasepoint, point);
  const delayed = delayedScript(revocation, parties[remote].toSelfDelay, tweaked(crypto, parties[owner].delayedPaymentBasepoint, point));
  const htlcKeys = {
    opener: tweaked(crypto, parties.opener.htlcBasepoint, point),
    accepter: tweaked(crypto, parties.accepter.htlcBasepoint, point),
  };
  const keys: HtlcKeys = { revocation, local: htlcKeys[owner], remote: htlcKeys[remote] };

  const outputs: Output[] = [];
  for (const htlc of contents.htlcs) {
    const offered = htlc.offerer === owner;
    const amountSat = htlc.amountMsat / 1000n;
    if (amountSat - secondStageFee(format, feeratePerKw, offered ? 'timeout' : 'success') < dustLimitSat) continue;
    const witnessScript = htlcScript(crypto, format, keys, htlc, offered);
    outputs.push({ what: 'htlc', htlc, amountSat, witnessScript, script: p2wsh(crypto, witnessScript) });
  }
  const untrimmed = outputs.length;
  const due = balancesSat(format, contents, untrimmed);
  const hasLocal = due[owner] >= dustLimitSat;
  const hasRemote = due[remote] >= dustLimitSat;
  if (hasLocal) outputs.push({ what: 'to_local', amountSat: due[owner], witnessScript: delayed, script: p2wsh(crypto, delayed) });
  if (hasRemote) outputs.push({ what: 'to_remote', amountSat: due[remote], ...toRemote(crypto, format, parties[remote].paymentBasepoint) });
  if (format === 'anchors') {
    if (hasLocal || untrimmed > 0) outputs.push({ what: 'local anchor', ...anchor(crypto, parties[owner].fundingPubkey) });
    if (hasRemote || untrimmed > 0) outputs.push({ what: 'remote anchor', ...anchor(crypto, parties[remote].fundingPubkey) });
  }
  outputs.sort(inOrder);

  const { sequence, lockTime } = obscured(crypto, basis, number);
  const rawTx = encodeTx({ txid: basis.fundingTxid, vout: basis.fundingVout, sequence }, lockTime, outputs);
  const txid = hash256(crypto, rawTx);
  const sighash = sighashOf(
    rawTx,
    fundingScript(parties.opener.fundingPubkey, parties.accepter.fundingPubkey),
    basis.capacitySat,
    SIGHASH_ALL,
  );
  const htlcs = secondStages({ format, feeratePerKw, owner, txid, outputs, script: p2wsh(crypto, delayed) });
  return { txid, rawTx, sighash, outputs, htlcs, htlcKeys };
}

/** What is due to each side in whole satoshis; the opener pays base fee and anchors as far as it can (BOLT 3, Fee Payment). */
function balancesSat(format: CommitmentFormat, contents: ModelContents, untrimmed: number): Readonly<Record<Side, bigint>> {
  const weight = (format === 'anchors' ? 1124n : 724n) + 172n * BigInt(untrimmed);
  const cost = (BigInt(contents.feeratePerKw) * weight) / 1000n + (format === 'anchors' ? 2n * ANCHOR_SAT : 0n);
  const opener = contents.balanceMsat.opener / 1000n;
  return { opener: opener > cost ? opener - cost : 0n, accepter: contents.balanceMsat.accepter / 1000n };
}

interface SecondStage {
  readonly format: CommitmentFormat;
  readonly feeratePerKw: number;
  readonly owner: Side;
  readonly txid: Txid;
  readonly outputs: readonly Output[];
  readonly script: Hex;
}

function secondStages(stage: SecondStage): readonly RebuiltHtlc[] {
  const { format, feeratePerKw, owner, txid, outputs, script } = stage;
  const anchors = format === 'anchors';
  const sighashType = anchors ? SIGHASH_SINGLE_ANYONECANPAY : SIGHASH_ALL;
  const result: RebuiltHtlc[] = [];
  for (const [vout, { htlc, amountSat, witnessScript }] of outputs.entries()) {
    if (htlc === undefined || witnessScript === undefined) continue;
    const kind = htlc.offerer === owner ? 'timeout' : 'success';
    const paid = { amountSat: amountSat - secondStageFee(format, feeratePerKw, kind), script };
    const rawTx = encodeTx({ txid, vout, sequence: anchors ? 1 : 0 }, kind === 'timeout' ? htlc.cltvExpiry : 0, [paid]);
    const sighash = sighashOf(rawTx, witnessScript, amountSat, sighashType);
    result.push({ htlc, kind, rawTx, spentSat: amountSat, witnessScript, sighashType, sighash });
  }
  return result;
}

/** What the owner of the commitment signs, always with SIGHASH_ALL (BOLT 5). */
export function ownSighash(htlc: RebuiltHtlc): Hash32 {
  return sighashOf(htlc.rawTx, htlc.witnessScript, htlc.spentSat, SIGHASH_ALL);
}

/** What would be signed if this HTLC transaction paid its owner another amount. */
export function sighashPaying(htlc: RebuiltHtlc, amountSat: bigint): Hash32 {
  const tx = RawOldTx.decode(htlc.rawTx);
  const rawTx = RawOldTx.encode({ ...tx, outputs: tx.outputs.map((output) => ({ ...output, amount: amountSat })) });
  return sighashOf(rawTx, htlc.witnessScript, htlc.spentSat, htlc.sighashType);
}

/** A rebuilt transaction with its one input's witness, as it would be broadcast. */
export function witnessed(rawTx: Uint8Array, witness: readonly Hex[]): RawTx {
  const tx = RawOldTx.decode(rawTx);
  return toHex<RawTx>(RawTxCoder.encode({ ...tx, segwitFlag: true, witnesses: [witness.map(fromHex)] }));
}

// ---------------------------------------------------------------- closing

export interface ClosingSpec {
  readonly feeSat: bigint;
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly scripts: Readonly<Record<Side, Script>>;
}

/**
 * BOLT 3, Legacy Closing Transaction: the digests that a signature of `signer` may be for: outputs below its own dust limit removed,
 * and with its own output left out, which it may choose.
 */
export function closingSighashes(basis: Basis, signer: Side, closing: ClosingSpec): readonly Hash32[] {
  const script = fundingScript(basis.parties.opener.fundingPubkey, basis.parties.accepter.fundingPubkey);
  const amount = (side: Side): bigint => closing.balanceMsat[side] / 1000n - (side === 'opener' ? closing.feeSat : 0n);
  const worth = (['opener', 'accepter'] as const).filter((side) => amount(side) >= basis.parties[signer].dustLimitSat);
  const variants = [worth, worth.filter((side) => side !== signer)].filter((sides) => sides.length > 0);
  return variants.map((sides) => {
    const outputs = sides.map((side): Output => ({ what: 'to_local', amountSat: amount(side), script: closing.scripts[side] }));
    const raw = encodeTx({ txid: basis.fundingTxid, vout: basis.fundingVout, sequence: 0xffffffff }, 0, outputs.sort(inOrder));
    return sighashOf(raw, script, basis.capacitySat, SIGHASH_ALL);
  });
}
