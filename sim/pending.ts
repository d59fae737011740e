import { flightName } from './flight.ts';
import type { Link } from './network.ts';
import type { Action } from './types.ts';
import type { World } from './world.ts';

/** Something that happens by itself sooner or later, and is waiting for its turn. */
export interface PendingEvent {
  readonly action: Action;
  readonly dueMs: number;
  /** What moves: one direction of a link, a disk, a node's view of the chain. Events of one actor are dependent. */
  readonly actor: string;
}

/** Everything that could happen next without a user: oldest messages of each direction, unfinished writes, blocks not seen. */
export function pendingEvents(world: World): PendingEvent[] {
  const out: PendingEvent[] = [];
  for (const link of world.links.values()) {
    if (!link.up) continue;
    addHead(out, link, 0);
    addHead(out, link, 1);
  }
  for (const host of world.hosts.values()) {
    if (!host.running) continue;
    const { unfinished } = host.disk;
    for (let i = 0; i < unfinished.length; i++) {
      const write = unfinished[i] as (typeof unfinished)[number];
      let which = 0;
      for (let j = 0; j < i; j++) if (unfinished[j]?.sink === write.sink && unfinished[j]?.channelId === write.channelId) which++;
      const channel = world.infoById(write.channelId)?.name ?? write.channelId;
      out.push({
        action: { do: 'stored', node: host.name, channel, sink: write.sink, which },
        dueMs: write.dueMs,
        actor: `disk ${host.name}`,
      });
    }
    const block = world.chain.block(host.watch.seenHeight + 1);
    if (block !== undefined) {
      const dueMs = block.minedMs + host.blockDelayMs;
      out.push({ action: { do: 'see', node: host.name, blocks: 1 }, dueMs, actor: `chain ${host.name}` });
    }
  }
  return out;
}

function addHead(out: PendingEvent[], link: Link, end: 0 | 1): void {
  const head = link.head(end);
  if (head === undefined || link.closedBy === end) return;
  const to = link.spec.ends[end];
  out.push({
    action: { do: 'deliver', link: link.id, to, message: flightName(head) },
    dueMs: head.dueMs,
    actor: `${link.id} to ${to}`,
  });
}

/** The event that is due first; among equals, the first in the order of the world. */
export function nextDue(world: World): PendingEvent | undefined {
  let next: PendingEvent | undefined;
  for (const event of pendingEvents(world)) if (next === undefined || event.dueMs < next.dueMs) next = event;
  return next;
}
