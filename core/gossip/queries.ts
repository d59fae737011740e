import type { PublicKey } from '../crypto/bytes.ts';
import type { QueryChannelRange, QueryShortChannelIds, ReplyChannelRange } from '../wire/messages/index.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import { checksumOfUpdate } from './checksum.ts';
import { decodeFlags, decodeIds, encodeIds, encodeTimes } from './encoded-ids.ts';
import type { Answering, GossipPeer } from './gossip-vocabulary.ts';
import { broken, bytesLeft, LOOKED_AT_BYTES, send, sendBytes, setPeer, withBytesSpent } from './intake.ts';
import type { Intake } from './intake.ts';
import { channelOf, channelsFrom, nodeOf } from './network-view.ts';
import type { PublicChannel } from './network-view.ts';

/**
 * BOLT 7, Query Messages: what peers ask is answered piece by piece, as many bytes a second as the limits say, one question of a peer at a time:
 * whatever it asks costs no more than that.
 */

type Of<K extends Answering['kind']> = Extract<Answering, { kind: K }>;

/** Channels in one reply_channel_range: it fits into one message with all that may go with it. */
export const REPLY_CHANNELS = 2_500;
const EVERYTHING = 0x1f;
/** Of a reply_short_channel_ids_end. */
const END_BYTES = 35;

export function receiveQueryIds(run: Intake, peer: GossipPeer, { chainHash, encodedShortIds, queryFlags }: QueryShortChannelIds): void {
  if (peer.answering !== undefined) return broken(run, peer.id, 'query.twice', 'the one before is not answered');
  const ids = decodeIds(encodedShortIds);
  if (ids === 'encoding') return broken(run, peer.id, 'query_short_channel_ids.encoding', `byte ${encodedShortIds.slice(0, 2)}`);
  if (ids === 'whole') return broken(run, peer.id, 'query_short_channel_ids.whole', `${encodedShortIds.length / 2} bytes`);
  const flags = queryFlags === undefined ? undefined : decodeFlags(queryFlags.encodedQueryFlags, ids.length);
  if (queryFlags !== undefined && (queryFlags.encodingType !== 0 || flags === undefined))
    return broken(run, peer.id, 'query_short_channel_ids.flags', `not one of each of ${ids.length}`);
  if (chainHash !== run.env.chainHash) return send(run, peer.id, { type: 'reply_short_channel_ids_end', chainHash, fullInformation: 0 });
  const answering = { kind: 'short_channel_ids', ids, flags, next: 0, nodesTold: new Set<PublicKey>() } as const;
  setPeer(run, { ...peer, answering });
}

export function receiveQueryRange(run: Intake, peer: GossipPeer, message: QueryChannelRange): void {
  if (peer.answering !== undefined) return broken(run, peer.id, 'query.twice', 'the one before is not answered');
  const { chainHash, firstBlocknum, numberOfBlocks, queryOptionFlags } = message;
  if (chainHash !== run.env.chainHash) {
    const encodedShortIds = encodeIds([]);
    return send(run, peer.id, { type: 'reply_channel_range', chainHash, firstBlocknum, numberOfBlocks, syncComplete: 1, encodedShortIds });
  }
  const options = Number((queryOptionFlags ?? 0n) & 3n);
  // BOLT 7: number_of_blocks is "1 or greater", and the answer covers some block.
  const endBlock = firstBlocknum + Math.max(1, numberOfBlocks);
  setPeer(run, { ...peer, answering: { kind: 'channel_range', next: blockId(firstBlocknum), firstBlocknum, endBlock, options } });
}

/** The least short_channel_id of a block; of one beyond what three bytes say, one that no channel has. */
function blockId(height: number): bigint {
  return BigInt(height) << 40n;
}

/** As much of an answer as this second allows. */
export function goOnAnswering(run: Intake, id: PublicKey): void {
  for (;;) {
    const peer = run.state.peers.get(id);
    if (peer?.answering === undefined || bytesLeft(run, peer) <= 0) return;
    if (peer.answering.kind === 'channel_range') replyRange(run, peer, peer.answering);
    else replyIds(run, peer, peer.answering);
  }
}

function replyIds(run: Intake, peer: GossipPeer, answering: Of<'short_channel_ids'>): void {
  const { ids, flags } = answering;
  const nodesTold = new Set(answering.nodesTold);
  const most = bytesLeft(run, peer);
  let size = 0;
  let { next } = answering;
  for (; next < ids.length && size < most; next++) {
    size += LOOKED_AT_BYTES;
    const channel = channelOf(run.state.view, ids[next] as bigint);
    if (channel === undefined || channel.spentAt !== undefined) continue;
    for (const bytes of wantedOf(run, channel, flags?.[next] ?? EVERYTHING, nodesTold)) {
      sendBytes(run, peer.id, bytes);
      size += bytes.length;
    }
  }
  const isEnd = next >= ids.length;
  if (isEnd) {
    send(run, peer.id, { type: 'reply_short_channel_ids_end', chainHash: run.env.chainHash, fullInformation: 1 });
    size += END_BYTES;
  }
  const rest = { kind: 'short_channel_ids', ids, flags, next, nodesTold } as const;
  setPeer(run, withBytesSpent(run, { ...peer, answering: isEnd ? undefined : rest }, size));
}

/** BOLT 7: the bits of a query_flag. */
function wantedOf({ state }: Intake, channel: PublicChannel, flags: number, nodesTold: Set<PublicKey>): readonly Uint8Array[] {
  const { bytes, update1, update2, nodeId1, nodeId2 } = channel;
  const nodes = [nodeId1, nodeId2].filter((nodeId, i) => (flags & (8 << i)) !== 0 && !nodesTold.has(nodeId));
  for (const nodeId of nodes) nodesTold.add(nodeId);
  const told = [
    (flags & 1) === 0 ? undefined : bytes,
    (flags & 2) === 0 ? undefined : update1?.bytes,
    (flags & 4) === 0 ? undefined : update2?.bytes,
    ...nodes.map((nodeId) => nodeOf(state.view, nodeId)?.bytes),
  ];
  return told.filter((each) => each !== undefined);
}

/** BOLT 7: replies in the order of the blocks; all of a block may take several. */
function replyRange(run: Intake, peer: GossipPeer, answering: Of<'channel_range'>): void {
  const { next, firstBlocknum, endBlock, options } = answering;
  const channels = channelsFrom(run.state.view, next, blockId(endBlock), REPLY_CHANNELS + 1);
  const told = channels.slice(0, REPLY_CHANNELS);
  const after = channels[REPLY_CHANNELS];
  const [last] = told.slice(-1);
  const coversTo = after === undefined || last === undefined ? endBlock : blockOf(last) + 1;
  const message: ReplyChannelRange = {
    type: 'reply_channel_range',
    chainHash: run.env.chainHash,
    firstBlocknum,
    numberOfBlocks: coversTo - firstBlocknum,
    syncComplete: after === undefined ? 1 : 0,
    encodedShortIds: encodeIds(told.map(({ shortChannelId }) => shortChannelId)),
    ...((options & 1) === 0 ? {} : { timestamps: { encodingType: 0, encodedTimestamps: encodeTimes(told.flatMap(timesOf)) } }),
    ...((options & 2) === 0 ? {} : { checksums: told.map(checksumsOf) }),
  };
  send(run, peer.id, message);
  // A block that goes on in the next reply is told of in both.
  const rest = after && {
    kind: 'channel_range' as const,
    next: after.shortChannelId,
    firstBlocknum: Math.min(blockOf(after), coversTo),
    endBlock,
    options,
  };
  setPeer(run, withBytesSpent(run, { ...peer, answering: rest }, encodeMessage(message).length));
}

function blockOf({ shortChannelId }: PublicChannel): number {
  return Number(shortChannelId >> 40n);
}

function timesOf({ update1, update2 }: PublicChannel): readonly number[] {
  return [update1?.timestamp ?? 0, update2?.timestamp ?? 0];
}

function checksumsOf({ update1, update2 }: PublicChannel): { readonly checksumNodeId1: number; readonly checksumNodeId2: number } {
  return {
    checksumNodeId1: update1 === undefined ? 0 : checksumOfUpdate(update1.bytes),
    checksumNodeId2: update2 === undefined ? 0 : checksumOfUpdate(update2.bytes),
  };
}
