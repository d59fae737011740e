import type { ChannelId, Hash32, Hex, Preimage, PublicKey, Script } from '../crypto/bytes.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import type { RuleId } from '../rules.ts';
import type { Feed } from './feed.ts';
import type { Link } from './link.ts';
import type { Content, Copy, WatchedSecrets } from './messages.ts';
import type { SealEnv } from './seal.ts';
import type { Epoch, Prefix } from './statements.ts';

/** Of what a watcher learns. */
export type WatcherKind = 'full' | 'blind';

/** A watcher as its device knows it. */
export interface KnownWatcher {
  readonly name: string;
  readonly kind: WatcherKind;
  /** It signs with. */
  readonly key: PublicKey;
  readonly link: Link;
}

/** What surrounds the device's side: configuration, which may be another after every start. */
export interface DeviceEnv extends SealEnv {
  readonly watchers: readonly KnownWatcher[];
  /** How many must hold an update before what depends on it leaves. */
  readonly quorum: number;
  /** Where watchers pay to: P2WPKH or P2WSH. */
  readonly destination: Script;
  /** What a full watcher claims with. */
  readonly secretsOf: (keysId: Hash32) => WatchedSecrets;
}

/** What one watcher is known to hold. */
export interface Standing {
  /** It has heard of this start, and not of a newer one. */
  readonly begun: boolean;
  /** The number of a newer epoch that it has heard of. */
  readonly newer: number | undefined;
  /** The newest serial that it has answered. */
  readonly answered: number;
  readonly held: ReadonlyMap<ChannelId, Prefix>;
}

export interface DeviceState {
  readonly epoch: Epoch;
  readonly serial: number;
  /** So many watchers have heard of this start that no older one gets a quorum: the node may run. */
  readonly ready: boolean;
  readonly standings: ReadonlyMap<string, Standing>;
  readonly channels: ReadonlyMap<ChannelId, Readonly<Record<WatcherKind, Feed>>>;
}

/** What is durable of a channel's feeds. */
export interface KeptChannel {
  readonly channelId: ChannelId;
  readonly base: Readonly<Record<WatcherKind, Prefix>>;
}

export type DeviceInput =
  /** A way to this watcher is there, or there again; also to be said now and then while `ready` does not come. */
  | { readonly kind: 'connected'; readonly watcher: string }
  /** From this watcher, whoever brought it. */
  | { readonly kind: 'received'; readonly watcher: string; readonly bytes: Uint8Array }
  /** The node tells a watcher: an effect `monitor`, with what is for a watcher of this kind (`contentFor`). */
  | { readonly kind: 'monitor'; readonly watcher: string; readonly channelId: ChannelId; readonly id: number; readonly content: Content }
  /** An answer to `copy_wanted`: what the node's own watcher knows with all updates up to this number, durable. */
  | {
      readonly kind: 'copy';
      readonly watcher: string;
      readonly channelId: ChannelId;
      readonly number: number;
      readonly knowledge: Knowledge;
    }
  /** What this watcher knows of a channel is wanted here: the state of this device is an old one. */
  | { readonly kind: 'fetch'; readonly watcher: string; readonly channelId: ChannelId }
  /** The channel is over. */
  | { readonly kind: 'leave'; readonly channelId: ChannelId };

/** In order. What stands behind a `keep` leaves when that is durable. */
export type DeviceOutput =
  | { readonly kind: 'send'; readonly watcher: string; readonly bytes: Uint8Array }
  | ({ readonly kind: 'keep' } & KeptChannel)
  /** The node may start. What watchers hold, for its `watcherIds`: one that holds more than the node has told proves that its state is old. */
  | { readonly kind: 'ready'; readonly watcherIds: readonly WatcherId[] }
  /** For the node: an input `stored` of this watcher. */
  | { readonly kind: 'stored'; readonly watcher: string; readonly channelId: ChannelId; readonly id: number }
  | { readonly kind: 'preimage'; readonly watcher: string; readonly channelId: ChannelId; readonly preimage: Preimage }
  /** A watcher has nothing of a channel, or too little for the updates that are still there. */
  | { readonly kind: 'copy_wanted'; readonly watcher: string; readonly channelId: ChannelId }
  | { readonly kind: 'copy'; readonly watcher: string; readonly channelId: ChannelId; readonly copy: Copy }
  /** A watcher that was heard of late holds more than the node has told: restart the node with this among its `watcherIds`. */
  | ({ readonly kind: 'ahead' } & WatcherId)
  /** Another start of this device has spoken to so many that no quorum is left: stop the node, sign nothing, broadcast nothing. */
  | { readonly kind: 'superseded' }
  | { readonly kind: 'refused'; readonly rule: RuleId; readonly detail: string }
  | { readonly kind: 'distrusted'; readonly watcher: string; readonly rule: RuleId; readonly detail: string };

export interface WatcherId {
  readonly channelId: ChannelId;
  readonly watcher: string;
  readonly id: number;
}

export interface DeviceStep {
  readonly state: DeviceState;
  readonly effects: readonly DeviceOutput[];
}

/** 16 random bytes, of this start alone. */
export type Session = Hex;
