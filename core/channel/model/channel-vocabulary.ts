import type { ChainPoint, ChainUpdate } from '../../chain/update.ts';
import type { ChannelId, Hash32, Hex, Preimage, PublicKey, Script, Txid } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import type { CommitmentFormat } from '../../transactions/types.ts';
import type { ChannelAnnouncement, ChannelMessage, ChannelUpdate, Message, OpenChannel } from '../../wire/messages/index.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import type { AddUpdate, Attribution, Awaited, ChannelEvent, HtlcResolution, StoredChannel } from './state.ts';
import type { Answer, Duty } from './duties.ts';
import type { ChannelCache } from '../commitments/cache.ts';
import type { Origin } from './origin.ts';
import type { GossipLimits } from '../../gossip/gossip-vocabulary.ts';
import type { ForwardingPolicy } from '../../gossip/channel-update.ts';
import type { Failure } from '../../onion/failure-messages.ts';
import type { OnionReader } from '../../onion/reader.ts';
import type { RuleId, ViolableId } from '../../rules.ts';
import type { Signer } from '../commitments/signer.ts';

/** A state and what to do, in order. Atomic: after a throw the previous state is still valid. */
export interface Step<S, E> {
  readonly state: S;
  readonly effects: readonly E[];
}

/** Where something is made durable: with the channel's own state, or at a watcher of the chain. */
export type Sink = { readonly kind: 'state' } | { readonly kind: 'watcher'; readonly name: string };

export const STATE_SINK: Extract<Sink, { kind: 'state' }> = { kind: 'state' };

/** What must be durable first: a version of the channel's state, or an update, and all before it, at so many of these watchers. */
export type Dependency =
  | { readonly sink: Extract<Sink, { kind: 'state' }>; readonly channelId: ChannelId; readonly version: number }
  | { readonly quorum: number; readonly of: readonly string[]; readonly channelId: ChannelId; readonly number: number };

/**
 * What a channel says to its node, which passes most of it on to the host as it stands. What has `after` leaves the channel's outbox when all
 * of that is durable, and is heard by nobody before.
 */
export type ChannelOutput =
  | SendEffect
  | StoreEffect
  | {
      readonly kind: 'monitor';
      readonly watcher: string;
      readonly channelId: ChannelId;
      readonly id: number;
      readonly update: MonitorUpdate;
      /** The store that contains it: a watcher that is ahead of the durable state proves that the state is old. */
      readonly after: readonly Dependency[];
    }
  | {
      readonly kind: 'broadcast';
      readonly tx: Tx;
      readonly channelId: ChannelId;
      readonly purpose: 'funding' | 'commitment' | 'closing';
      readonly after?: readonly Dependency[];
    }
  | { readonly kind: 'watch_tx'; readonly txid: Txid; readonly channelId: ChannelId }
  | { readonly kind: 'watch_spend'; readonly txid: Txid; readonly vout: number; readonly channelId: ChannelId }
  | GossipOutput
  | SignEffect
  | HtlcIrrevocable
  | HtlcResolved
  | NotOffered
  | Notice
  | { readonly kind: 'ask'; readonly channelId: ChannelId; readonly peer: PublicKey; readonly question: Question }
  /** An `add` was taken. The id may change at a reconnection while no signature covers the HTLC: the origin names it. */
  | { readonly kind: 'added'; readonly channelId: ChannelId; readonly origin: Origin; readonly id: bigint }
  | { readonly kind: 'disconnect'; readonly peer: PublicKey; readonly reason: string }
  | { readonly kind: 'refused'; readonly command: Command['kind']; readonly rule: RuleId; readonly detail: string }
  /** A peer has broken a rule: for logs and for whoever judges peers. What the rule asks for stands beside it in the same step. */
  | {
      readonly kind: 'violated';
      readonly peer: PublicKey;
      /** Absent where no channel is meant. */
      readonly channelId: ChannelId | undefined;
      readonly rule: ViolableId;
      readonly detail: string;
    };

export interface SendEffect {
  readonly kind: 'send';
  readonly peer: PublicKey;
  readonly message: Message;
  /** Absent for messages that no store may hold back: error, warning, init, ping, pong, and messages before a channel is funded. */
  readonly channelId?: ChannelId;
  readonly after?: readonly Dependency[];
}
/** A whole snapshot: a newer one supersedes an older. The host serialises `state` with `encodeChannel`. */
export interface StoreEffect {
  readonly kind: 'store';
  readonly channelId: ChannelId;
  readonly version: number;
  readonly state: StoredChannel;
  /** What this step tells whoever watches the chain: for the node's own watcher, appended in the same atomic write. */
  readonly records: readonly MonitorUpdate[];
}
/** What everybody may hear of this channel (BOLT 7): its announcement, and our newest channel_update. Said again after a restart. */
export interface GossipOutput {
  readonly kind: 'gossip';
  readonly channelId: ChannelId;
  readonly message: ChannelAnnouncement | ChannelUpdate;
  readonly after: readonly Dependency[];
}
/** A duty of the signer stands: the input `signed` answers it, sooner or later. Said again after a restart. */
export interface SignEffect {
  readonly kind: 'sign';
  readonly channelId: ChannelId;
  readonly duty: Duty;
  readonly after: readonly Dependency[];
}
/** Both sides are bound to an incoming HTLC, and it is durable that they are. Said again after a restart, until it is answered. */
export interface HtlcIrrevocable {
  readonly kind: 'htlc_irrevocable';
  readonly channelId: ChannelId;
  readonly add: AddUpdate;
  /** The rule by which it must be failed, whatever it is for; only where the node deals with payments. */
  readonly unacceptable: RuleId | undefined;
  /** Both sides are bound to it since this step: it was never said before, in no life of this node. */
  readonly isNew: boolean;
  /** Absent for one that was said before, and has come too near to its expiry. */
  readonly after: readonly Dependency[] | undefined;
}
/** What an `offer` did not put into the log, and why. */
export interface NotOffered {
  readonly kind: 'not_offered';
  readonly channelId: ChannelId;
  readonly origin: Origin;
  readonly rule: RuleId;
  readonly detail: string;
}
/**
 * What became of an HTLC that we offered. It stands in the channel's state, and is said again after a restart, until it is acknowledged. Of a
 * forward, a preimage is heard at once: what it claims needs no ground that a crash could take away, and each moment counts.
 */
export interface HtlcResolved {
  readonly kind: 'htlc_resolved';
  readonly channelId: ChannelId;
  /** What it is acknowledged by. */
  readonly eventId: number;
  readonly resolution: HtlcResolution;
  readonly after: readonly Dependency[] | undefined;
}
/** What became of the channel, or of an HTLC that it failed by itself. An `event` stands in the channel's state until it is acknowledged. */
export interface Notice {
  readonly kind: 'notify';
  readonly channelId: ChannelId;
  readonly event: ChannelNotice;
  readonly after?: readonly Dependency[];
}
/** `event` repeats until acknowledged. The others follow from the state and are presented again after a restart. */
export type ChannelNotice =
  | { readonly kind: 'event'; readonly id: number; readonly event: ChannelEvent }
  | { readonly kind: 'opened'; readonly peer: PublicKey; readonly temporaryChannelId: ChannelId }
  /**
   * HTLCs can be offered: said in each connection after the first, of which `channel_usable` says so, and when the chain has a funding again that
   * it had taken back.
   */
  | { readonly kind: 'usable' }
  | { readonly kind: 'failed'; readonly rule: RuleId; readonly reason: string }
  /** The channel has failed an incoming HTLC by itself: it came too late to be enforced, or is more dust than we allow. */
  | { readonly kind: 'htlc_failed'; readonly add: AddUpdate; readonly rule: RuleId; readonly reason: string }
  /** The peer of a channel in use has owed this message for too many blocks. Nothing follows from it but what the host does. */
  | { readonly kind: 'unanswered'; readonly message: Awaited['message']; readonly sinceHeight: number }
  /**
   * Nothing is kept of it any more. Of an opening, `channelId` is its temporary id, which only together with the peer means one. `commitment` is
   * there where we had paid for a funding that the chain never had: it pays us back, should that come after all.
   */
  | { readonly kind: 'forgotten'; readonly peer: PublicKey; readonly rule: RuleId; readonly reason: string; readonly commitment?: Tx };

/** Answered by a later command with the same channel id. */
export type Question =
  { readonly kind: 'accept'; readonly open: OpenChannel } | { readonly kind: 'fund'; readonly amountSat: bigint; readonly script: Script };

export interface OpenCommand {
  readonly kind: 'open';
  readonly peer: PublicKey;
  readonly temporaryChannelId: ChannelId;
  /** Fresh randomness; never used for another channel. */
  readonly keysId: Hash32;
  readonly fundingSat: bigint;
  readonly pushMsat: bigint;
  readonly feeratePerKw: number;
  readonly format: CommitmentFormat;
  readonly announce: boolean;
  readonly upfrontShutdownScript?: Script;
}
export type ChannelCommand =
  | {
      readonly kind: 'accept';
      readonly peer: PublicKey;
      readonly channelId: ChannelId;
      readonly keysId: Hash32;
      readonly upfrontShutdownScript?: Script;
    }
  | { readonly kind: 'reject'; readonly peer: PublicKey; readonly channelId: ChannelId; readonly reason: string }
  | { readonly kind: 'fund'; readonly peer: PublicKey; readonly channelId: ChannelId; readonly tx: Tx }
  /**
   * Offers an HTLC. If it is not refused it ends with exactly one of the events payment_sent and payment_failed, repeated until acknowledged;
   * also where the channel fails before a signature covers it. One that a crash took before it was durable has no event: it is missing from
   * `knownOrigins` of the restored state, and has failed. Of an HTLC on a commitment of a failed channel, the chain decides.
   *
   * Where the origin is a forward, no revocation leaves between payment_sent and its acknowledgement: acknowledge it once it is durable with
   * the incoming HTLC.
   */
  | {
      readonly kind: 'add';
      readonly channelId: ChannelId;
      /** Repeated in its events. */ readonly origin: Origin;
      readonly amountMsat: bigint;
      readonly paymentHash: Hash32;
      readonly cltvExpiry: number;
      readonly onion: Uint8Array;
    }
  /**
   * Claims an HTLC. The preimage leaves at once, or as soon as every watcher has it, and no later answer takes it back: a host that is
   * presented the HTLC again after a crash claims it again.
   */
  | {
      readonly kind: 'fulfill';
      readonly channelId: ChannelId;
      readonly id: bigint;
      readonly preimage: Preimage;
      readonly attribution?: Attribution | undefined;
    }
  | {
      readonly kind: 'fail';
      readonly channelId: ChannelId;
      readonly id: bigint;
      readonly reason: Hex;
      readonly attribution?: Attribution | undefined;
    }
  | {
      readonly kind: 'fail_malformed';
      readonly channelId: ChannelId;
      readonly id: bigint;
      readonly sha256OfOnion: Hash32;
      readonly failureCode: number;
    }
  | { readonly kind: 'fee'; readonly channelId: ChannelId; readonly feeratePerKw: number }
  | { readonly kind: 'commit'; readonly channelId: ChannelId }
  /**
   * What is asked for forwarding into this channel from now on. It is announced, or told to the peer alone where the channel is private; who
   * pays by what was asked for before is served for another ten minutes.
   */
  | { readonly kind: 'policy'; readonly channelId: ChannelId; readonly policy: ForwardingPolicy }
  | { readonly kind: 'shutdown'; readonly channelId: ChannelId; readonly script: Script }
  /**
   * Puts our commitment into the chain; also where a mutual close is signed, and where the channel has failed and that close is waited for. Of
   * an opening, gives it up: `peer` tells which, where the same temporary id means several things.
   */
  | { readonly kind: 'force_close'; readonly channelId: ChannelId; readonly peer?: PublicKey }
  | { readonly kind: 'acknowledge'; readonly channelId: ChannelId; readonly eventId: number };
/** Where the node deals with payments: fails an HTLC that was presented to the host, in the form that its onion asks for. */
export interface DeclineCommand {
  readonly kind: 'decline';
  readonly channelId: ChannelId;
  readonly id: bigint;
  /** What its payer is told. */
  readonly failure: Failure;
}
export type Command = OpenCommand | ChannelCommand | DeclineCommand;

export type ChannelInput =
  | { readonly kind: 'message'; readonly message: ChannelMessage }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  /** The peer's channel_update of this channel. */
  | { readonly kind: 'peers_update'; readonly update: ChannelUpdate }
  | ChainUpdate
  | { readonly kind: 'monitor_stored'; readonly watcher: string; readonly id: number }
  | OnChain
  /** The signer has answered. */
  | { readonly kind: 'signed'; readonly answer: Answer }
  | { readonly kind: 'command'; readonly command: Command }
  /** The node's own adds, for one signature: only where that can be made at once. */
  | { readonly kind: 'offer'; readonly adds: readonly NewHtlc[] }
  /** The peer has let its time pass: only an opening is ever told so. */
  | { readonly kind: 'timeout' }
  /** A rule that needs to know of other channels: only an opening is ever told so. */
  | { readonly kind: 'violated'; readonly rule: ViolableId; readonly detail: string }
  /** The peer's error for this channel, or for all channels with it. */
  | { readonly kind: 'peer_error'; readonly data: Hex };

/**
 * What the node's own watcher has found in the chain. The channel stores in any case: what that has done rides in the same write.
 */
export interface OnChain {
  readonly kind: 'on_chain';
  /** HTLCs that we offered, by id, of which the chain has decided beyond doubt; without a preimage they have failed. */
  readonly settled: readonly { readonly id: bigint; readonly preimage: Preimage | undefined }[];
  /** Preimages that transactions have shown, confirmed or not. */
  readonly preimages: readonly Preimage[];
  /** Every output is irrevocably resolved (BOLT 5): nothing more will be decided. */
  readonly resolved: boolean;
}

/** An HTLC to offer. */
export interface NewHtlc {
  readonly origin: Origin;
  readonly amountMsat: bigint;
  readonly paymentHash: Hash32;
  readonly cltvExpiry: number;
  readonly onion: Uint8Array;
  readonly pathKey: PublicKey | undefined;
}

/** What a rule needs to know of its surroundings; the node fills it in at each step. */
export interface ChannelEnv {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly cache: ChannelCache;
  readonly config: ChannelConfig;
  /** The newest block that this node has seen. */
  readonly tip: ChainPoint;
  /** Blocks above this height came while the node was away; undefined where none did. */
  readonly awayFrom: number | undefined;
  /** Wall time, as the node was told it. */
  readonly nowMs: number;
  /** The host's current estimate, in satoshi per 1000 weight. */
  readonly feeratePerKw: number;
  readonly peerFeatures: Hex;
  /** Present where the node deals with payments. */
  readonly onions: OnionReader | undefined;
  /** The state comes from a copy, and its peer has not shown yet that it is not an old one. */
  readonly mayBeOld: boolean;
}

/** A node's policy. All limits have a name. */
export interface ChannelConfig {
  readonly chainHash: Hash32;
  /** Our own features, as sent in init. */
  readonly features: Hex;
  readonly watchers: readonly string[];
  /** How many watchers must hold an update before what depends on it leaves; all of them, where it is more than there are. */
  readonly watcherQuorum: number;
  /**
   * The node was started from a copy of its state that may be an old one: a channel whose peer has not shown that it is current is failed without
   * broadcast. The host says so at each start until every channel has been `usable` once.
   */
  readonly fromCopy: boolean;
  /**
   * Who deals with HTLCs. `host`: each is presented to it, its onion unread. `node`: the node reads onions, forwards, and presents what is for
   * itself; it needs its key for that (`createNodeEnv`), and signs by itself (`commit: 'auto'`).
   */
  readonly payments: 'host' | 'node';
  /** What a node keeps of gossip: its own channels alone, or a picture of the whole network (BOLT 7). */
  readonly gossip: 'own' | 'network';
  readonly gossipLimits: GossipLimits;
  /** What this node asks for forwarding into each channel of which its host has not said otherwise (`policy`). */
  readonly relay: ForwardingPolicy;
  /** How long an HTLC waits for the next channel to be able to take it, in milliseconds of wall time. */
  readonly maxForwardWaitMs: number;
  /** How long HTLCs wait for the others of their payment, in milliseconds of wall time (BOLT 4: at least 60 seconds). */
  readonly mppTimeoutMs: number;
  /** Whether payments that nobody asked for are taken (bLIP 3). */
  readonly acceptKeysend: boolean;
  /** Nearest cltv_expiry ahead of the chain that we forward with, in blocks. */
  readonly minCltvAhead: number;
  /** `auto`: sign as soon as there is something to sign. `manual`: the host says `commit`, to batch. */
  readonly commit: 'auto' | 'manual';
  readonly dustLimitSat: bigint;
  readonly maxHtlcValueInFlightMsat: bigint;
  readonly maxAcceptedHtlcs: number;
  readonly htlcMinimumMsat: bigint;
  readonly toSelfDelay: number;
  /** Longest to_self_delay that we let a peer impose on us, in blocks. */
  readonly maxToSelfDelay: number;
  readonly minimumDepth: number;
  readonly maxMinimumDepth: number;
  readonly minFundingSat: bigint;
  /** Parts per million of the funding that the peer must keep as reserve (at least the dust limits). */
  readonly reservePpm: number;
  readonly maxDustLimitSat: bigint;
  /** Bounds on a peer's feerate as a ratio of ours, in percent: e.g. 25 and 1000. */
  readonly feerateTolerancePercent: { readonly min: number; readonly max: number };
  readonly minFeeratePerKw: number;
  readonly maxDustHtlcExposureMsat: bigint;
  /** Multiple of the current feerate that the opener keeps affordable when adding (BOLT 2's fee spike buffer). */
  readonly feeSpikeMultiple: number;
  /** Blocks after its expiry when an offered HTLC fails the channel (BOLT 2: 1 or 2). */
  readonly htlcGraceBlocks: number;
  /** Blocks before its expiry when a fulfilled incoming HTLC fails the channel (BOLT 2: 18). */
  readonly fulfillDeadlineBlocks: number;
  /** Furthest cltv_expiry ahead of the chain that we offer or forward with, in blocks. */
  readonly maxCltvAhead: number;
  /** How long an opening waits for the peer's next message, in milliseconds of wall time. */
  readonly openingTimeoutMs: number;
  /** How long a connected peer may owe an answer before we hang up, in milliseconds of wall time. */
  readonly answerTimeoutMs: number;
  /** How many blocks an answer may take: then a closing fails (BOLT 2: "a reasonable amount of time"), and of a channel in use the host hears. */
  readonly answerTimeoutBlocks: number;
  /** The closing fee_range that we offer, in percent of our estimate. */
  readonly closingFeeRangePercent: { readonly min: number; readonly max: number };
}
