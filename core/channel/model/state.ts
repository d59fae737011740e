import type { ChannelId, Hash32, Hex, Preimage, PublicKey, Script, SecretKey, Signature, Txid } from '../../crypto/bytes.ts';
import type { CommitmentFormat, HtlcSpec, Side } from '../../transactions/types.ts';
import type { SecretStore } from '../../transactions/secrets.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { View } from '../../chain/view.ts';
import type { OpenChannel, UpdateFulfillHtlc } from '../../wire/messages/index.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import type { Announcement } from './announcement.ts';
import type { Origin } from './origin.ts';
import type { RuleId } from '../../rules.ts';

/** An HTLC offered by the side whose log it stands in (BOLT 2, update_add_htlc). */
export interface AddUpdate extends HtlcSpec {
  readonly kind: 'add';
  readonly offerer: Side;
  readonly id: bigint;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
  /** 1366 bytes, opaque to the channel. */
  readonly onion: Uint8Array;
  readonly pathKey?: PublicKey;
}
/** BOLT 4, attribution data: kept as it was first made, and retransmitted so. */
export type Attribution = NonNullable<UpdateFulfillHtlc['attributionData']>;
/** Removals name an HTLC of the OTHER side's log by its id. */
export interface FulfillUpdate {
  readonly kind: 'fulfill';
  readonly id: bigint;
  readonly preimage: Preimage;
  readonly attribution?: Attribution;
}
export interface FailUpdate {
  readonly kind: 'fail';
  readonly id: bigint;
  readonly reason: Hex;
  readonly attribution?: Attribution;
}
export interface FailMalformedUpdate {
  readonly kind: 'fail_malformed';
  readonly id: bigint;
  readonly sha256OfOnion: Hash32;
  readonly failureCode: number;
}
export interface FeeUpdate {
  readonly kind: 'fee';
  readonly feeratePerKw: number;
}
export type Removal = FulfillUpdate | FailUpdate | FailMalformedUpdate;
export type Update = AddUpdate | Removal | FeeUpdate;

/** How much of each side's log a commitment contains: absolute indexes, counted from the channel's first update. */
export type Cut = Readonly<Record<Side, number>>;

/** What one commitment of one owner contains; each funding has its own transaction of it. */
export interface Commitment {
  readonly number: bigint;
  readonly cut: Cut;
}

/** What both sides must come to agree on. Sides are absolute, so that the two nodes' values are literally equal when the channel is quiet. */
export interface SharedState {
  /** The updates that both sides have irrevocably committed, folded: `cut` says how many of each log. */
  readonly base: Base;
  /** Updates after `base.cut`, in the order of sending. */
  readonly logs: Readonly<Record<Side, readonly Update[]>>;
  readonly commitments: Readonly<Record<Side, OwnersCommitments>>;
}

/** One owner's newest unrevoked commitments: `next` is signed for, and `current` not yet revoked. Of ours, `next` waits for our signer. */
export interface OwnersCommitments {
  readonly current: Commitment;
  readonly next?: Commitment;
}
export interface Base {
  readonly cut: Cut;
  readonly balanceMsat: Readonly<Record<Side, bigint>>;
  /** HTLCs in flight that both sides have irrevocably committed, by offerer, in the order of their ids. */
  readonly htlcs: Readonly<Record<Side, readonly AddUpdate[]>>;
  readonly feeratePerKw: number;
  /** The id that each side's next add after the base must have. */
  readonly nextHtlcId: Readonly<Record<Side, bigint>>;
}

/** What one side announced in open_channel or accept_channel. Limits are those that the OTHER side must keep. */
export interface Party {
  readonly revocationBasepoint: PublicKey;
  readonly paymentBasepoint: PublicKey;
  readonly delayedPaymentBasepoint: PublicKey;
  readonly htlcBasepoint: PublicKey;
  readonly dustLimitSat: bigint;
  readonly maxHtlcValueInFlightMsat: bigint;
  readonly htlcMinimumMsat: bigint;
  /** How long the other side's to_self outputs are delayed, in blocks. */
  readonly toSelfDelay: number;
  readonly maxAcceptedHtlcs: number;
  /** Present when this side committed to where its funds go on mutual close: for good, whatever features are negotiated later. */
  readonly upfrontShutdownScript?: Script;
}

/** Fixed for the life of a channel once both parties are known. */
export interface ChannelParams {
  readonly us: Side;
  readonly peer: PublicKey;
  readonly temporaryChannelId: ChannelId;
  /** Names our keys to the signer. */
  readonly keysId: Hash32;
  readonly channelType: Hex;
  readonly pushMsat: bigint;
  readonly initialFeeratePerKw: number;
  readonly minimumDepth: number;
  readonly announce: boolean;
  /** option_shutdown_anysegwit was negotiated when it was opened: what that allows in a shutdown is acceptable for good. */
  readonly anysegwit: boolean;
  readonly parties: Readonly<Record<Side, Party>>;
}

/** What both sides agree on of a funding before its transaction is known. */
export interface FundingTerms {
  /** The channel's capacity. */
  readonly amountSat: bigint;
  readonly format: CommitmentFormat;
  readonly fundingPubkeys: Readonly<Record<Side, PublicKey>>;
  /** What each side put in, before push_msat. */
  readonly contributionSat: Readonly<Record<Side, bigint>>;
  /** What each side must keep as its direct payment: the other side's `channel_reserve_satoshis`. */
  readonly reserveSat: Readonly<Record<Side, bigint>>;
}

/** A funding output: fixed for its life, so that caches go by its identity. */
export interface FundingOutput extends FundingTerms {
  readonly txid: Txid;
  readonly vout: number;
}

/** The unit of a channel: an output, and each side's commitment transactions that spend it. One today; splices will add more. */
export interface Funding {
  readonly output: FundingOutput;
  /** The opener has it from the beginning, the accepter since the chain first had it: broadcast while the chain has it not. */
  readonly tx: Tx | undefined;
  /** By owner: the transactions of the commitments that `shared.commitments` counts. */
  readonly txids: Readonly<Record<Side, CommitmentTxids>>;
  /** The peer's signatures for our current commitment. */
  readonly received: CommitmentSignatures;
  /** Those for our `next` commitment. Present exactly when `next` is. */
  readonly receivedNext: CommitmentSignatures | undefined;
  /** Our signatures for the peer's `next` commitment, kept to retransmit them identically. Present exactly when `next` is. */
  readonly sent: CommitmentSignatures | undefined;
}
export interface CommitmentTxids {
  readonly current: Txid;
  readonly next: Txid | undefined;
}

/** One side's signatures for one commitment of the other, HTLCs in the order of its outputs. */
export interface CommitmentSignatures {
  readonly signature: Signature;
  readonly htlcSignatures: readonly Signature[];
}

/** The peer's points: of its unrevoked commitment, and of the one after (absent until channel_ready or revoke_and_ack gave it). */
export interface RemoteRevocation {
  readonly currentPoint: PublicKey;
  readonly nextPoint?: PublicKey;
  readonly secrets: SecretStore;
}

export interface PendingMonitorUpdate {
  readonly id: number;
  readonly update: MonitorUpdate;
  /** Watchers that have not acknowledged it. */
  readonly waiting: readonly string[];
}

/** Something the host must hear of at least once: kept, and repeated after a restart, until the host acknowledges it. */
export interface UnacknowledgedEvent {
  readonly id: number;
  readonly event: ChannelEvent;
}
export type ChannelEvent =
  | {
      readonly kind: 'payment_sent';
      readonly origin: Origin;
      readonly paymentHash: Hash32;
      readonly preimage: Preimage;
      readonly attribution?: Attribution;
    }
  /** `failure` is absent when the HTLC was never committed to, or when the chain has decided. */
  | {
      readonly kind: 'payment_failed';
      readonly origin: Origin;
      readonly paymentHash: Hash32;
      readonly failure?: FailUpdate | FailMalformedUpdate;
    }
  | { readonly kind: 'channel_usable' }
  | { readonly kind: 'channel_closed'; readonly closingTxid: Txid };
/** What became of an HTLC that we offered. */
export type HtlcResolution = Extract<ChannelEvent, { kind: 'payment_sent' | 'payment_failed' }>;

/** BOLT 2, closing_signed: one negotiation a connection. */
export interface ClosingNegotiation {
  /** The fee that we offered last in this connection, with the range we sent. */
  readonly offered?:
    | {
        readonly feeSat: bigint;
        readonly range: FeeRange;
        /** The transaction, while our signature is awaited and nothing has been sent. */
        readonly unsigned?: Txid | undefined;
      }
    | undefined;
  readonly peerOffered?: { readonly feeSat: bigint; readonly range?: FeeRange } | undefined;
}
export interface FeeRange {
  readonly minFeeSat: bigint;
  readonly maxFeeSat: bigint;
}

/** A closing transaction that the peer has signed. */
export interface AgreedClosing {
  readonly feeSat: bigint;
  readonly txid: Txid;
  /** The peer's. */
  readonly signature: Signature;
}

/** How far a mutual close has come. What may be missing is `undefined`, never absent: objects of one shape are read and copied fast. */
export interface Closing {
  /** The scriptpubkey of our shutdown. */
  readonly sent: Script | undefined;
  /** That of the peer's. */
  readonly received: Script | undefined;
  /** A shutdown that was asked for while updates wait on the peer's commitment: sent as soon as BOLT 2 allows. */
  readonly wanted: Script | undefined;
  /** There from the peer's shutdown of this connection on. */
  readonly negotiation: ClosingNegotiation | undefined;
  /** Signed by the peer, and what both want: our signature is awaited. */
  readonly agreed: AgreedClosing | undefined;
  /** Signed by both: the channel stays until it confirms. */
  readonly tx: Tx | undefined;
}

/**
 * - `disconnected`: no connection.
 * - `reestablishing`: we sent channel_reestablish, the peer's has not come.
 * - `connected`: updates may flow.
 */
export type ConnectionPhase = 'disconnected' | 'reestablishing' | 'connected';

/**
 * The message that the peer owes us, counted so that two of a kind are told apart. Ended by the answer and by nothing else: by no reconnection
 * and by no restart.
 */
export interface Awaited {
  readonly message: 'channel_ready' | 'revoke_and_ack' | 'commitment_signed' | 'shutdown' | 'closing_signed';
  /** Of the commitment that it revokes or signs; 0 of the others. */
  readonly number: bigint;
  readonly sinceHeight: number;
}

/** How far a channel has come on the way to normal operation. */
export interface Lifecycle {
  readonly connection: ConnectionPhase;
  readonly readySent: boolean;
  readonly readyReceived: boolean;
  /** Height when the channel was created: the accepter forgets it 2016 blocks later if it never confirms. */
  readonly createdHeight: number;
  readonly awaited: Awaited | undefined;
}

/** What only we know of an HTLC that we offer: from its add on. */
export interface OfferedHtlc {
  readonly id: bigint;
  readonly origin: Origin;
  /** Revealed by the peer: known for good, even if the update_fulfill_htlc was rolled back. */
  readonly preimage: Preimage | undefined;
}
/** What only we know of an HTLC that the peer offers: from when both sides are bound to it. */
export interface ReceivedHtlc {
  readonly id: bigint;
  /** When it became irrevocable, in wall time: what hold times count from (BOLT 4, attribution data). */
  readonly receivedMs: number;
  /** What its onion says to us, and the secret that we share with the payer; absent until it was peeled. */
  readonly payload: Hex | undefined;
  readonly sharedSecret: Hash32 | undefined;
  /** How we have answered it. */
  readonly answered: Removal['kind'] | undefined;
}

/** What only we know of the channel's HTLCs, beside the logs that both sides share, and what our host is to hear. */
export interface HostRecords {
  readonly offered: readonly OfferedHtlc[];
  readonly received: readonly ReceivedHtlc[];
  readonly nextEventId: number;
  readonly events: readonly UnacknowledgedEvent[];
  /** The mutual close that the host was told of. */
  readonly toldClose: Txid | undefined;
}

/** What has been issued to be made durable. */
export interface Durability {
  /** Version of the newest state store. */
  readonly version: number;
  readonly nextMonitorId: number;
  readonly pendingMonitor: readonly PendingMonitorUpdate[];
}

/** What every state with commitments has. */
export interface FundedBase {
  readonly channelId: ChannelId;
  readonly params: ChannelParams;
  readonly fundings: readonly Funding[];
  readonly shared: SharedState;
  readonly remote: RemoteRevocation;
  /** Which of revoke_and_ack and commitment_signed left last: the order in which both are retransmitted. */
  readonly lastSent: 'revoke_and_ack' | 'commitment_signed';
  /** Of our commitment before the current one, which it has revoked: revoke_and_ack is sent again with it. */
  readonly revokedSecret: SecretKey | undefined;
  /** What it has seen of the chain: the only place where it knows anything of that. */
  readonly chain: View;
  readonly host: HostRecords;
  readonly durability: Durability;
}

/** From funding_created/funding_signed on: waiting for confirmations, normal operation, shutdown, closing negotiation. */
export interface FundedState extends FundedBase {
  readonly phase: 'funded';
  readonly lifecycle: Lifecycle;
  readonly closing: Closing;
  readonly announcement: Announcement;
}

/** Terminal for the protocol: what remains is the chain's business. Repeats its error to the peer at reestablishment. */
export interface FailedState extends FundedBase {
  readonly phase: 'failed';
  readonly failure: Failure;
  /** A mutual close may confirm whatever failed the channel. One that both had signed is broadcast instead of the commitment (BOLT 5, Failing a Channel). */
  readonly closing: Closing;
}
export interface Failure {
  /** What we tell the peer, at once and again at each reconnection. Absent when the peer's error failed the channel. */
  readonly error: Hex | undefined;
  /** The rule that failed the channel, and what happened. */
  readonly rule: RuleId;
  readonly reason: string;
  /** We have lost data and must not broadcast (BOLT 2, option_data_loss_protect). */
  readonly stale: boolean;
  /** Fully signed; absent where the state is stale, and while our signer has not signed it. The second choice where a close is signed. */
  readonly commitmentToBroadcast: Tx | undefined;
  /** When it failed. */
  readonly height: number;
}

/** Before funding_signed: nothing of it is durable, a lost connection forgets it (BOLT 2). */
export interface OpeningState {
  readonly phase: 'opening';
  readonly temporaryChannelId: ChannelId;
  readonly peer: PublicKey;
  readonly us: Side;
  readonly step: OpeningStep;
}
export type OpeningStep =
  | { readonly kind: 'awaiting_host_accept'; readonly open: OpenChannel }
  | { readonly kind: 'awaiting_accept_channel'; readonly open: OpenChannel; readonly keysId: Hash32 }
  | {
      readonly kind: 'awaiting_host_funding';
      readonly params: ChannelParams;
      readonly terms: FundingTerms;
      readonly remotePoint: PublicKey;
    }
  | {
      readonly kind: 'awaiting_funding_created';
      readonly params: ChannelParams;
      readonly terms: FundingTerms;
      readonly remotePoint: PublicKey;
    }
  | {
      readonly kind: 'awaiting_funding_signed';
      readonly params: ChannelParams;
      readonly remotePoint: PublicKey;
      readonly output: FundingOutput;
      readonly fundingTx: Tx;
      readonly channelId: ChannelId;
    };

/** Gone without trace: opening was refused, given up or lost. The node drops it. */
export interface ForgottenState {
  readonly phase: 'forgotten';
  readonly rule: RuleId;
  readonly reason: string;
}

/** What a host keeps durable. */
export type StoredChannel = FundedState | FailedState;
export type ChannelState = OpeningState | FundedState | FailedState | ForgottenState;
