import type { ChannelId, Hash32, Hex, PublicKey, Signature } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChainInput, ChainPoint, ChainRefusal } from '../chain/update.ts';
import type {
  ChannelConfig,
  ChannelNotice,
  ChannelOutput,
  Command,
  Dependency,
  GossipOutput,
  HtlcIrrevocable,
  HtlcResolved,
  NewHtlc,
  Notice,
  NotOffered,
  Sink,
  StoreEffect as ChannelStore,
} from '../channel/model/channel-vocabulary.ts';
import type { AddUpdate, OpeningState, StoredChannel } from '../channel/model/state.ts';
import type { OnionNodeEnv } from '../onion/env.ts';
import type { Receive } from '../onion/instruction.ts';
import { OnionReader } from '../onion/reader.ts';
import type { Answer } from '../channel/model/duties.ts';
import type { Origin } from '../channel/model/origin.ts';
import type { Deadlines } from '../time/deadlines.ts';
import type { PaymentCommand, PaymentEvent, RouteQuestion } from '../payments/commands.ts';
import type { HtlcSet } from '../payments/htlc-set.ts';
import type { Payment } from '../payments/payment.ts';
import type { Receivable } from '../payments/receivable.ts';
import { NO_REPLAYS } from '../payments/replay-log.ts';
import type { ReplayEntry, ReplayIncrement, ReplayLog } from '../payments/replay-log.ts';
import type { NotForwarded } from '../payments/forwarding.ts';
import type { NodeRecord, RecordSink } from '../payments/records.ts';
import type { RuleId } from '../rules.ts';
import type { RemoteAddress } from '../peers/peers-vocabulary.ts';
import { ChannelCache } from '../channel/commitments/cache.ts';
import type { Signer } from '../channel/commitments/signer.ts';
import type { Fact } from '../monitor/facts.ts';
import type { WatcherRecord } from '../monitor/records.ts';
import type { ClaimInput, ClaimWord } from './watching/claim-words.ts';
import { createClaiming } from './watching/watching.ts';
import type { Claiming, Watching } from './watching/watching.ts';
import type { GossipState, OutputFound } from '../gossip/gossip-vocabulary.ts';
import { NOTHING_KNOWN } from '../gossip/network-view.ts';
import type { NetworkView } from '../gossip/network-view.ts';
import type { NodeAnnouncement } from '../wire/messages/index.ts';
import { assertSpoken } from './spoken-features.ts';

/** Everything that enters core. Data only. Peers are named by their node id. */
export type NodeInput =
  /** A transport to the peer is up: init goes out at once. `from` where the peer has connected to us over IP: it is told how it looks from here. */
  | { readonly kind: 'connected'; readonly peer: PublicKey; readonly from?: RemoteAddress }
  | { readonly kind: 'disconnected'; readonly peer: PublicKey }
  /** One whole Lightning message: 2-byte type and payload. */
  | { readonly kind: 'received'; readonly peer: PublicKey; readonly bytes: Uint8Array }
  /** A store of this version is durable (of a state: and so is every older one; of a watcher's updates: this one). */
  | { readonly kind: 'stored'; readonly sink: Sink; readonly channelId: ChannelId; readonly version: number }
  /** A store of one of the node's own records is durable (`store_record`), and so is every older one of it. */
  | { readonly kind: 'record_stored'; readonly sink: RecordSink; readonly version: number }
  /** A duty of the signer (`sign`) is done. */
  | { readonly kind: 'signed'; readonly channelId: ChannelId; readonly answer: Answer }
  /** What has become of the chain, with the transactions that this node watches. */
  | ChainInput
  /** Wall time, in milliseconds; one that goes back counts as no time passed. `nextDeadline` says when it is wanted next. */
  | { readonly kind: 'time'; readonly nowMs: number }
  | { readonly kind: 'feerate'; readonly feeratePerKw: number }
  | ClaimInput
  /** What the chain has at the place of an output (`check_output`); undefined where there is none that is unspent. */
  | { readonly kind: 'output_checked'; readonly shortChannelId: bigint; readonly found: OutputFound }
  /** An output that was checked has been spent in the block of this height. */
  | { readonly kind: 'output_spent'; readonly shortChannelId: bigint; readonly height: number }
  | { readonly kind: 'command'; readonly command: NodeCommand };

export type NodeCommand = Command | PaymentCommand | AnnounceNodeCommand;

/** What the node is to say of itself, signed (BOLT 7): said to every peer, and again to who comes later, until a restart. */
export interface AnnounceNodeCommand {
  readonly kind: 'announce_node';
  readonly announcement: NodeAnnouncement;
}

/** What a node is given once, and no other node with it: `createNodeEnv` makes it. */
export interface NodeEnv {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly config: ChannelConfig;
  readonly cache: ChannelCache;
  /** Both present where the node deals with payments. */
  readonly onions: OnionReader | undefined;
  readonly key: UsedKey | undefined;
  /** Present where the node claims on the chain what is its own. */
  readonly claiming: Claiming | undefined;
  /** What it knows of the network when it starts: shared by all that start with it. */
  readonly network: NetworkView;
}

export interface UsedKey extends NodeKey {
  /** What the key makes of its own point: a secret for what only has to be unpredictable to others. */
  readonly secret: Hash32;
}

/** What is done with the node's own key, so that the key may lie elsewhere: onions are read, invoices signed. */
export interface NodeKey extends Pick<OnionNodeEnv, 'cipher' | 'ecdh'> {
  readonly nodeId: PublicKey;
  /** Low S (`Crypto.sign`). */
  sign(digest: Hash32): Signature;
}

/**
 * Anew whenever a node starts or is copied: what one has worked out is no business of another, and forgotten with it. Throws a RangeError where
 * the configuration offers features that this node does not speak, or offers them without what they depend on (BOLT 9); and where the node is to
 * deal with payments and has no key for it, does not sign by itself, or forwards with too few blocks between two expiries.
 *
 * Without `claims` nothing is claimed on the chain: a failed channel ends with its commitment broadcast.
 */
export function createNodeEnv(
  crypto: Crypto,
  signer: Signer,
  config: ChannelConfig,
  key?: NodeKey,
  claims?: Pick<Claiming, 'signer' | 'destination'>,
  network: NetworkView = NOTHING_KNOWN,
): NodeEnv {
  assertSpoken(config.features);
  assertPayable(config, key);
  const used = config.payments === 'node' && key !== undefined ? usedKey(key) : undefined;
  const onions = used && new OnionReader({ crypto, cipher: used.cipher, ecdh: used.ecdh });
  const claiming = claims && createClaiming(crypto, claims);
  return { crypto, signer, config, cache: new ChannelCache(crypto), onions, key: used, claiming, network };
}

function usedKey(key: NodeKey): UsedKey {
  const { cipher, nodeId } = key;
  return { cipher, nodeId, ecdh: (point) => key.ecdh(point), sign: (digest) => key.sign(digest), secret: key.ecdh(nodeId) };
}

function assertPayable({ payments, commit, relay, fulfillDeadlineBlocks, htlcGraceBlocks }: ChannelConfig, key: NodeKey | undefined): void {
  if (payments === 'host') return;
  if (key === undefined) throw new RangeError('a node that deals with payments reads onions with its key');
  if (commit === 'manual') throw new RangeError('a node that deals with payments signs by itself');
  // An outgoing HTLC times out, with its grace, before the incoming one has to be failed.
  if (relay.cltvExpiryDelta <= fulfillDeadlineBlocks + htlcGraceBlocks) {
    throw new RangeError(
      `a cltv_expiry_delta of ${relay.cltvExpiryDelta} blocks, and an HTLC is given up ${fulfillDeadlineBlocks} before its expiry`,
    );
  }
}

/** @throws RangeError where the host deals with payments. */
export function onionsOf({ onions }: NodeEnv): OnionReader {
  if (onions === undefined) throw new RangeError('the host deals with payments');
  return onions;
}

/** @throws RangeError where the host deals with payments. */
export function keyOf({ key }: NodeEnv): UsedKey {
  if (key === undefined) throw new RangeError('the host deals with payments');
  return key;
}

/** What waits in the outbox of an incoming channel until an answer of it is durable: then the outgoing one may forget what became of its HTLC. */
export interface AnswerDurable {
  readonly kind: 'answer_durable';
  readonly outgoing: ChannelId;
  readonly eventId: number;
  readonly after: readonly Dependency[];
}
/** What a node hears: what its channels say, what it has left in their outboxes itself, and what has waited for a record of its own. */
export type NodeWord =
  | Exclude<ChannelOutput, ChannelStore>
  | StoreEffect
  | AnswerDurable
  | RecordWord
  | ClaimWord
  /** The chain has settled something. */
  | { readonly kind: 'told_on_chain'; readonly channelId: ChannelId; readonly fact: Fact; readonly after: readonly Dependency[] }
  /** A failed channel's own watcher has something to do. */
  | { readonly kind: 'watched'; readonly channelId: ChannelId }
  /** An HTLC for a channel that did not take it. */
  | { readonly kind: 'given_back'; readonly origin: Origin; readonly fault: NotForwarded };

/** What follows from a record of the node's once that is durable. */
export type RecordWord =
  /** A part of a payment goes to its channel. */
  | { readonly kind: 'part_begins'; readonly paymentId: Hex; readonly attempt: number; readonly part: number; readonly onion: Uint8Array }
  /** The channel may forget what became of an HTLC. */
  | { readonly kind: 'resolution_kept'; readonly channelId: ChannelId; readonly eventId: number }
  /** All parts of what was paid to us are claimed, for good. */
  | { readonly kind: 'claim_decided'; readonly paymentHash: Hash32 }
  | { readonly kind: 'payment'; readonly event: PaymentEvent };

/** One of the node's own records, whose stores nothing but their own versions orders. */
export interface RecordSlot<R extends { readonly version: number }> {
  readonly record: R;
  readonly storedVersion: number;
  /** What waits for a version of it, in order. */
  readonly held: readonly { readonly version: number; readonly word: RecordWord }[];
}

/** What a node that deals with payments knows of its own. */
export interface NodePayments {
  /** By the host's names for them. */
  readonly outgoing: ReadonlyMap<Hex, RecordSlot<Payment>>;
  /** Those that want a route, and wait for a channel to go out by; and those whose router has been asked. */
  readonly wanted: ReadonlySet<Hex>;
  readonly asked: ReadonlySet<Hex>;
  /**
   * Channels that have not shown since the node started that they are current, and that parts of payments were given to: what they don't show
   * may still be.
   */
  readonly unproven: ReadonlySet<ChannelId>;
  /** What may be paid to this node, or was. */
  readonly incoming: ReadonlyMap<Hash32, RecordSlot<Receivable>>;
  /** HTLCs that are for this node, and wait for a decision. */
  readonly sets: ReadonlyMap<Hash32, HtlcSet>;
  readonly replays: ReplayLog;
  /** HTLCs that wait for their entries in it, with the version of the store; undefined before there is one. */
  readonly unlogged: readonly { readonly version: number | undefined; readonly entry: ReplayEntry; readonly word: HtlcIrrevocable }[];
}

export function noPayments(): NodePayments {
  return {
    outgoing: new Map(),
    wanted: new Set(),
    asked: new Set(),
    unproven: new Set(),
    incoming: new Map(),
    sets: new Map(),
    replays: NO_REPLAYS,
    unlogged: [],
  };
}

/** What a node says to its host. Data only. */
export type NodeEffect =
  | Exclude<
      ChannelOutput,
      GossipOutput | HtlcIrrevocable | HtlcResolved | NotOffered | Notice | ChannelStore | Extract<ChannelOutput, { kind: 'refused' }>
    >
  | StoreEffect
  | ClaimWord
  | { readonly kind: 'refused'; readonly command: NodeCommand['kind']; readonly rule: RuleId; readonly detail: string }
  | NotifyEffect
  /** A record of the node's own, whole: a newer one supersedes an older. The host serialises it with `encodeRecord`, and answers `record_stored`. */
  | { readonly kind: 'store_record'; readonly record: NodeRecord; readonly version: number }
  /** Remove what was stored of it. */
  | { readonly kind: 'forget_record'; readonly sink: RecordSink }
  /** Answered by the command `route` or `no_route`. */
  | { readonly kind: 'ask_route'; readonly paymentId: Hex; readonly question: RouteQuestion }
  | { readonly kind: 'payment'; readonly event: PaymentEvent }
  /** What a peer says for a person: the text of its error or warning, printable. `channelId` is absent where it means all channels. */
  | {
      readonly kind: 'heard';
      readonly peer: PublicKey;
      readonly message: 'error' | 'warning';
      readonly channelId: ChannelId | undefined;
      readonly text: string;
    }
  /** Whether this output is in the chain and unspent: answered by `output_checked`, or never. Its spending is told from then on (`output_spent`). */
  | { readonly kind: 'check_output'; readonly shortChannelId: bigint }
  /** The channel is gone without trace: remove its stored state. */
  | { readonly kind: 'forget'; readonly channelId: ChannelId }
  /** An input of the chain did not fit, and nothing of it was taken: the host sends what the refusal names. */
  | { readonly kind: 'chain_refused'; readonly refusal: ChainRefusal };

/**
 * A whole snapshot: a newer one supersedes an older. The host serialises `state` with `encodeChannel`, and in the same atomic write appends `records`
 * (`encodeWatcherRecord`) to those of the channel's stores before it: what has a version has the records of all versions up to that.
 */
export interface StoreEffect {
  readonly kind: 'store';
  readonly channelId: ChannelId;
  readonly version: number;
  readonly state: StoredChannel;
  readonly records: readonly WatcherRecord[];
}

export interface NotifyEffect {
  readonly kind: 'notify';
  readonly channelId: ChannelId;
  readonly event: Notification;
}
export type Notification =
  | ChannelNotice
  /** An incoming HTLC is irrevocably committed: the host answers fulfill, fail or fail_malformed, sooner or later. */
  | {
      readonly kind: 'htlc_received';
      readonly add: AddUpdate;
      /** What its onion says, where the node reads it. */
      readonly instruction?: Receive;
    }
  /** What the chain has made of the channel, or of one of its HTLCs. What is wrong with it is told again after a restart. */
  | { readonly kind: 'on_chain'; readonly fact: Fact };

export interface PeerState {
  readonly id: PublicKey;
  /** Absent until its init came: nothing else is sent or taken before. */
  readonly features: Hex | undefined;
}

/** One funded channel of a node: its state and what it says that waits for stores, in order. */
export interface ChannelSlot {
  readonly state: StoredChannel;
  readonly outbox: readonly NodeWord[];
  /** Newest version of the state store that is durable; 0 when none is. */
  readonly storedVersion: number;
  /** It has resumed with its peer since the node started, or is newer than that: what its state does not show is not there. */
  readonly current: boolean;
  /** Its own watcher; absent where the node claims nothing. */
  readonly watching: Watching | undefined;
}

/** An HTLC that waits for a channel of this node. */
export interface WaitingAdd {
  readonly add: NewHtlc;
  /** Since when, in wall time. */
  readonly sinceMs: number;
  /** Its incoming HTLC is newer than this life of the node: nothing was offered for it that a channel may have lost. */
  readonly isNew: boolean;
}

export interface NodeState {
  /** The newest block that this node has seen. */
  readonly tip: ChainPoint;
  /**
   * The height that the node had seen when it was stopped, from its restart until it is connected to somebody: blocks above came while it was
   * away.
   */
  readonly awayFrom: number | undefined;
  /** The newest wall time that it was told. */
  readonly nowMs: number;
  /**
   * Openings that wait for their peers, by `openingKey`; channels whose connected peers owe an answer, by their id; channels that HTLCs wait
   * for, by `waitingKey`; and payments that are tried for so long and no longer, by `paymentKey`; and HTLCs
   * that wait for others of their payment, by `setKey`.
   */
  readonly deadlines: Deadlines<string>;
  readonly feeratePerKw: number;
  readonly peers: ReadonlyMap<PublicKey, PeerState>;
  readonly channels: ReadonlyMap<ChannelId, ChannelSlot>;
  /** By peer and temporary id (`openingKey`): two peers may choose the same id. */
  readonly openings: ReadonlyMap<string, OpeningState>;
  /** By the channel that they wait for. */
  readonly waiting: ReadonlyMap<ChannelId, readonly WaitingAdd[]>;
  readonly payments: NodePayments;
  /** The network, as gossip tells of it; absent until the first word, and where the configuration wants none. */
  readonly gossip: GossipState | undefined;
  /** What the node says of itself. */
  readonly ownNode: NodeAnnouncement | undefined;
}

export function openingKey(peer: PublicKey, temporaryChannelId: ChannelId): string {
  return `${peer}:${temporaryChannelId}`;
}

/** What a host kept durable, to start a node from. */
export interface DurableNode {
  readonly channels: readonly StoredChannel[];
  /** By channel: all that was appended with its stores. Needed where the node claims on the chain what is its own. */
  readonly watcherRecords?: ReadonlyMap<ChannelId, readonly WatcherRecord[]>;
  /** The newest update that each watcher holds of each channel, however old: it may be ahead of the channel. Absent where it holds none. */
  readonly watcherIds: readonly { readonly channelId: ChannelId; readonly watcher: string; readonly id: number }[];
  /** The newest block that the node had seen: the host sends what has come since, or what has taken its place. */
  readonly tip: ChainPoint;
  readonly feeratePerKw: number;
  /** Wall time at the start. */
  readonly nowMs: number;
  /** The node's own records. Absent where the host deals with payments. */
  readonly records?: DurableRecords;
}

/** What a host kept durable of the node's own records. */
export interface DurableRecords {
  readonly payments: readonly Payment[];
  readonly receivables: readonly Receivable[];
  /** In any order. */
  readonly replays: readonly ReplayIncrement[];
}
