import type { PublicKey } from '../crypto/bytes.ts';
import { dueBy } from '../time/deadlines.ts';
import type { MessageIn } from '../wire/messages/index.ts';
import { endCheck, outputChecked, receiveChannel, receiveNode, receiveUpdate, STALE_SECONDS, takeOwn } from './announcements.ts';
import type { GossipEnv, GossipInput, GossipOutputs, GossipState } from './gossip-vocabulary.ts';
import { draft, MS_PER_SECOND, waitUntil } from './intake.ts';
import type { Intake } from './intake.ts';
import { channelOf, channelsFrom, withChannel, withoutChannels } from './network-view.ts';
import type { NetworkView, PublicChannel } from './network-view.ts';
import { goOnAnswering, receiveQueryIds, receiveQueryRange } from './queries.ts';
import { FLUSH, flush, NO_MORE_CHANNELS, receiveFilter, tellBacklog } from './relay.ts';
import { newPeer, receiveEnd, receiveReplyRange } from './sync.ts';

/** BOLT 7: "SHOULD forget a channel after a 72-block delay": a splice may follow. */
export const SPENT_BLOCKS = 72;
/** With a block at most so often is looked for what has grown old, in milliseconds of told time. */
const PRUNE_MS = 3_600_000;

export function createGossip(view: NetworkView, height: number, nowMs: number): GossipState {
  return {
    view,
    checks: new Map(),
    peers: new Map(),
    news: undefined,
    nowMs,
    height,
    prunedMs: nowMs,
    deadlines: [],
  };
}

/** Everything that is told of the network, and what is said to peers about it (BOLT 7). Pure; nothing that a peer sends makes it throw. */
export function gossipStep(
  env: GossipEnv,
  state: GossipState,
  input: GossipInput,
): { readonly state: GossipState; readonly outputs: readonly GossipOutputs[] } {
  const run: Intake = { env, state, outputs: [] };
  dispatch(run, input);
  return { state: run.state, outputs: run.outputs };
}

function dispatch(run: Intake, input: GossipInput): void {
  switch (input.kind) {
    case 'connected':
      return newPeer(run, input.peer, input.isWorthAsking);
    case 'disconnected':
      return disconnected(run, input.peer);
    case 'message':
      receive(run, input.peer, input.message);
      return goOn(run, input.peer);
    case 'own':
      return takeOwn(run, input.message, input.capacitySat);
    case 'output_checked':
      return outputChecked(run, input.shortChannelId, input.found);
    case 'output_spent':
      return spent(run, input.shortChannelId, input.height);
    case 'height':
      return newHeight(run, input.height);
    case 'time':
      return time(run, input.nowMs);
  }
}

function receive(run: Intake, id: PublicKey, message: MessageIn<'gossip'>): void {
  const peer = run.state.peers.get(id);
  if (peer === undefined) return;
  switch (message.type) {
    case 'channel_announcement':
      return receiveChannel(run, id, message);
    case 'channel_update':
      return receiveUpdate(run, id, message);
    case 'node_announcement':
      return receiveNode(run, id, message);
    case 'gossip_timestamp_filter':
      return receiveFilter(run, peer, message);
    case 'query_short_channel_ids':
      return receiveQueryIds(run, peer, message);
    case 'query_channel_range':
      return receiveQueryRange(run, peer, message);
    case 'reply_channel_range':
      return receiveReplyRange(run, peer, message);
    case 'reply_short_channel_ids_end':
      return receiveEnd(run, peer);
  }
}

/** Answers first, then what it has missed; what is left goes on in the next second. */
function goOn(run: Intake, id: PublicKey): void {
  goOnAnswering(run, id);
  tellBacklog(run, id);
  const peer = run.state.peers.get(id);
  const hasMore = peer !== undefined && (peer.answering !== undefined || peer.backlog !== undefined);
  waitUntil(run, id, hasMore ? (Math.floor(run.state.nowMs / MS_PER_SECOND) + 1) * MS_PER_SECOND : undefined);
}

function disconnected(run: Intake, id: PublicKey): void {
  const peers = new Map(run.state.peers);
  peers.delete(id);
  draft(run).peers = peers;
  waitUntil(run, id, undefined);
}

function time(run: Intake, nowMs: number): void {
  if (nowMs <= run.state.nowMs) return;
  draft(run).nowMs = nowMs;
  for (const key of dueBy(run.state.deadlines, nowMs)) {
    if (key === FLUSH) flush(run);
    else if (key.startsWith('check ')) endCheck(run, BigInt(key.slice('check '.length)));
    else goOn(run, key as PublicKey);
  }
}

/**
 * BOLT 7: what has been spent for long enough; and "if the timestamp of the latest channel_update in either direction is older than two weeks: MAY
 * prune the channel".
 */
function prune(run: Intake): void {
  const { nowMs, height } = run.state;
  const oldest = nowMs / MS_PER_SECOND - STALE_SECONDS;
  const isOver = ({ update1, update2, spentAt }: PublicChannel): boolean =>
    (update1 !== undefined && update1.timestamp < oldest) ||
    (update2 !== undefined && update2.timestamp < oldest) ||
    (spentAt !== undefined && height - spentAt >= SPENT_BLOCKS);
  const all = channelsFrom(run.state.view, 0n, NO_MORE_CHANNELS, Infinity);
  draft(run).view = withoutChannels(
    run.state.view,
    all.filter(isOver).map(({ shortChannelId }) => shortChannelId),
  );
  draft(run).prunedMs = nowMs;
}

function newHeight(run: Intake, height: number): void {
  draft(run).height = height;
  if (run.state.nowMs - run.state.prunedMs >= PRUNE_MS) prune(run);
}

function spent(run: Intake, shortChannelId: bigint, height: number): void {
  if (run.state.checks.has(shortChannelId)) endCheck(run, shortChannelId);
  const channel = channelOf(run.state.view, shortChannelId);
  if (channel === undefined || channel.spentAt === height) return;
  draft(run).view = withChannel(run.state.view, shortChannelId, { ...channel, spentAt: height });
}
