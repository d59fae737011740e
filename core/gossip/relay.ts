import type { PublicKey } from '../crypto/bytes.ts';
import type { GossipTimestampFilter } from '../wire/messages/index.ts';
import type { GossipMessage, GossipPeer, GossipState } from './gossip-vocabulary.ts';
import { bytesLeft, draft, LOOKED_AT_BYTES, MS_PER_SECOND, sendBytes, setPeer, waitUntil, withBytesSpent } from './intake.ts';
import type { Intake } from './intake.ts';
import { channelsFrom, nodesFrom } from './network-view.ts';
import type { PublicChannel } from './network-view.ts';

/** BOLT 7, Rebroadcasting: news go on in batches, and only to those who have asked for them with a gossip_timestamp_filter. */

export const FLUSH = 'flush';
/** Above every short_channel_id. */
export const NO_MORE_CHANNELS = 1n << 64n;
/** Looked at in one go. */
const BATCH = 200;

/** What is new goes on with the next batch, in the place of what its origin said before. */
export function addNews(run: Intake, message: GossipMessage): void {
  const { news, nowMs } = run.state;
  const count = (news?.count ?? 0) + 1;
  if (count > run.env.limits.maxNews) return;
  if (news === undefined) waitUntil(run, FLUSH, nowMs + run.env.limits.flushMs);
  draft(run).news = { newest: message, others: news, count };
}

export function flush(run: Intake): void {
  const inOrder = newestOf(run.state.news).sort((a, b) => rank(a) - rank(b));
  for (const peer of run.state.peers.values()) {
    if (peer.filter === undefined) continue;
    for (const { bytes, timestamp, from } of inOrder) if (from !== peer.id && passes(peer, timestamp)) sendBytes(run, peer.id, bytes);
  }
  draft(run).news = undefined;
  waitUntil(run, FLUSH, undefined);
}

/** One of each key, the oldest first. */
function newestOf(news: GossipState['news']): GossipMessage[] {
  const byKey = new Map<string, GossipMessage>();
  for (let at = news; at !== undefined; at = at.others) if (!byKey.has(at.newest.key)) byKey.set(at.newest.key, at.newest);
  return [...byKey.values()].reverse();
}

/** BOLT 7: a channel_announcement leaves before its channel_updates and node_announcements. */
function rank({ key }: GossipMessage): number {
  return key.startsWith('channel') ? 0 : key.startsWith('update') ? 1 : 2;
}

function passes({ filter }: GossipPeer, timestamp: number): boolean {
  return filter !== undefined && timestamp >= filter.first && timestamp < filter.first + filter.range;
}

/** BOLT 7, gossip_timestamp_filter: it takes the place of the one before. What is known and passes it follows, a piece at a time. */
export function receiveFilter(run: Intake, peer: GossipPeer, { chainHash, firstTimestamp, timestampRange }: GossipTimestampFilter): void {
  if (chainHash !== run.env.chainHash) return;
  const filter = { first: firstTimestamp, range: timestampRange };
  const isOfThePast = timestampRange > 0 && firstTimestamp <= run.state.nowMs / MS_PER_SECOND;
  setPeer(run, { ...peer, filter, backlog: isOfThePast ? { of: 'channels', next: 0n } : undefined });
}

/** As much of what it has missed as this second allows. */
export function tellBacklog(run: Intake, id: PublicKey): void {
  for (;;) {
    const peer = run.state.peers.get(id);
    if (peer?.backlog === undefined || bytesLeft(run, peer) <= 0) return;
    if (peer.backlog.of === 'channels') tellChannels(run, peer, peer.backlog.next);
    else tellNodes(run, peer, peer.backlog.next);
  }
}

function tellChannels(run: Intake, peer: GossipPeer, next: bigint): void {
  const channels = channelsFrom(run.state.view, next, NO_MORE_CHANNELS, BATCH);
  const most = bytesLeft(run, peer);
  let size = 0;
  for (const channel of channels) {
    if (size >= most) break;
    size += LOOKED_AT_BYTES;
    for (const bytes of messagesOf(peer, channel)) {
      sendBytes(run, peer.id, bytes);
      size += bytes.length;
    }
    next = channel.shortChannelId + 1n;
  }
  const isEnd = size < most && channels.length < BATCH;
  const backlog = isEnd ? ({ of: 'nodes', next: '' as PublicKey } as const) : ({ of: 'channels', next } as const);
  setPeer(run, withBytesSpent(run, { ...peer, backlog }, size));
}

/** BOLT 7: nothing of a channel without an update, nor of one that is spent. */
function messagesOf(peer: GossipPeer, { bytes, update1, update2, spentAt }: PublicChannel): readonly Uint8Array[] {
  if (spentAt !== undefined) return [];
  const updates = [update1, update2].flatMap((update) => (update !== undefined && passes(peer, update.timestamp) ? [update.bytes] : []));
  return updates.length === 0 ? [] : [bytes, ...updates];
}

function tellNodes(run: Intake, peer: GossipPeer, next: PublicKey): void {
  const nodes = nodesFrom(run.state.view, next);
  const most = bytesLeft(run, peer);
  let size = 0;
  let backlog: GossipPeer['backlog'];
  for (const [nodeId, { timestamp, bytes }] of nodes) {
    if (size >= most) {
      backlog = { of: 'nodes', next: nodeId };
      break;
    }
    size += LOOKED_AT_BYTES;
    if (!passes(peer, timestamp)) continue;
    sendBytes(run, peer.id, bytes);
    size += bytes.length;
  }
  setPeer(run, withBytesSpent(run, { ...peer, backlog }, size));
}
