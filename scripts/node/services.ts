import type { ChainRefusal } from '../../core/chain/update.ts';
import type { Outpoint } from '../../core/bitcoin/tx.ts';
import type { Effect } from '../../core/channel/model/vocabulary.ts';
import type { ChannelId, PublicKey, Txid } from '../../core/crypto/bytes.ts';
import type { CloseReason } from '../../core/peers/vocabulary.ts';

type EffectOf<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>;

/** What a node asks of its host besides connections. A method may return before it is done where it may return a promise. */
export interface Services {
  /**
   * Makes a channel's state durable: `bytes` supersede all that was stored for it before. Returns, or resolves, when they are. Called
   * for a channel only when the call before has finished. After a rejection the channel stays paused until its next state is stored.
   */
  store(channelId: ChannelId, bytes: Uint8Array): void | Promise<void>;
  /** Removes what was stored for the channel. */
  forget(channelId: ChannelId): void | Promise<void>;
  /** Makes an update durable with a watcher of the chain; called only when the configuration names watchers. */
  monitor(update: EffectOf<'monitor'>): void | Promise<void>;
  /** Sends a transaction to the network; again when it was sent before. */
  broadcast(effect: EffectOf<'broadcast'>): void;
  /** From now on blocks given to the node must contain this transaction, if it is in them. */
  watchTx(txid: Txid): void;
  /** From now on blocks given to the node must contain the transaction that spends this output, if it is in them. */
  watchSpend(outpoint: Outpoint): void;
  /** Something happened. Events (`kind: 'event'`) repeat after a restart until `acknowledge` was commanded. */
  notify(effect: EffectOf<'notify'>): void;
  /** A question, answered sooner or later by a command with the same channel id. */
  ask(effect: EffectOf<'ask'>): void;
  /** What the node was told of the chain does not fit what it knows: tell it from `resumeAt` on, or from further down. */
  chainRefused(refusal: ChainRefusal): void;
  /** A command that the node did not take, and why. */
  refused(effect: EffectOf<'refused'>): void;
  /** A connection is over. `peer` is absent when it never proved who it is; `reason` is ours, or that the peer, or the line, is gone. */
  hungUp(reason: CloseReason | 'GONE', peer: PublicKey | undefined): void;
  /** `store`, `forget` or `monitor` rejected. */
  failed(error: unknown): void;
}
