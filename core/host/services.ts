import type { ChainRefusal } from '../chain/update.ts';
import type { Outpoint } from '../bitcoin/tx.ts';
import type { Coin } from '../monitor/claim-tx.ts';
import type { SignEffect } from '../channel/model/channel-vocabulary.ts';
import type { Answer } from '../channel/model/duties.ts';
import type { NodeEffect, NotifyEffect } from '../node/node-vocabulary.ts';
import type { OutputFound } from '../gossip/gossip-vocabulary.ts';
import type { ChannelId, PublicKey, Script, Txid } from '../crypto/bytes.ts';
import type { GivenRoutes, PaymentEvent } from '../payments/commands.ts';
import type { RecordSink } from '../payments/records.ts';
import type { CloseReason, ConnectionId } from '../peers/peers-vocabulary.ts';

type EffectOf<K extends NodeEffect['kind']> = Extract<NodeEffect, { readonly kind: K }>;
export type StoreEffect = EffectOf<'store'>;
export type ClaimEffect = EffectOf<'claim'>;
export type AskCoinsEffect = EffectOf<'ask_coins'>;
export type ReleaseCoinsEffect = EffectOf<'release_coins'>;
export type SignClaimEffect = EffectOf<'sign_claim'>;
export type MonitorEffect = EffectOf<'monitor'>;
export type BroadcastEffect = EffectOf<'broadcast'>;
export type AskEffect = EffectOf<'ask'>;
export type AddedEffect = EffectOf<'added'>;
export type RefusedEffect = EffectOf<'refused'>;
export type ViolatedEffect = EffectOf<'violated'>;
export type HeardEffect = EffectOf<'heard'>;

/** What must outlive the process. */
export interface Storage {
  /**
   * Makes a channel's state durable (`encodeChannel(effect.state)`); it supersedes all that was stored for the channel before. In the same atomic
   * write `effect.records` (`encodeWatcherRecord`) are appended to those of all its stores before, where the node claims on the chain. True when that is
   * done; otherwise the node gets the input `stored` when it is.
   */
  store(effect: StoreEffect): boolean;
  /** Removes what was stored for a channel. */
  forget(channelId: ChannelId): void;
  /** Makes an update durable with a watcher of the chain. True as for `store`; called only where the configuration names watchers. */
  monitor(effect: MonitorEffect): boolean;
}

/** The way out to peers, for whole messages. */
export interface Wire {
  /** A 2-byte type and its payload. What can't be sent any more counts as sent and lost. */
  send(peer: PublicKey, bytes: Uint8Array): void;
  /** Hangs up, after what was sent before has left. */
  disconnect(peer: PublicKey, reason: string): void;
}

/** What is known of an output whose spends are watched, for a source that looks for scripts; and the first block that may spend it. */
export interface WatchedScript {
  readonly script: Script;
  /** 0 where nothing is known. */
  readonly fromHeight: number;
}

export interface ChainSource {
  /** Sends a transaction to the network; again when it was sent before. */
  broadcast(effect: BroadcastEffect): void;
  /** From now on blocks given to the node must contain this transaction, if it is in them. */
  watchTx(txid: Txid): void;
  /** From now on blocks given to the node must contain the transaction that spends this output, if it is in them. */
  watchSpend(outpoint: Outpoint, output?: WatchedScript): void;
  /** What the node was told of the chain does not fit what it knows: tell it from `resumeAt` on, or from further down. */
  refused(refusal: ChainRefusal): void;
}

/** Where the node claims on the chain what is its own: a mempool, and a wallet with coins of its own. */
export interface Claims {
  /** Signs for `effect.coins`, and sends all of it to the network as one package; again when it was sent before. */
  claim(effect: ClaimEffect): void;
  /** Reserves confirmed P2WPKH coins of so much together, for this claim alone. Those that are there; further ones by an input `coins`. */
  askCoins(effect: AskCoinsEffect): readonly Coin[];
  /** The claim has no use for these any more. */
  releaseCoins(effect: ReleaseCoinsEffect): void;
  /** Signs a claim, where the node's own signer leaves that for later; the answer is an input `claim_signed`. */
  signClaim(effect: SignClaimEffect): void;
}

/** A signer that answers later (`lateSigner`). */
export interface SigningDevice {
  /** Does a duty of the node's signer. Its answer, where that is there at once; otherwise the node gets the input `signed`. */
  sign(effect: SignEffect): Answer | undefined;
}

/** Where the node keeps a picture of the network (`gossip: 'network'`). */
export interface PublicOutputs {
  /**
   * The output at this place of the chain, if it is there and unspent; `later` where the input `output_checked` says so, or nothing does. From then
   * on its spending is the input `output_spent`.
   */
  checkOutput(shortChannelId: bigint): NonNullable<OutputFound> | 'none' | 'later';
}

/** Whoever owns the node. */
export interface User {
  /** Something happened. Events (`kind: 'event'`) repeat after a restart until `acknowledge` was commanded. */
  notify(effect: NotifyEffect): void;
  /** A question, answered sooner or later by a command with the same channel id. */
  ask(effect: AskEffect): void;
  /** An `add` was taken: the id of its HTLC, for the time being. */
  added(effect: AddedEffect): void;
  /** A command that the node did not take, and why. */
  refused(effect: RefusedEffect): void;
  /** A peer has broken a rule, for the log: what follows from it is in the node's other effects. */
  violated(effect: ViolatedEffect): void;
  /** A peer's error or warning, for the log. */
  heard(effect: HeardEffect): void;
}

/** What a node that deals with payments needs of its host. */
export interface PaymentService {
  /** Makes a record durable (`encodeRecord`); it supersedes all that was stored of it before. True as for `Storage.store`, and else `record_stored`. */
  store(effect: EffectOf<'store_record'>): boolean;
  /** Removes what was stored of a record. */
  forget(sink: RecordSink): void;
  /** Routes for a payment, or why there are none, where that is known at once (`findRoutes`); otherwise the node gets a command later. */
  route(effect: EffectOf<'ask_route'>): GivenRoutes | string | undefined;
  /** What became of a payment; again after a restart, until its record is deleted. */
  tell(event: PaymentEvent): void;
}

/** What a node asks for, by subject. Any of these methods may give the host a further input: it is taken up after the step under way. */
export interface Services {
  readonly storage: Storage;
  readonly wire: Wire;
  readonly chain: ChainSource;
  readonly user: User;
  /** Needed where the node's own signer leaves anything for later. */
  readonly device?: SigningDevice;
  /** Needed where the node is to know more of the network than its own channels. */
  readonly network?: PublicOutputs;
  /** Needed where the node deals with payments. */
  readonly payments?: PaymentService;
  /** Needed where the node claims on the chain what is its own. */
  readonly claims?: Claims;
}

/** The way out to peers where connections carry bytes (BOLT 8), as of sockets under select(). */
export interface Sockets {
  /** Send these bytes, or a part of them from the front; the host is told `room` when there is room for more. */
  write(connection: ConnectionId, bytes: Uint8Array): void;
  stopReading(connection: ConnectionId): void;
  resumeReading(connection: ConnectionId): void;
  /** Hang up: the connection is of no more interest. */
  close(connection: ConnectionId, reason: CloseReason): void;
  /** The peer at the other end has proved who it is. */
  proved(connection: ConnectionId, peer: PublicKey): void;
}
