import { sessionRule } from '../transport/rules.ts';
import type { PublicKey } from '../crypto/bytes.ts';
import type { Established } from '../transport/transport.ts';
import type { HandshakeConnection, OpenConnection } from './connection.ts';
import { startIncoming } from './incoming.ts';
import type { CloseReason, ConnectionId, PeersInput } from './peers-vocabulary.ts';
import { EMPTY_OUTGOING, enqueue } from './outgoing.ts';
import { handOn } from './receiving.ts';
import { close, count, offerBytes, openOf, put } from './run.ts';
import type { Run } from './run.ts';
import { newerSurvives } from './duplicate-connections.ts';
import type { Rival } from './duplicate-connections.ts';

export function dialled(run: Run, { connection: id, peer, ephemeralSecret }: Extract<PeersInput, { kind: 'dialled' }>): void {
  assertNew(run, id);
  const { env } = run;
  // While one is under way a second is useless, and could end it: the peer may see the two in another order.
  if (count(run, (other) => other.stage === 'handshake' && other.wanted === peer) > 0) {
    run.effects.push({ kind: 'close', connection: id, reason: 'connection.duplicate' });
    return;
  }
  const { session, send: actOne } = env.transport.dial(peer, ephemeralSecret);
  const { nowMs } = run.state;
  const outgoing = enqueue(EMPTY_OUTGOING, actOne, nowMs);
  put(run, {
    stage: 'handshake',
    id,
    dialled: true,
    sinceMs: nowMs,
    outgoing,
    wanted: peer,
    from: undefined,
    session,
  });
  offerBytes(run, id);
}

export function accepted(run: Run, { connection: id, ephemeralSecret, from }: Extract<PeersInput, { kind: 'accepted' }>): void {
  assertNew(run, id);
  const { env } = run;
  if (count(run, (other) => other.stage === 'handshake' && !other.dialled) >= env.limits.maxHandshakes) {
    run.effects.push({ kind: 'close', connection: id, reason: 'connection.too_many_handshakes' });
    return;
  }
  const session = env.transport.accept(ephemeralSecret);
  put(run, { stage: 'handshake', id, dialled: false, sinceMs: run.state.nowMs, outgoing: EMPTY_OUTGOING, from, session });
}

function assertNew(run: Run, id: ConnectionId): void {
  if (run.state.connections.has(id)) throw new RangeError(`connection ${id} exists`);
}

export function shakeHands(run: Run, connection: HandshakeConnection, bytes: Uint8Array): void {
  const { session, send: act, messages } = run.env.transport.receive(connection.session, bytes);
  const outgoing = act === undefined ? connection.outgoing : enqueue(connection.outgoing, act, run.state.nowMs);
  switch (session.kind) {
    case 'handshake':
      put(run, { ...connection, session, outgoing });
      break;
    case 'open':
      establish(run, { ...connection, outgoing }, session, messages);
      break;
    case 'failed':
      close(run, connection.id, sessionRule(session.error));
      return;
  }
  offerBytes(run, connection.id);
}

/** The peer is who it says. One connection of it stays. */
function establish(run: Run, connection: HandshakeConnection, session: Established, messages: readonly Uint8Array[]): void {
  const { state } = run;
  const { id, dialled, outgoing, from } = connection;
  const { nowMs } = state;
  const peer = session.remoteStatic;
  const refusal = refuse(run, peer, { dialled, sinceMs: nowMs });
  if (refusal !== undefined) {
    close(run, id, refusal);
    return;
  }
  const older = state.peers.get(peer);
  if (older !== undefined) close(run, older, 'connection.duplicate');
  const incoming = startIncoming(session, messages);
  const pongs = { sinceMs: nowMs, bytes: 0 };
  const common = { id, dialled, outgoing, sinceMs: nowMs, quietSinceMs: nowMs, incoming, pongs };
  put(run, { ...common, stage: 'open', peer, greeted: false, busy: false, reading: true });
  run.state = { ...run.state, peers: new Map(run.state.peers).set(peer, id) };
  run.effects.push({ kind: 'connected', connection: id, peer, ...(from === undefined ? {} : { from }) });
  handOn(run, id);
}

function refuse(run: Run, peer: PublicKey, newer: Rival): CloseReason | undefined {
  const { env, state } = run;
  if (peer === env.nodeId) return 'connection.self';
  const older = openOf(run, state.peers.get(peer));
  if (older !== undefined && !newerSurvives(env.nodeId, peer, older, newer, env.limits.crossingMs)) return 'connection.duplicate';
  // One inbound connection in the place of another of the same peer takes no room.
  if (newer.dialled || older?.dialled === false) return undefined;
  return makeRoom(run, peer) ? undefined : 'connection.too_many_peers';
}

/** Whether there is room for one more inbound peer, if need be after one without channels has made room for one that has some. */
function makeRoom(run: Run, peer: PublicKey): boolean {
  const { connections, withChannels } = run.state;
  const inbound = [...connections.values()].filter((other) => other.stage === 'open' && !other.dialled) as readonly OpenConnection[];
  if (inbound.length < run.env.limits.maxInboundPeers) return true;
  const dispensable = withChannels.has(peer) ? inbound.find((other) => !withChannels.has(other.peer)) : undefined;
  if (dispensable !== undefined) close(run, dispensable.id, 'connection.too_many_peers');
  return dispensable !== undefined;
}
