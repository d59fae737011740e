import { scriptSignature } from '../bitcoin/der.ts';
import { dustThresholdSat } from '../bitcoin/script.ts';
import { SIGHASH_ALL } from '../bitcoin/sighash.ts';
import { EMPTY_SCRIPT, plainTx, txWeight, withWitness } from '../bitcoin/tx.ts';
import type { Outpoint, Tx, TxInput, TxOutput } from '../bitcoin/tx.ts';
import type { Hex, Script, Signature } from '../crypto/bytes.ts';
import { htlcTxWitness } from '../transactions/htlc.ts';
import type { ClaimKey } from './claim-signer.ts';
import { REPLACEABLE } from './claims.ts';
import type { AnchorOutput, Claim, Spending } from './claims.ts';
import { claimFee, feeOf } from './fees.ts';

/** A P2WPKH output of the host's, confirmed, reserved for one claim. The host signs for it as it broadcasts. */
export interface Coin {
  readonly outpoint: Outpoint;
  readonly amountSat: bigint;
}

/** What a claim's transaction is made from. */
export interface Terms {
  readonly destination: Script;
  readonly feeratePerKw: number;
  readonly coins: readonly Coin[];
  /** The least that it may pay: it replaces another. */
  readonly floor: (weight: number) => bigint;
}

/** A transaction for a claim. What its first input needs signed is absent where nothing is. Its inputs behind the first are coins. */
export interface Draft {
  readonly tx: Tx;
  readonly feeSat: bigint;
  readonly weight: number;
  readonly toSign: ToSign | undefined;
}

export interface ToSign {
  readonly key: ClaimKey;
  readonly scriptCode: Script;
  readonly amountSat: bigint;
  /** The witness with the signature. */
  readonly witness: (signature: Signature) => readonly Hex[];
}

/** Coins of so much more are needed. */
export interface Short {
  readonly shortSat: bigint;
}

/** The largest signature that signers make: its s is low (BIP 146). */
const LARGEST_SIGNATURE = ('ff'.repeat(32) + '7f'.repeat(32)) as Signature;
/** The weight of a P2WPKH input with its witness. */
const COIN_WEIGHT = 4 * 41 + 1 + 1 + 72 + 1 + 33;
/** The weight of the longest output that a destination has. */
const CHANGE_WEIGHT = 4 * (8 + 1 + 34);

/** What the first input of a claim's transaction needs signed; absent where it is our commitment, which is signed. */
export function toSignFor({ spending, amountSat }: Claim): ToSign | undefined {
  switch (spending.how) {
    case 'sweep': {
      const { key, scriptCode, unlock } = spending;
      return { key, scriptCode, amountSat, witness: (signature) => [scriptSignature(signature, SIGHASH_ALL), ...unlock] };
    }
    case 'htlc_tx': {
      const { key, htlcTx, peerSignature, preimage } = spending;
      const witness = (signature: Signature): readonly Hex[] => htlcTxWitness(htlcTx, peerSignature, signature, preimage);
      return { key, scriptCode: htlcTx.witnessScript, amountSat: htlcTx.amountSat, witness };
    }
    case 'commitment': {
      if (spending.anchor === undefined) return undefined;
      const { witnessScript, amountSat: anchorSat } = spending.anchor;
      const witness = (signature: Signature): readonly Hex[] => [scriptSignature(signature, SIGHASH_ALL), witnessScript];
      return { key: { kind: 'funding' }, scriptCode: witnessScript, amountSat: anchorSat, witness };
    }
  }
}

/** The transaction for a claim at this feerate; undefined where it is not worth its fee now. */
export function draftClaim(claim: Claim, terms: Terms): Draft | Short | undefined {
  const { spending } = claim;
  switch (spending.how) {
    case 'sweep':
      return draftSweep(claim, spending, terms);
    case 'htlc_tx':
      return draftHtlcTx(claim, spending, terms);
    case 'commitment':
      return spending.anchor === undefined ? alone(spending.tx) : draftChild(claim, spending.tx, spending.anchor, terms);
  }
}

export function isShort(draft: Draft | Short): draft is Short {
  return 'shortSat' in draft;
}

/** The version that leaves, with our signature. */
export function signedTx(tx: Tx, toSign: ToSign, signature: Signature): Tx {
  return plainTx(withWitness(tx, 0, toSign.witness(signature)));
}

function alone(tx: Tx): Draft {
  return { tx, feeSat: 0n, weight: txWeight(tx), toSign: undefined };
}

function weightWith(tx: Tx, { witness }: ToSign): number {
  return txWeight(withWitness(tx, 0, witness(LARGEST_SIGNATURE)));
}

/** Unsigned. */
function inputOf({ outpoint: { txid, vout } }: { readonly outpoint: Outpoint }, sequence = REPLACEABLE): TxInput {
  return { txid, vout, sequence, scriptSig: EMPTY_SCRIPT, witness: [] };
}

function sumOf(coins: readonly Coin[]): bigint {
  return coins.reduce((sum, { amountSat }) => sum + amountSat, 0n);
}

/** All to the destination. */
function draftSweep(claim: Claim, spending: Extract<Spending, { how: 'sweep' }>, terms: Terms): Draft | undefined {
  const { sequence, locktime } = spending;
  const { amountSat } = claim;
  const { destination, feeratePerKw, floor } = terms;
  const toSign = toSignFor(claim) as ToSign;
  const inputs = [inputOf(claim, sequence)];
  const paying = (sat: bigint): Tx => ({ version: 2, locktime, inputs, outputs: [{ amountSat: sat, script: destination }] });
  const weight = weightWith(paying(amountSat), toSign);
  const atMost = amountSat - dustThresholdSat(destination);
  const feeSat = claimFee(claim, { feeratePerKw, weight, atMost, beyond: 0n, floor: floor(weight) });
  return feeSat === undefined ? undefined : { tx: paying(amountSat - feeSat), feeSat, weight, toSign };
}

/** BOLT 5, Generation of HTLC Transactions: as it is, or with anchors combined "with inputs contributing sufficient fee". */
function draftHtlcTx(claim: Claim, spending: Extract<Spending, { how: 'htlc_tx' }>, terms: Terms): Draft | Short | undefined {
  const { amountSat, tx, sighashType } = spending.htlcTx;
  const toSign = toSignFor(claim) as ToSign;
  const paysSat = amountSat - (tx.outputs[0]?.amountSat ?? 0n);
  if (sighashType === SIGHASH_ALL) return { tx: plainTx(tx), feeSat: paysSat, weight: weightWith(tx, toSign), toSign };
  return withCoins(claim, plainTx(tx), toSign, terms, 0n);
}

/** BOLT 5, Failing a Channel: "MUST spend any `to_local_anchor` output, providing sufficient fees as incentive to include the commitment transaction". */
function draftChild(claim: Claim, parent: Tx, anchor: AnchorOutput, terms: Terms): Draft | Short | undefined {
  const lackingSat = feeOf(terms.feeratePerKw, txWeight(parent)) - anchor.parentFeeSat;
  if (lackingSat <= 0n) return alone(parent);
  const bare: Tx = { version: 2, locktime: 0, inputs: [inputOf(anchor)], outputs: [] };
  return withCoins(claim, bare, toSignFor(claim) as ToSign, terms, lackingSat);
}

/** What the transaction brings by itself, beyond its outputs, and coins pay its fee and `beyondSat`; what is left of them is change. */
function withCoins(claim: Claim, bare: Tx, toSign: ToSign, terms: Terms, beyondSat: bigint): Draft | Short | undefined {
  const { destination, feeratePerKw, coins, floor } = terms;
  const spends = bare.outputs.reduce((sum, output) => sum + output.amountSat, 0n);
  const haveSat = toSign.amountSat - spends + sumOf(coins);
  const weight = weightWith(bare, toSign) + coins.length * COIN_WEIGHT + CHANGE_WEIGHT;
  const feeSat = claimFee(claim, { feeratePerKw, weight, atMost: claim.amountSat, beyond: beyondSat, floor: floor(weight) });
  if (feeSat === undefined) return undefined;
  const changeSat = haveSat - feeSat;
  const dustSat = dustThresholdSat(destination);
  if (changeSat < dustSat) return { shortSat: dustSat - changeSat + feeOf(feeratePerKw, COIN_WEIGHT) };
  const change: TxOutput = { amountSat: changeSat, script: destination };
  const tx = { ...bare, inputs: [...bare.inputs, ...coins.map((coin) => inputOf(coin))], outputs: [...bare.outputs, change] };
  return { tx, feeSat, weight, toSign };
}
