/** Everything that a peer, or a stranger, could make grow or drag on. Bytes are bytes of the connection: a message counts with its frame. */
export interface PeerLimits {
  /** Inbound connections whose handshake is not over: strangers, who have shown nothing yet. */
  readonly maxHandshakes: number;
  /** Inbound peers after the handshake. What we dial ourselves is not counted. */
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
  /** Pings that a peer may send in one `pingWindowMs`. */
  readonly maxPings: number;
  readonly pingWindowMs: number;
  /** Two connections that were dialled from both sides at most this long apart crossed; later ones replace. */
  readonly crossingMs: number;
  /** The most that one `write` offers. */
  readonly maxWriteBytes: number;
  /** Unhandled bytes of a peer above which we stop reading. */
  readonly readAheadBytes: number;
  /** Unhandled bytes above which we hang up: more than `readAheadBytes` and what a host may already have read when told to stop. */
  readonly maxIncomingBytes: number;
  /** Bytes waiting for the peer to read above which we neither read from it nor hand its messages on. */
  readonly maxQueuedBytes: number;
  /** Bytes waiting for the peer to read above which we hang up. */
  readonly maxOutgoingBytes: number;
}

export const DEFAULT_LIMITS: PeerLimits = {
  maxHandshakes: 32,
  maxInboundPeers: 256,
  maxClosing: 16,
  establishTimeoutMs: 30_000,
  closingTimeoutMs: 5_000,
  pingAfterMs: 60_000,
  pongTimeoutMs: 30_000,
  writeTimeoutMs: 60_000,
  maxPings: 60,
  pingWindowMs: 60_000,
  crossingMs: 10_000,
  maxWriteBytes: 16_384,
  readAheadBytes: 131_072,
  maxIncomingBytes: 1_048_576,
  maxQueuedBytes: 262_144,
  maxOutgoingBytes: 2_097_152,
};
