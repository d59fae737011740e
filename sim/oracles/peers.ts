import type { PublicKey } from '../../core/crypto/bytes.ts';
import type { Finding, LineView, NodeTables, Oracle, StepRecord, WorldView } from '../scenario/types.ts';
import { messageName } from '../world/message-name.ts';
import { finding } from './difference.ts';

/** What a peer manager promises, in milliseconds. */
const INIT_MS = 30_000;
const QUIET_MS = 60_000;
const PONG_MS = 60_000;
const MAX_QUEUED_BYTES = 1_048_576;
/** BOLT 1, ping: "if `num_pong_bytes` is less than 65532: MUST respond by sending a `pong`". */
const NO_PONG = 65_532;

/**
 * A node's tables agree with each other (peers, connections, openings, channels) after every step. Pings are sent and answered, who does not
 * answer in time is hung up on, and nothing is handed on for who does not read.
 */
export function createPeersOracle(): Oracle {
  const oracle: Oracle = {
    name: 'peers',
    kinds: ['two-connections', 'lost-connection', 'without-connection', 'opening-kept', 'talks-to-nobody', 'late', 'no-pong', 'handed-on'],
    asks: ['tables', 'nextDeadline'],
    step(world, record) {
      const driver = world.driver(record.node);
      const tables = driver?.tables?.();
      if (driver === undefined || tables === undefined) return undefined;
      return (
        unanswered(world, record, tables) ??
        tablesAgree(world, record.node, tables) ??
        inTime(world, record.node, tables, driver.nextDeadline?.())
      );
    },
    fork: () => oracle,
  };
  return oracle;
}

function broken(world: WorldView, node: string, rule: string, kind: string, message: string, expected: string, actual: string): Finding {
  return finding(world, { oracle: 'peers', rule, kind, node, message, expected, actual });
}

/** BOLT 1: a single connection per peer. */
function tablesAgree(world: WorldView, node: string, { node: known, peers: manager }: NodeTables): Finding | undefined {
  const behind = world.isBehind(node);
  for (const { id, ...connection } of manager.connections.values()) {
    if (connection.stage !== 'open' || manager.peers.get(connection.peer) === id) continue;
    const [expected, actual] = [`connection ${manager.peers.get(connection.peer)}`, `connection ${id} as well`];
    return broken(world, node, 'connection.duplicate', 'two-connections', `${node} has two connections with one peer`, expected, actual);
  }
  for (const [peer, id] of manager.peers) {
    if (manager.connections.get(id)?.stage !== 'open')
      return broken(world, node, 'connection.known', 'lost-connection', `${node} has a peer and no connection`, 'open', 'none');
    if (!behind && !known.peers.has(peer))
      return broken(world, node, 'connection.told', 'lost-connection', `${node} was not told of a connection`, 'connected', 'not');
  }
  if (behind) return undefined;
  for (const peer of known.peers.keys()) {
    if (!manager.peers.has(peer))
      return broken(
        world,
        node,
        'connection.told',
        'without-connection',
        `${node} takes a peer for connected`,
        'not connected',
        'connected',
      );
  }
  for (const { peer } of known.openings.values()) {
    if (!known.peers.has(peer))
      return broken(
        world,
        node,
        'opening.ends',
        'opening-kept',
        `${node} goes on opening a channel with nobody`,
        'forgotten',
        'an opening',
      );
  }
  for (const { state } of known.channels.values()) {
    if (state.phase !== 'funded') continue;
    const greeted = known.peers.get(state.params.peer)?.features !== undefined;
    if (!greeted && state.lifecycle.connection !== 'disconnected')
      return broken(
        world,
        node,
        'channel.connected',
        'talks-to-nobody',
        `${node}'s channel takes a peer for connected that is not`,
        'disconnected',
        state.lifecycle.connection,
      );
  }
  return undefined;
}

/** A ping that asks for a pong has it by the end of the step. */
function unanswered(world: WorldView, { node, input, effects, tampered }: StepRecord, { node: known }: NodeTables): Finding | undefined {
  if (input.kind !== 'received' || tampered !== undefined || messageName(input.bytes) !== 'ping') return undefined;
  const { peer, bytes } = input;
  const asked = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  if (asked >= NO_PONG || known.peers.get(peer)?.features === undefined) return undefined;
  const answered = effects.some(
    (effect) => effect.kind === 'send' && effect.peer === peer && effect.bytes.length === 4 + asked && messageName(effect.bytes) === 'pong',
  );
  if (answered) return undefined;
  return broken(world, node, 'ping.answered', 'no-pong', `${node} does not answer a ping`, `a pong of ${asked} bytes`, 'none');
}

function inTime(world: WorldView, node: string, tables: NodeTables, nextMs: number | undefined): Finding | undefined {
  for (const [peer, id] of tables.peers.peers) {
    const line = world.lineOf(node, world.nodeName(peer));
    if (line?.connection !== id) continue;
    const most = world.spec.nodes.find(({ name }) => name === node)?.maxQueuedBytes ?? MAX_QUEUED_BYTES;
    if (line.handedOnAt > most)
      return broken(
        world,
        node,
        'connection.held_back',
        'handed-on',
        `${node} goes on for a peer that does not read`,
        `at most ${most} bytes`,
        `${line.handedOnAt} bytes`,
      );
    // While a message of it is under way it waits for nothing; a ping may wait among what can't be written.
    const due = isBusy(tables, peer) ? undefined : dueMs(tables, peer, line);
    if (due !== undefined && (nextMs === undefined || nextMs > due.atMs))
      return broken(
        world,
        node,
        due.rule,
        'late',
        `${node} does not look at the clock in time`,
        `by ${due.atMs} ms`,
        `${nextMs ?? 'never'}`,
      );
  }
  return undefined;
}

function isBusy({ peers: { peers, connections } }: NodeTables, peer: PublicKey): boolean {
  const connection = connections.get(peers.get(peer) ?? -1);
  return connection?.stage === 'open' && (connection.busy || connection.outgoing.queue.length > 0);
}

/** When the node must have looked at the clock, if nothing else comes of this peer. */
function dueMs({ node }: NodeTables, peer: PublicKey, line: LineView): { readonly atMs: number; readonly rule: string } | undefined {
  if (!line.reads) return undefined;
  if (node.peers.get(peer)?.features === undefined) return { atMs: line.sinceMs + INIT_MS, rule: 'connection.init_timeout' };
  if (line.pingedMs < line.heardMs) return { atMs: line.heardMs + QUIET_MS, rule: 'connection.ping' };
  return { atMs: Math.max(line.pingedMs, line.heardMs) + PONG_MS, rule: 'connection.no_pong' };
}
