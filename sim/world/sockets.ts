import { fromHex } from '../../core/crypto/bytes.ts';
import type { PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import type { ConnectionId, PeersEffect, PeersInput } from '../../core/peers/peers-vocabulary.ts';
import { firstMessage, frame, FRAME_HEADER } from '../drivers/plain-transport.ts';
import { held } from '../../core/peers/incoming.ts';
import type { DriverInput, NodeTables, StepMark } from '../scenario/types.ts';
import type { Host, Port } from './host.ts';
import { messageName } from './message-name.ts';
import type { Link } from './network.ts';
import { otherEnd } from './packet.ts';
import type { End } from './packet.ts';
import { resolveOwed } from './users.ts';
import type { World } from './world.ts';

/**
 * Between links and nodes. A node with a peer manager of its own is told of sockets, as by select(), and its peer manager tells the node of
 * peers; any other is told of peers and their messages by the world.
 */

/** Nothing is encrypted with it: see `plainTransport`. */
const NO_SECRET = '00'.repeat(32) as SecretKey;

/** The connection is up at this end. */
export function connectEnd(world: World, link: Link, end: End): void {
  const { host, peer } = endOf(world, link, end);
  link.ends[end].connection = link.wire;
  link.ends[end].sinceMs = link.ends[end].heardMs = world.timeMs;
  if (host.driver.peers === undefined) return void world.step(host, { kind: 'connected', peer });
  const { wire: connection, dialler } = link;
  host.sockets.set(connection, peer);
  if (end === dialler) tellNow(world, host, { kind: 'dialled', connection, peer, ephemeralSecret: NO_SECRET });
  else tellNow(world, host, { kind: 'accepted', connection, ephemeralSecret: NO_SECRET });
  tellNow(world, host, { kind: 'bytes', connection, bytes: fromHex(peer) });
}

/** This end has lost the connection, and dials anew: the other learns of both at once. */
export function redialEnd(world: World, link: Link, end: End): void {
  tellNow(world, endOf(world, link, end).host, { kind: 'gone', connection: link.wire });
  link.break();
  link.connect(world.timeMs, world.wires++);
  link.dialler = end;
  connectEnd(world, link, end);
  connectEnd(world, link, otherEnd(end));
}

/** A message comes to this end. */
export function arrive(world: World, link: Link, end: End, bytes: Uint8Array, mark?: StepMark): void {
  const { host, peer } = endOf(world, link, end);
  link.ends[end].heardMs = world.timeMs;
  if (host.driver.peers === undefined) giveNow(world, host, { kind: 'received', peer, bytes }, mark);
  else tellNow(world, host, { kind: 'bytes', connection: link.wire, bytes: frame(bytes) }, mark);
  makeRoom(world, link, otherEnd(end));
}

/** What follows the arrival of a message of this name: decisions that waited for it are told, and a connection that the other end has closed ends with its last. */
export function afterArrival(world: World, link: Link, end: End, message: string): void {
  if (message === 'channel_reestablish') resolveOwed(world, world.host(link.spec.ends[end]));
  if (link.closedBy === otherEnd(end) && link.head(end) === undefined) world.breakLink(link);
}

/** Something has left the link: who waited to write goes on. */
function makeRoom(world: World, link: Link, end: End): void {
  const { offer } = link.ends[end];
  if (offer === undefined || !link.hasRoom(end)) return;
  link.ends[end].offer = undefined;
  const { host } = endOf(world, link, end);
  tellNow(world, host, { kind: 'room', connection: link.wire, taken: write(world, host, { link, end, peer: '' }, offer) });
}

/** Writes one message. Returns the bytes of its frame. */
function write(world: World, host: Host, port: Port, bytes: Uint8Array): number {
  const message = firstMessage(bytes);
  if (messageName(message) === 'ping') port.link.ends[port.end].pingedMs = world.timeMs;
  put(world, host, port, message);
  return FRAME_HEADER + message.length;
}

/** The node has something to say. What can't be sent any more counts as sent and lost. */
export function send(world: World, host: Host, peer: PublicKey, bytes: Uint8Array): void {
  if (host.driver.peers !== undefined) return tellLater(world, host, { kind: 'send', peer, bytes });
  const port = world.port(host.name, peer);
  if (port !== undefined) put(world, host, port, bytes);
}

/** The node hangs up: what it sent before still arrives; what was sent to it does not. */
export function disconnect(world: World, host: Host, peer: PublicKey): void {
  if (host.driver.peers !== undefined) return tellLater(world, host, { kind: 'disconnect', peer });
  const port = world.port(host.name, peer);
  if (port?.link.isConnected(port.end) !== true || port.link.closedBy === port.end) return;
  if (port.link.closedBy === undefined) world.later(host, { kind: 'disconnected', peer });
  closeEnd(world, host, port);
}

/** Nothing is on its way: neither on the link nor before it, nor behind it, where a peer manager holds something back. */
export function isEmpty(world: World, link: Link): boolean {
  if (link.inFlight > 0) return false;
  return link.spec.window === undefined || !link.spec.ends.some((name) => holds(world.driver(name)?.tables?.(), link.wire));
}

function holds(tables: NodeTables | undefined, id: ConnectionId): boolean {
  const connection = tables?.peers.connections.get(id);
  if (connection === undefined) return false;
  return connection.outgoing.queue.length > 0 || (connection.stage === 'open' && held(connection.incoming) > 0);
}

/** This end of a connection that is no more hears of it. */
export function tellGone(world: World, link: Link, end: End): void {
  const { host, peer } = endOf(world, link, end);
  if (!host.running) return;
  if (host.driver.peers === undefined) world.later(host, { kind: 'disconnected', peer });
  else tellLater(world, host, { kind: 'gone', connection: link.wire });
}

/** The node waits for a moment that has come. */
export function isDue(world: World, { driver }: Host): boolean {
  const atMs = driver.nextDeadline?.();
  return atMs !== undefined && atMs <= world.timeMs;
}

export function tellTime(world: World, host: Host): void {
  const input = { kind: 'time', nowMs: world.timeMs } as const;
  tellNow(world, host, input);
  world.step(host, input);
}

function endOf(world: World, link: Link, end: End): { readonly host: Host; readonly peer: PublicKey } {
  return { host: world.host(link.spec.ends[end]), peer: world.nodeId(link.spec.ends[otherEnd(end)]) };
}

function put(world: World, host: Host, { link, end }: Port, bytes: Uint8Array): void {
  world.onLink(link, host, () => link.send(otherEnd(end), bytes, world.timeMs));
}

function closeEnd(world: World, host: Host, { link, end }: Port): void {
  if (link.closedBy !== undefined) return world.breakLink(link);
  if (world.onLink(link, host, () => link.close(end)) === true) tellGone(world, link, otherEnd(end));
}

// ---------------------------------------------------------------- peer managers

interface Told {
  readonly input: DriverInput;
  readonly connection: ConnectionId;
}

/** Told while the node stands still: it hears at once what its peer manager tells it. */
function tellNow(world: World, host: Host, input: PeersInput, mark?: StepMark): void {
  const told: Told[] = [];
  tell(world, host, input, (next) => void told.push(next));
  host.behind += told.length;
  for (const next of told) {
    host.behind--;
    giveNow(world, host, next.input, mark);
    if (next.input.kind === 'received') tellNow(world, host, { kind: 'handled', connection: next.connection });
  }
}

/** Told while a node moves: it hears of it when the step under way has ended. */
export function tellLater(world: World, host: Host, input: PeersInput): void {
  tell(world, host, input, ({ input: next, connection }) => {
    const handled = (): void => tellLater(world, host, { kind: 'handled', connection });
    world.later(host, next, next.kind === 'received' ? handled : undefined);
  });
}

function giveNow(world: World, host: Host, input: DriverInput, mark: StepMark | undefined): void {
  if (mark === undefined) world.step(host, input);
  else world.stepMarked(host, input, mark);
}

/** Moves the peer manager, and carries out what it asks for. `give` gets what the node is to be told. */
function tell(world: World, host: Host, input: PeersInput, give: (told: Told) => void): void {
  for (const effect of world.peers(host, input)) {
    const { connection } = effect;
    switch (effect.kind) {
      case 'connected': {
        const { peer, from } = effect;
        give({ input: from === undefined ? { kind: 'connected', peer } : { kind: 'connected', peer, from }, connection });
        break;
      }
      case 'disconnected':
        give({ input: { kind: 'disconnected', peer: effect.peer }, connection });
        break;
      case 'received':
        noteQueue(world, host, connection);
        give({ input: { kind: 'received', peer: effect.peer, bytes: effect.bytes }, connection });
        break;
      case 'write':
      case 'stop_reading':
      case 'resume_reading':
      case 'close':
        socket(world, host, effect, give);
        break;
    }
  }
}

/** When one more message of a peer is handed on, and how much waits for it then. */
function noteQueue(world: World, host: Host, connection: ConnectionId): void {
  const port = portOf(world, host, connection);
  if (port?.link.spec.window === undefined) return;
  const queued = host.driver.tables?.().peers.connections.get(connection)?.outgoing.queue.length ?? 0;
  const end = port.link.ends[port.end];
  end.handedOnAt = Math.max(end.handedOnAt, queued);
  end.heardMs = world.timeMs;
}

type SocketEffect = Extract<PeersEffect, { kind: 'write' | 'stop_reading' | 'resume_reading' | 'close' }>;

function socket(world: World, host: Host, effect: SocketEffect, give: (told: Told) => void): void {
  const { connection } = effect;
  const port = portOf(world, host, connection);
  switch (effect.kind) {
    case 'write': {
      if (port === undefined) return tell(world, host, { kind: 'room', connection, taken: effect.bytes.length }, give);
      if (!port.link.hasRoom(port.end)) port.link.ends[port.end].offer = effect.bytes;
      else tell(world, host, { kind: 'room', connection, taken: write(world, host, port, effect.bytes) }, give);
      return;
    }
    case 'stop_reading':
    case 'resume_reading':
      if (port === undefined) return;
      port.link.ends[port.end].reads = effect.kind === 'resume_reading';
      port.link.ends[port.end].heardMs = world.timeMs;
      return;
    case 'close':
      if (effect.reason !== 'connection.disconnect') world.stats.count('rule', effect.reason);
      host.sockets.delete(connection);
      if (port !== undefined && port.link.closedBy !== port.end) closeEnd(world, host, port);
      return;
  }
}

/** This host's end of the link that carries the connection; undefined when it is no more. */
function portOf(world: World, host: Host, connection: ConnectionId): Port | undefined {
  const peer = host.sockets.get(connection);
  const port = peer === undefined ? undefined : world.port(host.name, peer);
  return port?.link.wire === connection && port.link.isConnected(port.end) ? port : undefined;
}
