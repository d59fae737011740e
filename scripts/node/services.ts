import type { ChainRefusal } from '../../core/chain/update.ts';
import type { ChainSource, Claims, MonitorEffect, User } from '../../core/host/services.ts';
import type { ChannelId, PublicKey } from '../../core/crypto/bytes.ts';
import type { CloseReason } from '../../core/peers/peers-vocabulary.ts';

/** What a node asks of its host besides connections. A method may return before it is done where it may return a promise. */
export interface Services extends Omit<ChainSource, 'refused'>, User {
  /**
   * Makes a channel's state durable: `bytes` supersede all that was stored for it before, and `records` are appended to those of before in the same
   * atomic write; there are some where the node claims on the chain. Returns, or resolves, when they are. Called for a channel only when the call
   * before has finished. After a rejection the channel stays paused until its next state is stored, with the same records and further ones.
   */
  store(channelId: ChannelId, bytes: Uint8Array, records: readonly Uint8Array[]): void | Promise<void>;
  /** Needed where the node claims on the chain what is its own. */
  readonly claims?: Claims;
  /** Removes what was stored for the channel. */
  forget(channelId: ChannelId): void | Promise<void>;
  /** Makes an update durable with a watcher of the chain; called only when the configuration names watchers. */
  monitor(update: MonitorEffect): void | Promise<void>;
  /** What the node was told of the chain does not fit what it knows: tell it from `resumeAt` on, or from further down. */
  chainRefused(refusal: ChainRefusal): void;
  /** A connection is over. `peer` is absent when it never proved who it is; `reason` is ours, or that the peer, or the line, is gone. */
  hungUp(reason: CloseReason | 'GONE', peer: PublicKey | undefined): void;
  /** `store`, `forget` or `monitor` rejected. */
  failed(error: unknown): void;
}
