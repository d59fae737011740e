import type { ChannelId, Hex, PublicKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChainInput, ChainPoint, ChainRefusal } from '../chain/update.ts';
import type {
  ChannelConfig,
  ChannelNotice,
  ChannelOutput,
  Command,
  HtlcIrrevocable,
  HtlcResolved,
  Notice,
  Sink,
} from '../channel/model/channel-vocabulary.ts';
import type { AddUpdate, OpeningState, StoredChannel } from '../channel/model/state.ts';
import type { Answer } from '../channel/model/duties.ts';
import type { Deadlines } from '../time/deadlines.ts';
import type { RemoteAddress } from '../peers/peers-vocabulary.ts';
import { ChannelCache } from '../channel/commitments/cache.ts';
import type { Signer } from '../channel/commitments/signer.ts';
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
  /** A duty of the signer (`sign`) is done. */
  | { readonly kind: 'signed'; readonly channelId: ChannelId; readonly answer: Answer }
  /** What has become of the chain, with the transactions that this node watches. */
  | ChainInput
  /** Wall time, in milliseconds; one that goes back counts as no time passed. `nextDeadline` says when it is wanted next. */
  | { readonly kind: 'time'; readonly nowMs: number }
  | { readonly kind: 'feerate'; readonly feeratePerKw: number }
  | { readonly kind: 'command'; readonly command: Command };

/** What a node is given once, and no other node with it: `createNodeEnv` makes it. */
export interface NodeEnv {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly config: ChannelConfig;
  readonly cache: ChannelCache;
}

/**
 * Anew whenever a node starts or is copied: what one has worked out is no business of another, and forgotten with it. Throws a RangeError where
 * the configuration offers features that this node does not speak, or offers them without what they depend on (BOLT 9).
 */
export function createNodeEnv(crypto: Crypto, signer: Signer, config: ChannelConfig): NodeEnv {
  assertSpoken(config.features);
  return { crypto, signer, config, cache: new ChannelCache(crypto) };
}

/** What a node says to its host. Data only. */
export type NodeEffect =
  | Exclude<ChannelOutput, HtlcIrrevocable | HtlcResolved | Notice>
  | NotifyEffect
  /** What a peer says for a person: the text of its error or warning, printable. `channelId` is absent where it means all channels. */
  | {
      readonly kind: 'heard';
      readonly peer: PublicKey;
      readonly message: 'error' | 'warning';
      readonly channelId: ChannelId | undefined;
      readonly text: string;
    }
  /** The channel is gone without trace: remove its stored state. */
  | { readonly kind: 'forget'; readonly channelId: ChannelId }
  /** An input of the chain did not fit, and nothing of it was taken: the host sends what the refusal names. */
  | { readonly kind: 'chain_refused'; readonly refusal: ChainRefusal };

export interface NotifyEffect {
  readonly kind: 'notify';
  readonly channelId: ChannelId;
  readonly event: Notification;
}
export type Notification =
  | ChannelNotice
  /** An incoming HTLC is irrevocably committed: the host answers fulfill, fail or fail_malformed, sooner or later. */
  | { readonly kind: 'htlc_received'; readonly add: AddUpdate };

export interface PeerState {
  readonly id: PublicKey;
  /** Absent until its init came: nothing else is sent or taken before. */
  readonly features: Hex | undefined;
}

/** One funded channel of a node: its state and what it says that waits for stores, in order. */
export interface ChannelSlot {
  readonly state: StoredChannel;
  readonly outbox: readonly ChannelOutput[];
  /** Newest version of the state store that is durable; 0 when none is. */
  readonly storedVersion: number;
}

export interface NodeState {
  /** The newest block that this node has seen. */
  readonly tip: ChainPoint;
  /** The newest wall time that it was told. */
  readonly nowMs: number;
  /** Openings that wait for their peers, by `openingKey`, and channels whose connected peers owe an answer, by their id. */
  readonly deadlines: Deadlines<string>;
  readonly feeratePerKw: number;
  readonly peers: ReadonlyMap<PublicKey, PeerState>;
  readonly channels: ReadonlyMap<ChannelId, ChannelSlot>;
  /** By peer and temporary id (`openingKey`): two peers may choose the same id. */
  readonly openings: ReadonlyMap<string, OpeningState>;
}

export function openingKey(peer: PublicKey, temporaryChannelId: ChannelId): string {
  return `${peer}:${temporaryChannelId}`;
}

/** What a host kept durable, to start a node from. */
export interface DurableNode {
  readonly channels: readonly StoredChannel[];
  /** The newest update that each watcher holds of each channel, however old: it may be ahead of the channel. Absent where it holds none. */
  readonly watcherIds: readonly { readonly channelId: ChannelId; readonly watcher: string; readonly id: number }[];
  /** The newest block that the node had seen: the host sends what has come since, or what has taken its place. */
  readonly tip: ChainPoint;
  readonly feeratePerKw: number;
  /** Wall time at the start. */
  readonly nowMs: number;
}
