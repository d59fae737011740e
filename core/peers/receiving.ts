import { sessionRule } from '../transport/rules.ts';
import type { OpenConnection } from './connection.ts';
import { addBytes, held, nextMessage } from './incoming.ts';
import type { ConnectionId } from './peers-vocabulary.ts';
import { answersPing, asksTooMuch, countPong, INIT_TYPE, messageType, PING_TYPE, PONG_TYPE, readPong } from './liveness.ts';
import { close, openOf, put, regulate } from './run.ts';
import type { Run } from './run.ts';

/** More bytes of a peer that is known. */
export function receiveBytes(run: Run, connection: OpenConnection, bytes: Uint8Array): void {
  const { id } = connection;
  const incoming = addBytes(connection.incoming, bytes);
  if (!connection.reading && held(incoming) > run.env.limits.maxIncomingBytes) {
    close(run, id, 'connection.incoming_full');
    return;
  }
  put(run, { ...connection, incoming, quietSinceMs: run.state.nowMs });
  handOn(run, id);
}

/**
 * Hands on what may be: one message until the node is done with it, and none while the peer does not read our answers, so that no
 * peer can make us queue more than what one message is worth beyond the limit.
 */
export function handOn(run: Run, id: ConnectionId): void {
  const { env } = run;
  for (;;) {
    const connection = openOf(run, id);
    if (connection === undefined) return;
    if (connection.busy || asksTooMuch(env.limits, connection)) break;
    if (connection.outgoing.queue.length > env.limits.maxQueuedBytes) break;
    const { incoming, message } = nextMessage(env, connection.incoming);
    put(run, { ...connection, incoming });
    if (message !== undefined) {
      judge(run, { ...connection, incoming }, message);
      continue;
    }
    if (incoming.session.kind === 'failed') {
      close(run, id, sessionRule(incoming.session.error));
      return;
    }
    break;
  }
  regulate(run, id);
}

/** Pongs are ours, what pings ask for is counted, everything else is the node's alone. Before init everything is: it closes what comes too early. */
function judge(run: Run, connection: OpenConnection, message: Uint8Array): void {
  const { env, state } = run;
  const { id, peer, greeted } = connection;
  const type = messageType(message);
  const pong = greeted && type === PONG_TYPE ? readPong(message) : undefined;
  if (pong !== undefined) {
    const { pingedMs, ...rest } = connection;
    // A pong that nobody asked for is ignored.
    if (pingedMs === undefined) return;
    if (answersPing(pong)) put(run, rest);
    else close(run, id, 'connection.bad_pong');
    return;
  }
  const pongs = type === PING_TYPE ? countPong(env.limits, connection.pongs, message, state.nowMs) : connection.pongs;
  put(run, { ...connection, pongs, greeted: greeted || type === INIT_TYPE, busy: true });
  run.effects.push({ kind: 'received', connection: id, peer, bytes: message });
}

export function handled(run: Run, id: ConnectionId): void {
  const connection = openOf(run, id);
  if (connection === undefined || !connection.busy) return;
  put(run, { ...connection, busy: false, quietSinceMs: run.state.nowMs });
  handOn(run, id);
}

/** What a connection that has ended still held. All of it at once: answers go nowhere any more, so it can make nothing grow. */
export function handOnRest(run: Run, { id, peer, incoming }: OpenConnection): void {
  for (let rest = nextMessage(run.env, incoming); rest.message !== undefined; rest = nextMessage(run.env, rest.incoming)) {
    run.effects.push({ kind: 'received', connection: id, peer, bytes: rest.message });
  }
}
