/**
 * Everything that a peer, or a stranger, could make grow or drag on. Bytes are bytes of the connection: a message counts with its frame. What
 * other implementations legally send stays far below: a channel's longest retransmission is 0.8 MB, gossip comes by thousands of messages, and
 * pings come with every packet where they pad it, or after every few messages where they measure what the other side has read.
 */
export interface PeerLimits {
  /** Inbound connections whose handshake is not over: strangers, who have shown nothing yet. */
  readonly maxHandshakes: number;
  /**
   * Inbound peers after the handshake. What we dial ourselves is not counted. One with whom the node has channels takes the place of one without,
   * where there is any.
   */
  readonly maxInboundPeers: number;
  /** Connections that are only kept until their last bytes have left; beyond that they are cut at once. */
  readonly maxClosing: number;
  /** For the handshake, and once more for the peer's first message. */
  readonly establishTimeoutMs: number;
  readonly closingTimeoutMs: number;
  /** Silence of the peer after which we ping. */
  readonly pingAfterMs: number;
  /** Silence after our ping with which the connection counts as dead. */
  readonly pongTimeoutMs: number;
  /** For the host to take any of the bytes that it was offered. */
  readonly writeTimeoutMs: number;
  /** Bytes of pongs in one `pongWindowMs` above which nothing more of the peer is handed on until the window ends. */
  readonly maxPongBytes: number;
  readonly pongWindowMs: number;
  /** Two connections that were dialled from both sides at most this long apart crossed; later ones replace. */
  readonly crossingMs: number;
  /** The most that one `write` offers. */
  readonly maxWriteBytes: number;
  /** Unhandled bytes of a peer above which we stop reading. */
  readonly readAheadBytes: number;
  /**
   * Unhandled bytes above which more of them, handed over in spite of `stop_reading`, end the connection: more than `readAheadBytes` and what a
   * host may already have read when told to stop.
   */
  readonly maxIncomingBytes: number;
  /** Bytes waiting for the peer to read above which we neither read from it nor hand its messages on. */
  readonly maxQueuedBytes: number;
  /** Bytes waiting for the peer to read above which we hang up. */
  readonly maxOutgoingBytes: number;
}

export const DEFAULT_LIMITS: PeerLimits = {
  maxHandshakes: 1024,
  maxInboundPeers: 4096,
  maxClosing: 256,
  establishTimeoutMs: 30_000,
  closingTimeoutMs: 5_000,
  pingAfterMs: 60_000,
  pongTimeoutMs: 60_000,
  writeTimeoutMs: 60_000,
  maxPongBytes: 262_144,
  pongWindowMs: 1_000,
  crossingMs: 10_000,
  maxWriteBytes: 16_384,
  readAheadBytes: 262_144,
  maxIncomingBytes: 1_048_576,
  maxQueuedBytes: 1_048_576,
  maxOutgoingBytes: 16_777_216,
};
