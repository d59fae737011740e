import { decodeMessage, encodeMessage } from '../wire/messages/index.ts';
import type { Pong } from '../wire/messages/index.ts';
import type { Connection, OpenConnection } from './connection.ts';
import type { CloseReason } from './peers-vocabulary.ts';
import type { PeerLimits } from './limits.ts';

/** BOLT 1: message types that the manager looks at. Everything else is the node's. */
export const INIT_TYPE = 16;
export const PING_TYPE = 18;
export const PONG_TYPE = 19;

/** BOLT 1, ping: how long a pong we ask for. Any number below `NO_PONG` would do. */
const PONG_BYTES = 8;
/** BOLT 1, ping: from here on no pong is wanted: such pings pad other traffic. */
export const NO_PONG = 65532;
/** Its frame (BOLT 8), type and length. */
const PONG_OVERHEAD = 38;

export const PING: Uint8Array = encodeMessage({ type: 'ping', numPongBytes: PONG_BYTES, ignored: '' });

interface Due {
  readonly atMs: number;
  readonly what: CloseReason | 'PING' | 'GO_ON';
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
  if (asksTooMuch(limits, connection)) return { atMs: connection.pongs.sinceMs + limits.pongWindowMs, what: 'GO_ON' };
  if (!isListening(connection)) return undefined;
  // BOLT 1: nothing is sent before the peer's init, so there is no ping yet; and nothing else that the peer says ends this wait.
  if (!greeted) return { atMs: sinceMs + limits.establishTimeoutMs, what: 'connection.init_timeout' };
  if (pingedMs === undefined) return { atMs: quietSinceMs + limits.pingAfterMs, what: 'PING' };
  return { atMs: Math.max(quietSinceMs, pingedMs) + limits.pongTimeoutMs, what: 'connection.no_pong' };
}

/** Everything that has come is dealt with, and more may come. */
function isListening({ busy, reading }: OpenConnection): boolean {
  return reading && !busy;
}

/** BOLT 1, rationale: limited precautions against ping flooding. No ping is refused: who asks for much gets it in its time. */
export function asksTooMuch(limits: PeerLimits, { pongs }: OpenConnection): boolean {
  return pongs.bytes > limits.maxPongBytes;
}

/** Counts the pong that this ping of the peer's asks for. */
export function countPong(limits: PeerLimits, pongs: OpenConnection['pongs'], ping: Uint8Array, nowMs: number): OpenConnection['pongs'] {
  const asked = ((ping[2] ?? 0) << 8) | (ping[3] ?? 0);
  if (asked >= NO_PONG) return pongs;
  const bytes = asked + PONG_OVERHEAD;
  return nowMs - pongs.sinceMs >= limits.pongWindowMs ? { sinceMs: nowMs, bytes } : { sinceMs: pongs.sinceMs, bytes: pongs.bytes + bytes };
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
