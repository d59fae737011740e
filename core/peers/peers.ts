import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { dueBy, reschedule } from '../time/deadlines.ts';
import type { TransportEnv } from '../transport/cipher.ts';
import { bolt8 } from '../transport/transport.ts';
import type { OpenConnection } from './connection.ts';
import { accepted, dialled, shakeHands } from './establish.ts';
import type { ConnectionId, PeersEnv, PeersInput, PeersState, PeersStep } from './peers-vocabulary.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { PeerLimits } from './limits.ts';
import { due, PING } from './liveness.ts';
import { take } from './outgoing.ts';
import { handled, handOn, handOnRest, receiveBytes } from './receiving.ts';
import { close, connectionOf, count, forget, leave, offerBytes, openOf, put, queueMessage } from './run.ts';
import type { Run } from './run.ts';

/** `staticSecret` is the key of our node id (BOLT 8). */
export function createPeersEnv(transport: TransportEnv, staticSecret: SecretKey, limits: Partial<PeerLimits> = {}): PeersEnv {
  return {
    nodeId: transport.crypto.publicKey(staticSecret),
    transport: bolt8(transport, staticSecret),
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
}

export function createPeers(nowMs: number): PeersState {
  return { nowMs, deadlines: [], connections: new Map(), peers: new Map(), withChannels: new Set() };
}

/**
 * All connections of a node, in the manner of select(): one input, the state after it, and what to do in order. Handshakes, one
 * connection a peer, liveness, and bounded buffers with back-pressure; whole messages go to the node, whose matter init and
 * everything after it is. Pure. Nothing that a peer sends makes it throw; a host that breaks the rules of `PeersInput` gets a RangeError.
 */
export function peersStep(env: PeersEnv, state: PeersState, input: PeersInput): PeersStep {
  const run: Run = { env, state, connections: undefined, touched: [], effects: [] };
  switch (input.kind) {
    case 'dialled':
      dialled(run, input);
      break;
    case 'accepted':
      accepted(run, input);
      break;
    case 'bytes':
      arrived(run, input.connection, input.bytes);
      break;
    case 'room':
      room(run, input.connection, input.taken);
      break;
    case 'gone':
      gone(run, input.connection);
      break;
    case 'time':
      timePassed(run, input.nowMs);
      break;
    case 'send':
      sendTo(run, input.peer, input.bytes);
      break;
    case 'handled':
      handled(run, input.connection);
      break;
    case 'disconnect':
      disconnect(run, input.peer);
      break;
    case 'channels':
      run.state = { ...run.state, withChannels: input.peers };
      break;
  }
  keepDeadlines(run);
  return { state: run.state, effects: run.effects };
}

/** Of the connections that the step has touched. */
function keepDeadlines(run: Run): void {
  let { deadlines } = run.state;
  for (const id of run.touched) {
    const connection = run.state.connections.get(id);
    deadlines = reschedule(deadlines, id, connection === undefined ? undefined : due(run.env.limits, connection)?.atMs);
  }
  if (deadlines !== run.state.deadlines) run.state = { ...run.state, deadlines };
}

function arrived(run: Run, id: ConnectionId, bytes: Uint8Array): void {
  const connection = run.state.connections.get(id);
  if (connection?.stage === 'handshake') shakeHands(run, connection, bytes);
  else if (connection?.stage === 'open') receiveBytes(run, connection, bytes);
}

function sendTo(run: Run, peer: PublicKey, message: Uint8Array): void {
  const connection = connectionOf(run, peer);
  if (connection !== undefined) queueMessage(run, connection, message);
}

function room(run: Run, id: ConnectionId, taken: number): void {
  const connection = run.state.connections.get(id);
  if (connection === undefined) return;
  const outgoing = take(connection.outgoing, taken, run.state.nowMs);
  put(run, { ...connection, outgoing });
  if (connection.stage === 'closing' && outgoing.queue.length === 0) {
    close(run, id, 'connection.disconnect');
    return;
  }
  offerBytes(run, id);
  handOn(run, id);
}

function gone(run: Run, id: ConnectionId): void {
  const connection = openOf(run, id);
  if (connection !== undefined) handOnRest(run, connection);
  forget(run, id);
}

function disconnect(run: Run, peer: PublicKey): void {
  const connection = connectionOf(run, peer);
  if (connection === undefined) return;
  const { id, dialled, outgoing } = connection;
  const closing = count(run, (other) => other.stage === 'closing');
  if (outgoing.queue.length === 0 || closing >= run.env.limits.maxClosing) {
    close(run, id, 'connection.disconnect');
    return;
  }
  if (connection.reading) run.effects.push({ kind: 'stop_reading', connection: id });
  leave(run, connection);
  put(run, { stage: 'closing', id, dialled, outgoing, sinceMs: run.state.nowMs });
}

function timePassed(run: Run, nowMs: number): void {
  if (nowMs <= run.state.nowMs) return;
  run.state = { ...run.state, nowMs };
  for (const id of dueBy(run.state.deadlines, nowMs)) {
    const connection = run.state.connections.get(id);
    const next = connection === undefined ? undefined : due(run.env.limits, connection);
    if (connection === undefined || next === undefined) continue;
    if (next.what === 'PING') ping(run, connection as OpenConnection);
    else if (next.what === 'GO_ON') goOn(run, connection as OpenConnection);
    else close(run, connection.id, next.what);
  }
}

/** The peer has waited for what it asked for. */
function goOn(run: Run, connection: OpenConnection): void {
  const { nowMs } = run.state;
  put(run, { ...connection, pongs: { sinceMs: nowMs, bytes: 0 }, quietSinceMs: nowMs });
  handOn(run, connection.id);
}

function ping(run: Run, connection: OpenConnection): void {
  queueMessage(run, { ...connection, pingedMs: run.state.nowMs }, PING);
}
