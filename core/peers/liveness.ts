import { decodeMessage, encodeMessage } from '../wire/messages/index.ts';
import type { Pong } from '../wire/messages/index.ts';
import type { Connection, OpenConnection } from './connection.ts';
import type { CloseReason } from './vocabulary.ts';
import type { PeerLimits } from './limits.ts';

/** BOLT 1: message types that the manager looks at. Everything else is the node's. */
export const PING_TYPE = 18;
export const PONG_TYPE = 19;

/** BOLT 1, ping: how long a pong we ask for. Any number below 65532 would do. */
const PONG_BYTES = 8;

export const PING: Uint8Array = encodeMessage({ type: 'ping', numPongBytes: PONG_BYTES, ignored: '' });

interface Due {
  readonly atMs: number;
  readonly what: CloseReason | 'PING';
}

/** What becomes of a connection if nothing but time passes, and when. */
export function due(limits: PeerLimits, connection: Connection): Due | undefined {
  const first = stageDue(limits, connection);
  const { queue, progressMs } = connection.outgoing;
  if (queue.length === 0) return first;
  const write: Due = { atMs: progressMs + limits.writeTimeoutMs, what: 'connection.write_timeout' };
  return first === undefined || write.atMs < first.atMs ? write : first;
}

function stageDue(limits: PeerLimits, connection: Connection): Due | undefined {
  switch (connection.stage) {
    case 'handshake':
      return { atMs: connection.sinceMs + limits.establishTimeoutMs, what: 'connection.handshake_timeout' };
    case 'closing':
      return { atMs: connection.sinceMs + limits.closingTimeoutMs, what: 'connection.disconnect' };
    case 'open':
      return silenceDue(limits, connection);
  }
}

/**
 * Anything that comes is a sign of life, because a pong may be behind other messages on a slow line; and while we don't listen,
 * silence says nothing.
 */
function silenceDue(limits: PeerLimits, connection: OpenConnection): Due | undefined {
  const { greeted, quietSinceMs, pingedMs, sinceMs } = connection;
  if (!isListening(connection)) return undefined;
  // BOLT 1: nothing is sent before the peer's init, so there is no ping yet.
  if (!greeted) return { atMs: sinceMs + limits.establishTimeoutMs, what: 'connection.init_timeout' };
  if (pingedMs === undefined) return { atMs: quietSinceMs + limits.pingAfterMs, what: 'PING' };
  return { atMs: Math.max(quietSinceMs, pingedMs) + limits.pongTimeoutMs, what: 'connection.no_pong' };
}

/** Everything that has come is dealt with, and more may come. */
function isListening({ busy, reading }: OpenConnection): boolean {
  return reading && !busy;
}

/** Counts a ping of the peer (BOLT 1, rationale: limited precautions against ping flooding). Undefined when it is one too many. */
export function countPing(limits: PeerLimits, pings: OpenConnection['pings'], nowMs: number): OpenConnection['pings'] | undefined {
  const counted = nowMs - pings.sinceMs >= limits.pingWindowMs ? { sinceMs: nowMs, count: 1 } : { ...pings, count: pings.count + 1 };
  return counted.count > limits.maxPings ? undefined : counted;
}

/** The message if it is a pong that can be read: one that can't be is for the node to refuse, as any other such message. */
export function readPong(message: Uint8Array): Pong | undefined {
  const decoded = decodeMessage(message);
  return decoded.ok && decoded.message.type === 'pong' ? decoded.message : undefined;
}

/** BOLT 1, pong: its byteslen must be the num_pong_bytes of a ping that we have sent. */
export function answersPing(pong: Pong): boolean {
  return pong.ignored.length === 2 * PONG_BYTES;
}

export function messageType(message: Uint8Array): number | undefined {
  const [high, low] = message;
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}
