import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { ChainRefusal, ChainUpdate } from '../chain/update.ts';
import type { View } from '../chain/view.ts';
import type { Preimage, Script, Signature, Txid } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import type { RuleId } from '../rules.ts';
import type { Acts } from './acts.ts';
import type { ClaimRequest, ClaimSigner } from './claim-signer.ts';
import type { Coin } from './claim-tx.ts';
import type { ClaimKind } from './claims.ts';
import type { Fact } from './facts.ts';
import type { CommitmentCache } from './commitment-cache.ts';
import type { Knowledge } from './knowledge.ts';
import type { Post } from './patience.ts';
import type { ChainPolicy } from './policy.ts';

/** What surrounds a watcher. */
export interface WatcherEnv {
  readonly crypto: Crypto;
  readonly cache: CommitmentCache;
  readonly signer: ClaimSigner;
  /** Elsewhere it leaves to the node what is the node's, too, until half of the time has gone. */
  readonly post: Post;
  readonly policy: ChainPolicy;
  /** Where all that is claimed is paid: a P2WPKH or P2WSH script, fixed when the channel was opened. */
  readonly destination: Script;
  /** What a transaction without haste pays now, in satoshis for 1000 weight units. */
  readonly feeratePerKw: number;
  /** Whether the host has coins for what can't pay for itself: with anchors, our commitment and our HTLC transactions. */
  readonly hasCoins: boolean;
}

/** One channel's watcher. */
export interface WatcherState {
  /** Undefined before the first update. */
  readonly knowledge: Knowledge | undefined;
  /** How many updates it holds, in the order of their numbers from 1. */
  readonly learned: number;
  readonly view: View;
  readonly acts: Acts;
}

export type WatcherInput =
  /** The channel's update of this number. One that is known already is acknowledged again. */
  | { readonly kind: 'update'; readonly number: number; readonly update: MonitorUpdate }
  /** As many of them, in their order, told by a node to its own watcher: nothing is acknowledged. */
  | { readonly kind: 'updates'; readonly updates: readonly MonitorUpdate[] }
  | ChainUpdate
  /** A transaction that is not in the chain, from anywhere: its preimages are learned, and nothing else. */
  | { readonly kind: 'seen'; readonly tx: Tx }
  /** `env.feeratePerKw` is another one. */
  | { readonly kind: 'feerate' }
  /** An answer to `ask_coins`, whole or in part. */
  | { readonly kind: 'coins'; readonly claim: Outpoint; readonly coins: readonly Coin[] }
  /** A coin is gone with its block, or was spent elsewhere. */
  | { readonly kind: 'coin_lost'; readonly outpoint: Outpoint }
  /** An answer to `sign`. */
  | { readonly kind: 'signed'; readonly claim: Outpoint; readonly txid: Txid; readonly signature: Signature }
  /** The node has taken a fact. */
  | { readonly kind: 'acknowledged'; readonly id: number }
  /** After a restart: everything that is open is said again. */
  | { readonly kind: 'started' };

/** What leaves of a step: only what is new, or also what mempools may have forgotten, or all that a restart may have lost. */
export type Said = 'news' | 'broadcasts' | 'started';

/** In order. What stands behind a `store` leaves when that is durable. */
export type WatcherOutput =
  | { readonly kind: 'store'; readonly state: WatcherState }
  /** The watcher holds every update up to this number. */
  | { readonly kind: 'acknowledge'; readonly number: number }
  /** Spends of this output are to be told, from this height on. */
  | { readonly kind: 'watch'; readonly outpoint: Outpoint; readonly script: Script; readonly fromHeight: number }
  /** As one package. The host signs for its coins first. */
  | { readonly kind: 'broadcast'; readonly claim: ClaimKind; readonly txs: readonly Tx[]; readonly coins: readonly Coin[] }
  /** Confirmed P2WPKH outputs of so much together, for this claim. Without them it waits, past its deadline if need be. */
  | { readonly kind: 'ask_coins'; readonly claim: Outpoint; readonly amountSat: bigint; readonly deadline: number | undefined }
  | { readonly kind: 'release_coins'; readonly coins: readonly Coin[] }
  | { readonly kind: 'sign'; readonly claim: Outpoint; readonly txid: Txid; readonly request: ClaimRequest }
  | { readonly kind: 'tell'; readonly id: number; readonly fact: Fact }
  /** A preimage that a transaction has shown, for whoever holds the channel. */
  | { readonly kind: 'preimage'; readonly preimage: Preimage }
  | { readonly kind: 'refused'; readonly rule: RuleId; readonly detail: string }
  | { readonly kind: 'chain_refused'; readonly refusal: ChainRefusal };

export interface WatcherStep {
  readonly state: WatcherState;
  readonly effects: readonly WatcherOutput[];
}
