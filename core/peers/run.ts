import type { PublicKey } from '../crypto/bytes.ts';
import type { Connection, OpenConnection } from './connection.ts';
import { held } from './incoming.ts';
import type { CloseReason, ConnectionId, PeersEffect, PeersEnv, PeersState } from './peers-vocabulary.ts';
import { enqueue, offer } from './outgoing.ts';

/** The manager under way through one input. Local to the step; the maps are copied before they are written. */
export interface Run {
  readonly env: PeersEnv;
  state: PeersState;
  /** `state.connections`, once this step has written to it. */
  connections: Map<ConnectionId, Connection> | undefined;
  /** Connections that are no longer as they were. */
  readonly touched: ConnectionId[];
  readonly effects: PeersEffect[];
}

function touch({ touched }: Run, id: ConnectionId): void {
  if (!touched.includes(id)) touched.push(id);
}

export function put(run: Run, connection: Connection): void {
  touch(run, connection.id);
  ownConnections(run).set(connection.id, connection);
}

/** The step's own copy of the connections, made at the first write. */
function ownConnections(run: Run): Map<ConnectionId, Connection> {
  if (run.connections === undefined) {
    run.connections = new Map(run.state.connections);
    run.state = { ...run.state, connections: run.connections };
  }
  return run.connections;
}

export function openOf(run: Run, id: ConnectionId | undefined): OpenConnection | undefined {
  const connection = id === undefined ? undefined : run.state.connections.get(id);
  return connection?.stage === 'open' ? connection : undefined;
}

/** The one connection of a connected peer. */
export function connectionOf(run: Run, peer: PublicKey): OpenConnection | undefined {
  return openOf(run, run.state.peers.get(peer));
}

export function count(run: Run, predicate: (connection: Connection) => boolean): number {
  let found = 0;
  for (const connection of run.state.connections.values()) if (predicate(connection)) found++;
  return found;
}

/** The node learns that the peer is no longer connected. */
export function leave(run: Run, { id, peer }: OpenConnection): void {
  const peers = new Map(run.state.peers);
  peers.delete(peer);
  run.state = { ...run.state, peers };
  run.effects.push({ kind: 'disconnected', connection: id, peer });
}

/** The connection is nobody's any more. True when it was known. */
export function forget(run: Run, id: ConnectionId): boolean {
  const connection = run.state.connections.get(id);
  if (connection === undefined) return false;
  ownConnections(run).delete(id);
  touch(run, id);
  if (connection.stage === 'open') leave(run, connection);
  return true;
}

export function close(run: Run, id: ConnectionId, reason: CloseReason): void {
  if (forget(run, id)) run.effects.push({ kind: 'close', connection: id, reason });
}

export function queueMessage(run: Run, connection: OpenConnection, message: Uint8Array): void {
  const { env } = run;
  const { id, incoming } = connection;
  // A session that has failed only waits for the node to be done with what came before.
  if (incoming.session.kind === 'failed') return;
  const { session, bytes } = env.transport.send(incoming.session, message);
  const outgoing = enqueue(connection.outgoing, bytes, run.state.nowMs);
  if (outgoing.queue.length > env.limits.maxOutgoingBytes) {
    close(run, id, 'connection.outgoing_full');
    return;
  }
  put(run, { ...connection, outgoing, incoming: { ...incoming, session } });
  offerBytes(run, id);
  regulate(run, id);
}

export function offerBytes(run: Run, id: ConnectionId): void {
  const connection = run.state.connections.get(id);
  const offered = connection === undefined ? undefined : offer(connection.outgoing, run.env.limits.maxWriteBytes);
  if (connection === undefined || offered === undefined) return;
  put(run, { ...connection, outgoing: offered.outgoing });
  run.effects.push({ kind: 'write', connection: id, bytes: offered.bytes });
}

/** Tells the host to stop reading, or to read again: above a limit, and below half of it. */
export function regulate(run: Run, id: ConnectionId): void {
  const connection = openOf(run, id);
  if (connection === undefined) return;
  const { limits } = run.env;
  const fill = Math.max(held(connection.incoming) / limits.readAheadBytes, connection.outgoing.queue.length / limits.maxQueuedBytes);
  if (connection.reading && fill > 1) {
    put(run, { ...connection, reading: false });
    run.effects.push({ kind: 'stop_reading', connection: id });
  } else if (!connection.reading && fill <= 0.5) {
    put(run, { ...connection, reading: true, quietSinceMs: run.state.nowMs });
    run.effects.push({ kind: 'resume_reading', connection: id });
  }
}
