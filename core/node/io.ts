import type { PublicKey, ChannelId } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { BlockTransaction, ChannelConfig, Command, Effect } from '../channel/io.ts';
import type { ChannelState } from '../channel/state.ts';
import type { Signer } from '../channel/signer.ts';

/** Everything that enters core. Data only. Peers are named by their node id. */
export type NodeInput =
  /** A transport to the peer is up: init goes out at once. */
  | { readonly kind: 'connected'; readonly peer: PublicKey }
  | { readonly kind: 'disconnected'; readonly peer: PublicKey }
  /** One whole Lightning message: 2-byte type and payload. */
  | { readonly kind: 'received'; readonly peer: PublicKey; readonly bytes: Uint8Array }
  /** A store of this version is durable (for `state`: and so is every older one; for a watcher: this one). */
  | { readonly kind: 'stored'; readonly sink: string; readonly channelId: ChannelId; readonly version: number }
  /** The next block that this node has seen, with the transactions that it watches. */
  | { readonly kind: 'block'; readonly height: number; readonly transactions: readonly BlockTransaction[] }
  | { readonly kind: 'feerate'; readonly feeratePerKw: number }
  | { readonly kind: 'command'; readonly command: Command };

export interface NodeEnv {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly config: ChannelConfig;
}

/** An effect that waits for its dependencies, and for everything before it in its channel's queue. */
export type HeldEffect = Effect;

export interface PeerState {
  readonly id: PublicKey;
  /** Absent until its init came. */
  readonly features?: string;
}

/** One channel of a node: its state and its outgoing effects that wait for stores, in order. */
export interface ChannelSlot {
  readonly state: ChannelState;
  readonly outbox: readonly HeldEffect[];
  /** Newest version of the state store that is durable. */
  readonly storedVersion: number;
}

export interface NodeState {
  readonly height: number;
  readonly feeratePerKw: number;
  readonly peers: ReadonlyMap<PublicKey, PeerState>;
  /** Keyed by the temporary id until the funding is known, then by the final id. */
  readonly channels: ReadonlyMap<ChannelId, ChannelSlot>;
}
