import type { Tx } from '../bitcoin/tx.ts';
import type { ChainPoint, ChainRefusal, ChainUpdate } from '../chain/update.ts';
import type { ChannelId, SecretKey } from '../crypto/bytes.ts';
import type { CommitmentCache } from '../monitor/commitment-cache.ts';
import type { ChainPolicy } from '../monitor/policy.ts';
import type { WatcherOutput, WatcherState } from '../monitor/watcher-vocabulary.ts';
import type { RuleId } from '../rules.ts';
import type { Link } from './link.ts';
import type { Mandate } from './messages.ts';
import type { SealEnv } from './seal.ts';
import type { Epoch, Prefix } from './statements.ts';

/** What surrounds a watcher of one device. One process may watch for many devices: each has a state of its own. */
export interface RemoteEnv extends SealEnv {
  readonly link: Link;
  /** What the watcher signs with that it holds updates. */
  readonly secret: SecretKey;
  readonly cache: CommitmentCache;
  readonly policy: ChainPolicy;
  /** What a transaction without haste pays now, in satoshis for 1000 weight units. */
  readonly feeratePerKw: number;
}

/** One channel that a full watcher has. */
export interface FullChannel {
  readonly mandate: Mandate;
  readonly prefix: Prefix;
  /** `learned` counts what the device has told. */
  readonly watcher: WatcherState;
}

/** What a watcher elsewhere keeps: each channel by itself, and the epoch. */
export interface RemoteState<C> {
  readonly epoch: Epoch;
  /** The newest serial of that epoch. */
  readonly heard: number;
  /** The newest block that the source has told of: where a new channel begins. */
  readonly tip: ChainPoint;
  readonly channels: ReadonlyMap<ChannelId, C>;
}

export type RemoteInput =
  /** From the device, whoever brought it. */
  | { readonly kind: 'received'; readonly bytes: Uint8Array }
  | ChainUpdate
  | { readonly kind: 'seen'; readonly tx: Tx }
  /** `env.feeratePerKw` is another one. */
  | { readonly kind: 'feerate' }
  /** After a restart: everything that is open is said again. */
  | { readonly kind: 'started' };

/** In order. What stands behind a `keep`, `keep_epoch` or `forget` leaves when that is durable. */
export type RemoteOutput<C> =
  | { readonly kind: 'keep'; readonly channelId: ChannelId; readonly channel: C }
  | { readonly kind: 'keep_epoch'; readonly epoch: Epoch }
  | { readonly kind: 'forget'; readonly channelId: ChannelId }
  /** To the device. */
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'broadcast'; readonly channelId: ChannelId; readonly txs: readonly Tx[] }
  | (Extract<WatcherOutput, { kind: 'watch' }> & { readonly channelId: ChannelId })
  /** For whoever runs the watcher: the device hears of its chain elsewhere. */
  | (Extract<WatcherOutput, { kind: 'tell' }> & { readonly channelId: ChannelId })
  | { readonly kind: 'ignored'; readonly rule: RuleId; readonly detail: string }
  | { readonly kind: 'chain_refused'; readonly refusal: ChainRefusal };

export interface RemoteStep<C> {
  readonly state: RemoteState<C>;
  readonly effects: readonly RemoteOutput<C>[];
}
