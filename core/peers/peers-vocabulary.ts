import type { Hex, PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { Deadlines } from '../time/deadlines.ts';
import type { TRANSPORT_RULES } from '../transport/rules.ts';
import type { Transport } from '../transport/transport.ts';
import type { Connection } from './connection.ts';
import type { PeerLimits } from './limits.ts';
import type { PEERS_RULES } from './rules.ts';

/** Where a connection comes from: the 4 or 16 bytes of an IP address, and a port. */
export interface RemoteAddress {
  readonly ip: Hex;
  readonly port: number;
}

/** Chosen by the host, and never used twice. */
export type ConnectionId = number;

/**
 * What a host tells the peer manager, as it would learn it from select(). Data only. A connection that the manager does not know (any
 * more) is no error: events cross.
 */
export type PeersInput =
  /** A connection to the node `peer` is up. `ephemeralSecret` is fresh randomness, used for this connection alone. */
  | { readonly kind: 'dialled'; readonly connection: ConnectionId; readonly peer: PublicKey; readonly ephemeralSecret: SecretKey }
  /** Somebody has connected to us, over IP from this address. `ephemeralSecret` as above. */
  | { readonly kind: 'accepted'; readonly connection: ConnectionId; readonly ephemeralSecret: SecretKey; readonly from?: RemoteAddress }
  /** Bytes arrived, cut anywhere. The buffer is the host's again afterwards. */
  | { readonly kind: 'bytes'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** There is room to write again; of the bytes of the last `write` so many were taken (0 up to all). */
  | { readonly kind: 'room'; readonly connection: ConnectionId; readonly taken: number }
  /** The connection is gone: closed by the peer, or broken. */
  | { readonly kind: 'gone'; readonly connection: ConnectionId }
  /** Time passed: wall time, in milliseconds; one that goes back counts as no time passed. `nextDeadline` says when it is wanted next. */
  | { readonly kind: 'time'; readonly nowMs: number }
  /** One whole message for a peer, of at most 65,535 bytes. Dropped when the peer is not connected: it counts as sent and lost. */
  | { readonly kind: 'send'; readonly peer: PublicKey; readonly bytes: Uint8Array }
  /** The node is done with the last `received` of this connection, and its answers have been sent. */
  | { readonly kind: 'handled'; readonly connection: ConnectionId }
  /** Hang up, after what was sent before has left. */
  | { readonly kind: 'disconnect'; readonly peer: PublicKey }
  /** These are all the peers with whom the node has channels. */
  | { readonly kind: 'channels'; readonly peers: ReadonlySet<PublicKey> };

/** What the peer manager wants done, in order. `connected`, `disconnected` and `received` are inputs of the node as they stand. */
export type PeersEffect =
  /** Send these bytes, or a part of them from the front. The next `write` comes after `room`. */
  | { readonly kind: 'write'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  | { readonly kind: 'stop_reading'; readonly connection: ConnectionId }
  | { readonly kind: 'resume_reading'; readonly connection: ConnectionId }
  /** Hang up: the manager has forgotten the connection, and answers no more of its inputs. */
  | { readonly kind: 'close'; readonly connection: ConnectionId; readonly reason: CloseReason }
  /** The peer has proved that it is this node. Its first message must be init (BOLT 1), which is the node's to judge. */
  | { readonly kind: 'connected'; readonly connection: ConnectionId; readonly peer: PublicKey; readonly from?: RemoteAddress }
  | { readonly kind: 'disconnected'; readonly connection: ConnectionId; readonly peer: PublicKey }
  /** One whole message. The next of this connection comes after `handled`, unless the connection has ended. */
  | { readonly kind: 'received'; readonly connection: ConnectionId; readonly peer: PublicKey; readonly bytes: Uint8Array };

/** The rule for which a connection ends: one of the peer manager's own, or of the encryption beneath it. */
export type CloseReason = keyof typeof PEERS_RULES | keyof typeof TRANSPORT_RULES;

/** What a step needs to know of its surroundings: see `createPeersEnv`. */
export interface PeersEnv {
  readonly nodeId: PublicKey;
  /** What connections are spoken over: BOLT 8, or what a host brings. */
  readonly transport: Transport;
  readonly limits: PeerLimits;
}

export interface PeersState {
  readonly nowMs: number;
  /** What becomes of connections if nothing but time passes. */
  readonly deadlines: Deadlines<ConnectionId>;
  /** In the order in which they came. */
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  /** The one connection of each connected peer (BOLT 1: a single connection per peer). */
  readonly peers: ReadonlyMap<PublicKey, ConnectionId>;
  /** Peers with whom the node has channels: where there is no room for everybody, they come first. */
  readonly withChannels: ReadonlySet<PublicKey>;
}

export interface PeersStep {
  readonly state: PeersState;
  readonly effects: readonly PeersEffect[];
}
