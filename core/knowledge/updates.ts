import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, Preimage, PublicKey, Script, SecretKey, Signature, Txid } from '../crypto/bytes.ts';
import type { ChannelParty, CommitmentFormat, Side } from '../transactions/types.ts';

/**
 * What a channel tells whoever watches its chain (BOLT 5): increments that need nothing beside each other, numbered from 1. What was told is
 * never taken back: an entry of a log is told with the first commitment that covers it, and no rollback at a disconnection reaches it.
 */
export type MonitorUpdate =
  | ParametersUpdate
  | FundingUpdate
  | ShutdownScriptsUpdate
  | OurCommitmentUpdate
  | TheirCommitmentUpdate
  | SecretUpdate
  | PreimageUpdate
  | FinalUpdate;

/** What commitment transactions depend on of one side, for the life of the channel. */
export type WatchedParty = Omit<ChannelParty, 'fundingPubkey'>;

/** Comes first, once. */
export interface ParametersUpdate {
  readonly kind: 'parameters';
  readonly us: Side;
  /** Names our keys to the signer. */
  readonly keysId: Hash32;
  readonly parties: Readonly<Record<Side, WatchedParty>>;
  /** What commitment 0 says. */
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly feeratePerKw: number;
}

/** An output that commitments spend. */
export interface FundingUpdate {
  readonly kind: 'funding';
  readonly txid: Txid;
  readonly vout: number;
  readonly amountSat: bigint;
  readonly format: CommitmentFormat;
  readonly fundingPubkeys: Readonly<Record<Side, PublicKey>>;
}

/** Where a mutual close pays: told before our first closing_signed. */
export interface ShutdownScriptsUpdate {
  readonly kind: 'shutdown_scripts';
  readonly scripts: Readonly<Record<Side, Script>>;
}

/** An update of a log, as far as commitments depend on it. Removals name an HTLC of the other side's log. */
export type Entry =
  | {
      readonly kind: 'add';
      readonly id: bigint;
      readonly amountMsat: bigint;
      readonly paymentHash: Hash32;
      readonly cltvExpiry: number;
    }
  | { readonly kind: 'fulfilled'; readonly id: bigint }
  | { readonly kind: 'failed'; readonly id: bigint }
  | { readonly kind: 'fee'; readonly feeratePerKw: number };

/** What a commitment has that the one before it of the same owner had not. */
export interface Growth {
  readonly number: bigint;
  /** By the log's side: the entries that no earlier update told. */
  readonly news: Readonly<Record<Side, readonly Entry[]>>;
  /** By the log's side: how many entries more it has than the owner's commitment before it. */
  readonly steps: Readonly<Record<Side, number>>;
  /** The owner's per-commitment point. */
  readonly point: PublicKey;
}

/** A new commitment of ours, with the peer's signatures, one set a funding: told before we revoke the one before it. */
export interface OurCommitmentUpdate extends Growth {
  readonly kind: 'ours';
  readonly signatures: readonly { readonly signature: Signature; readonly htlcSignatures: readonly Signature[] }[];
}

/** A new commitment of the peer: told before our signature for it leaves. */
export interface TheirCommitmentUpdate extends Growth {
  readonly kind: 'theirs';
}

/** The peer has revoked its commitment of this number. */
export interface SecretUpdate {
  readonly kind: 'secret';
  readonly number: bigint;
  readonly secret: SecretKey;
}

/** A preimage, with the incoming HTLCs that it settles: only those are claimed by it. None where the peer revealed it to us. */
export interface PreimageUpdate {
  readonly kind: 'preimage';
  readonly preimage: Preimage;
  readonly settles: readonly HtlcName[];
}
export interface HtlcName {
  readonly offerer: Side;
  readonly id: bigint;
}

/** Our commitment of this number, signed, is for the chain: told when the failed state is durable, and never revoked from then on. */
export interface FinalUpdate {
  readonly kind: 'final';
  readonly number: bigint;
  readonly tx: Tx;
}
