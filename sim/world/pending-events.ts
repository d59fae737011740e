import { packetName } from './packet.ts';
import type { End, Packet } from './packet.ts';
import type { Host } from './host.ts';
import type { Link } from './network.ts';
import { linksOf, mayInterrupt } from './interruption.ts';
import { isDue } from './sockets.ts';
import type { Write } from './storage.ts';
import type { Action } from '../scenario/types.ts';
import type { World } from './world.ts';

/** Something that happens by itself sooner or later, and is waiting for its turn. */
export interface PendingEvent {
  readonly action: Action;
  readonly dueMs: number;
  /** What moves: one direction of a link, a disk, a node's view of the chain. Events of one actor are dependent. */
  readonly actor: string;
}

/** Who is told of what is pending, in the order of the world. An event is made only where it is wanted. */
interface Collector {
  wants(dueMs: number): boolean;
  add(event: PendingEvent): void;
}

class All implements Collector {
  readonly events: PendingEvent[] = [];

  wants(): boolean {
    return true;
  }

  add(event: PendingEvent): void {
    this.events.push(event);
  }
}

class First implements Collector {
  event: PendingEvent | undefined;

  wants(dueMs: number): boolean {
    return this.event === undefined || dueMs < this.event.dueMs;
  }

  add(event: PendingEvent): void {
    this.event = event;
  }
}

/** Everything that could happen next without a user: oldest messages of each direction, unfinished writes, blocks not seen. */
export function pendingEvents(world: World): PendingEvent[] {
  const all = new All();
  collect(world, all);
  return all.events;
}

/** The event that is due first; among equals, the first in the order of the world. */
export function nextDue(world: World): PendingEvent | undefined {
  const first = new First();
  collect(world, first);
  return first.event;
}

function collect(world: World, into: Collector): void {
  for (const link of world.links.values()) {
    if (!link.up) continue;
    collectHead(into, link, 0);
    collectHead(into, link, 1);
  }
  for (const host of world.hosts.values()) {
    if (!host.running) continue;
    const waking = isDue(world, host) ? new Waking(host) : undefined;
    if (waking !== undefined && into.wants(waking.dueMs) && mayWake(world, host.name)) into.add(waking);
    for (const write of host.disk.unfinished) if (into.wants(write.dueMs)) into.add(new Finishing(world, host, write));
    const block = host.watch.unseen(world.chain);
    if (block === undefined) continue;
    const dueMs = block.minedMs + host.blockDelayMs;
    if (into.wants(dueMs)) into.add(new Seeing(host, dueMs));
  }
}

/** Time may end a connection, and what it brings about. */
function mayWake(world: World, node: string): boolean {
  return linksOf(world, node).every(({ spec }) => mayInterrupt(world, spec.ends));
}

function collectHead(into: Collector, link: Link, end: End): void {
  const head = link.head(end);
  if (head !== undefined && link.closedBy !== end && link.ends[end].reads && into.wants(head.dueMs))
    into.add(new Arriving(link, end, head));
}

// Many wait and one is chosen: what names an event is put together when somebody asks.

class Arriving implements PendingEvent {
  readonly dueMs: number;
  private readonly link: Link;
  private readonly end: End;
  private readonly packet: Packet;

  constructor(link: Link, end: End, packet: Packet) {
    this.dueMs = packet.dueMs;
    this.link = link;
    this.end = end;
    this.packet = packet;
  }

  get action(): Action {
    const { link, end, packet } = this;
    return { do: 'deliver', link: link.id, to: link.spec.ends[end], message: packetName(packet) };
  }

  get actor(): string {
    return this.link.directions[this.end];
  }
}

class Finishing implements PendingEvent {
  readonly dueMs: number;
  private readonly world: World;
  private readonly host: Host;
  private readonly write: Write;

  constructor(world: World, host: Host, write: Write) {
    this.dueMs = write.dueMs;
    this.world = world;
    this.host = host;
    this.write = write;
  }

  get action(): Action {
    const { world, host, write } = this;
    const { sink, channelId } = write;
    let which = 0;
    for (const other of host.disk.unfinished) {
      if (other === write) break;
      if (other.sink === sink && other.channelId === channelId) which++;
    }
    return { do: 'stored', node: host.name, channel: world.infoById(channelId)?.name ?? channelId, sink, which };
  }

  get actor(): string {
    return this.host.actors.disk;
  }
}

class Waking implements PendingEvent {
  readonly dueMs: number;
  private readonly host: Host;

  constructor(host: Host) {
    this.dueMs = host.driver.nextDeadline?.() ?? 0;
    this.host = host;
  }

  get action(): Action {
    return { do: 'time', node: this.host.name };
  }

  get actor(): string {
    return this.host.actors.clock;
  }
}

class Seeing implements PendingEvent {
  readonly dueMs: number;
  private readonly host: Host;

  constructor(host: Host, dueMs: number) {
    this.dueMs = dueMs;
    this.host = host;
  }

  get action(): Action {
    return { do: 'see', node: this.host.name, blocks: 1 };
  }

  get actor(): string {
    return this.host.actors.chain;
  }
}
