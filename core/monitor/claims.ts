import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import { p2pkh } from '../bitcoin/script.ts';
import type { Hex, Preimage, PublicKey, Script, Signature } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChannelScripts } from '../transactions/channel-scripts.ts';
import type { HtlcTransaction } from '../transactions/htlc.ts';
import type { Side } from '../transactions/types.ts';
import type { ClaimKey } from './claim-signer.ts';

/** What claims an output, by the words of BOLT 5. */
export type ClaimKind =
  /** Our commitment, for the chain. */
  | 'commitment'
  | 'to_local'
  | 'to_remote'
  /** Of our commitment: through our HTLC transaction. */
  | 'htlc_timeout_tx'
  | 'htlc_success_tx'
  /** The output of our HTLC transaction, after its delay. */
  | 'second_stage'
  /** Of the peer's commitment: directly. */
  | 'htlc_timeout'
  | 'htlc_preimage'
  | 'penalty_to_local'
  | 'penalty_htlc'
  | 'penalty_second_stage';

/** An output that is ours to spend: computed from what is known and the present chain, never edited. */
export interface Claim {
  readonly kind: ClaimKind;
  readonly outpoint: Outpoint;
  readonly amountSat: bigint;
  /** Of the output. */
  readonly script: Script;
  /** The height of the first block that may have the spend. */
  readonly earliest: number;
  /** The height of the first block in which somebody else may have the output for good. */
  readonly deadline: number | undefined;
  readonly spending: Spending;
}

export type Spending =
  /** A transaction of ours alone: a signature, then these items. */
  | {
      readonly how: 'sweep';
      readonly key: ClaimKey;
      readonly scriptCode: Script;
      readonly sequence: number;
      readonly locktime: number;
      readonly unlock: readonly Hex[];
    }
  /** The one that the peer signed with its commitment_signed. */
  | {
      readonly how: 'htlc_tx';
      readonly key: ClaimKey;
      readonly htlcTx: HtlcTransaction;
      readonly peerSignature: Signature;
      readonly preimage: Preimage | undefined;
    }
  /** Signed already. `anchor`: where it pays too little, our anchor output brings more. */
  | { readonly how: 'commitment'; readonly tx: Tx; readonly anchor: AnchorOutput | undefined };

export interface AnchorOutput {
  readonly outpoint: Outpoint;
  readonly amountSat: bigint;
  readonly witnessScript: Script;
  /** What the commitment pays by itself. */
  readonly parentFeeSat: bigint;
}

/** Replaceable (BIP 125), and no relative locktime. */
export const REPLACEABLE = 0xfffffffd;

/** BOLT 3, witnesses: what selects a branch of OP_IF. */
export const TRUE: Hex = '01';
export const FALSE: Hex = '';

interface Terms {
  readonly earliest: number;
  readonly deadline?: number;
  readonly sequence?: number;
  readonly locktime?: number;
}

/** A claim of a P2WSH output: `<sig> ...unlock <witnessScript>`. */
export function sweep(
  kind: ClaimKind,
  { outpoint, amountSat, script }: Pick<Claim, 'outpoint' | 'amountSat' | 'script'>,
  witnessScript: Script,
  key: ClaimKey,
  unlock: readonly Hex[],
  { earliest, deadline, sequence = REPLACEABLE, locktime = 0 }: Terms,
): Claim {
  const spending = { how: 'sweep', key, scriptCode: witnessScript, sequence, locktime, unlock: [...unlock, witnessScript] } as const;
  return { kind, outpoint, amountSat, script, earliest, deadline, spending };
}

/** `to_remote` of a commitment of the peer's: P2WPKH, or with anchors after one block (BOLT 3, to_remote Output). */
export function toRemoteClaim(
  { crypto, toRemote, params }: ChannelScripts,
  us: Side,
  height: number,
  output: Pick<Claim, 'outpoint' | 'amountSat' | 'script'>,
): Claim {
  return paymentClaim(crypto, params.parties[us].paymentBasepoint, toRemote[us].witnessScript, height, output);
}

/** `to_remote` by its key and, with anchors, its witness script. */
export function paymentClaim(
  crypto: Crypto,
  paymentBasepoint: PublicKey,
  witnessScript: Script | undefined,
  height: number,
  output: Pick<Claim, 'outpoint' | 'amountSat' | 'script'>,
): Claim {
  const key: ClaimKey = { kind: 'payment' };
  if (witnessScript !== undefined) return sweep('to_remote', output, witnessScript, key, [], { earliest: height + 1, sequence: 1 });
  const scriptCode = p2pkh(crypto, paymentBasepoint);
  const spending = { how: 'sweep', key, scriptCode, sequence: REPLACEABLE, locktime: 0, unlock: [paymentBasepoint] } as const;
  const { outpoint, amountSat, script } = output;
  return { kind: 'to_remote', outpoint, amountSat, script, earliest: height, deadline: undefined, spending };
}
