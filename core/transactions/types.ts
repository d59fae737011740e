import type { Outpoint } from '../bitcoin/tx.ts';
import type { Hash32, PublicKey } from '../crypto/bytes.ts';

/** The two ends of a channel, absolutely: who opened it, and who accepted. */
export type Side = 'opener' | 'accepter';

export function other(side: Side): Side {
  return side === 'opener' ? 'accepter' : 'opener';
}

/** A value of `side`, and one of the other. */
export function bySide<T>(side: Side, its: T, others: T): Readonly<Record<Side, T>> {
  return side === 'opener' ? { opener: its, accepter: others } : { opener: others, accepter: its };
}

/** `anchors` is the specification's option_anchors: anchor outputs and HTLC transactions without fee. */
export type CommitmentFormat = 'static_remotekey' | 'anchors';

export interface HtlcSpec {
  readonly offerer: Side;
  /** Counted by the offerer. */
  readonly id: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
}

/** What a commitment transaction says: the balances are what each side has outside HTLCs, before fees and anchors. */
export interface CommitmentContents {
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  readonly htlcs: readonly HtlcSpec[];
  readonly feeratePerKw: number;
}

/** What one side brought to the channel in open_channel or accept_channel, as far as transactions depend on it. */
export interface ChannelParty {
  readonly fundingPubkey: PublicKey;
  readonly revocationBasepoint: PublicKey;
  readonly paymentBasepoint: PublicKey;
  readonly delayedPaymentBasepoint: PublicKey;
  readonly htlcBasepoint: PublicKey;
  /** The `dust_limit_satoshis` that this side sent: it applies to this side's own commitment transaction. */
  readonly dustLimitSat: bigint;
  /** Blocks by which this side's own commitment delays its own money: the `to_self_delay` that the OTHER side sent. */
  readonly delayOnOwnCommitment: number;
}

export interface ChannelParams {
  readonly format: CommitmentFormat;
  readonly funding: Outpoint;
  readonly fundingSat: bigint;
  readonly parties: Readonly<Record<Side, ChannelParty>>;
}
