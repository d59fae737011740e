/// <reference types="node" />
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import type { PublicKey } from '../../core/crypto/bytes.ts';
import type { Host } from './host.ts';
import type { Address } from './tcp.ts';

export interface BackOff {
  /** Wait after the first failure; each further one doubles it. */
  readonly firstMs: number;
  readonly mostMs: number;
  /** A connection that held so long counts as a success: the next wait is the first again. */
  readonly heldMs: number;
}

const DEFAULT_BACK_OFF: BackOff = { firstMs: 1_000, mostMs: 300_000, heldMs: 60_000 };

/**
 * Keeps a node connected to a peer until `stop`, which leaves a connection that stands alone: dials, and dials again when the connection comes to nothing or is lost, after waits that double
 * up to `mostMs`. Each is cut short by up to half at random, so that the peers of a node that comes back don't all come at once. While the peer
 * is connected by its own doing nothing is dialled.
 */
export function stayConnected(
  host: Host,
  nodeId: PublicKey,
  address: Address,
  backOff: Partial<BackOff> = {},
): { readonly stop: () => void } {
  const { firstMs, mostMs, heldMs } = { ...DEFAULT_BACK_OFF, ...backOff };
  const stopping = new AbortController();
  void (async () => {
    for (let waitMs = firstMs; !stopping.signal.aborted;) {
      const startMs = performance.now();
      const connected = host.state.peers.get(nodeId)?.features !== undefined;
      if (!connected) await connection(host, nodeId, address, stopping.signal);
      if (connected || performance.now() - startMs >= heldMs) waitMs = firstMs;
      await pause(waitMs * (1 - Math.random() / 2), stopping.signal);
      waitMs = Math.min(mostMs, 2 * waitMs);
    }
  })();
  return { stop: () => stopping.abort() };
}

/** Dials once. Resolves when the connection is over, or never came about. */
async function connection(host: Host, nodeId: PublicKey, { hostname, port }: Address, signal: AbortSignal): Promise<void> {
  const socket: Socket = connectTcp({ host: hostname, port, noDelay: true });
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // What an error means is told by 'close', which follows it.
  socket.on('error', () => undefined);
  const giveUp = (): void => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([once(socket, 'connect'), over]);
    if (!socket.destroyed) await host.attach(socket, socket, nodeId);
  } catch {
    socket.destroy();
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  await over;
}

/** Keeps no process alive. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
