import type { PublicKey } from '../crypto/bytes.ts';
import type { ShakingHands } from '../transport/transport.ts';
import type { Incoming } from './incoming.ts';
import type { ConnectionId, RemoteAddress } from './peers-vocabulary.ts';
import type { Outgoing } from './outgoing.ts';

/** One connection, by how far it has come. A value: the host holds the socket. */
export type Connection = HandshakeConnection | OpenConnection | ClosingConnection;

interface Common {
  readonly id: ConnectionId;
  /** We dialled it; otherwise the peer did. */
  readonly dialled: boolean;
  /** When this stage began. */
  readonly sinceMs: number;
  readonly outgoing: Outgoing;
}

export interface HandshakeConnection extends Common {
  readonly stage: 'handshake';
  readonly session: ShakingHands;
  /** Whom we dialled. */
  readonly wanted?: PublicKey;
  /** Where who dialled us is, if that is known. */
  readonly from: RemoteAddress | undefined;
}

/** The peer has proved who it is. */
export interface OpenConnection extends Common {
  readonly stage: 'open';
  readonly peer: PublicKey;
  readonly incoming: Incoming;
  /** Its init has been handed on, of which the node has not complained: it would have hung up. */
  readonly greeted: boolean;
  /** The node has a message of this connection, and is not done with it. */
  readonly busy: boolean;
  /** False after `stop_reading`. */
  readonly reading: boolean;
  /** Since when we have been listening in vain. */
  readonly quietSinceMs: number;
  /** When our ping that has no pong yet was sent. */
  readonly pingedMs?: number;
  /** What the peer's pings have asked for since `sinceMs`, with frames. */
  readonly pongs: { readonly sinceMs: number; readonly bytes: number };
}

/** Nobody's any more: it is kept until its last bytes have left. */
export interface ClosingConnection extends Common {
  readonly stage: 'closing';
}
