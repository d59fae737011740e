import type { PublicKey } from '../crypto/bytes.ts';
import type { ReplyChannelRange } from '../wire/messages/index.ts';
import { decodeIds, encodeIds } from './encoded-ids.ts';
import type { GossipPeer } from './gossip-vocabulary.ts';
import { broken, MS_PER_SECOND, send, setPeer } from './intake.ts';
import type { Intake } from './intake.ts';
import { channelOf } from './network-view.ts';

/** Asking peers for what they know: which channels there are, then those that are new, and from now on all that happens. */

/** Channels that are asked for in one query. */
const QUERY_CHANNELS = 500;
/** More than the public network has: a peer that names more is not believed. */
export const MAX_WANTED = 200_000;
const EVER = 0xffffffff;

export function newPeer(run: Intake, id: PublicKey, isWorthAsking: boolean): void {
  const { state, env } = run;
  const { chainHash } = env;
  const askedOf = [...state.peers.values()].filter(({ asked, wanted }) => asked !== undefined || wanted.length > 0).length;
  const asks = isWorthAsking && askedOf < env.limits.syncPeers;
  const spent = { at: 0, verifications: 0, bytes: 0 };
  const nothing = { filter: undefined, backlog: undefined, answering: undefined, spent, wanted: [] };
  setPeer(run, { id, ...nothing, asked: asks ? 'channel_range' : undefined });
  // BOLT 7: "if the receiver does not offer gossip_queries: SHOULD set first_timestamp to 0xFFFFFFFF and timestamp_range to 0".
  const firstTimestamp = isWorthAsking ? Math.floor(state.nowMs / MS_PER_SECOND) : EVER;
  send(run, id, { type: 'gossip_timestamp_filter', chainHash, firstTimestamp, timestampRange: isWorthAsking ? EVER : 0 });
  if (asks) send(run, id, { type: 'query_channel_range', chainHash, firstBlocknum: 0, numberOfBlocks: EVER });
}

export function receiveReplyRange(run: Intake, peer: GossipPeer, { encodedShortIds, syncComplete }: ReplyChannelRange): void {
  if (peer.asked !== 'channel_range') return broken(run, peer.id, 'reply.unasked', 'reply_channel_range');
  const ids = decodeIds(encodedShortIds);
  if (typeof ids === 'string') return broken(run, peer.id, 'reply_channel_range.encoding', `byte ${encodedShortIds.slice(0, 2)}`);
  const news = ids.filter((id) => channelOf(run.state.view, id) === undefined);
  const wanted = [...peer.wanted, ...news].slice(0, MAX_WANTED);
  setPeer(run, { ...peer, wanted, asked: syncComplete === 0 ? peer.asked : undefined });
  askForWanted(run, peer.id);
}

export function receiveEnd(run: Intake, peer: GossipPeer): void {
  if (peer.asked !== 'short_channel_ids') return broken(run, peer.id, 'reply.unasked', 'reply_short_channel_ids_end');
  setPeer(run, { ...peer, asked: undefined });
  askForWanted(run, peer.id);
}

/** One question at a time (BOLT 7), and none for what somebody else has told since. */
function askForWanted(run: Intake, id: PublicKey): void {
  const peer = run.state.peers.get(id);
  if (peer === undefined || peer.asked !== undefined) return;
  const missing = peer.wanted.filter((each) => channelOf(run.state.view, each) === undefined);
  const [now, later] = [missing.slice(0, QUERY_CHANNELS), missing.slice(QUERY_CHANNELS)];
  if (now.length > 0)
    send(run, id, {
      type: 'query_short_channel_ids',
      chainHash: run.env.chainHash,
      encodedShortIds: encodeIds(now.toSorted((a, b) => (a < b ? -1 : 1))),
    });
  setPeer(run, { ...peer, wanted: later, asked: now.length > 0 ? 'short_channel_ids' : undefined });
}
