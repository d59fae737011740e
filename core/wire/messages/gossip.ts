import {
  bigSize,
  bytes,
  channelId,
  hash32,
  point,
  record,
  restArray,
  restBytes,
  shortChannelId,
  signature,
  struct,
  u16,
  u32,
  u64,
  u8,
  varBytes,
} from '../codec.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/**
 * BOLT 7: announcements and queries, and BOLT 4's onion_message. What is signed stays byte for byte: features, addresses and encoded
 * arrays are kept as they came, because a receiver must accept forms that it would not have written itself.
 */

const message = inGroup('gossip');
const ofChannel = inGroup('announcement');
/** Spoken by everybody: the feature says no more than that a node is worth asking. */
const query = message;
const onion = inGroup('onion', 'option_onion_messages');

export const announcementSignatures = ofChannel(259, 'announcement_signatures', {
  channelId,
  shortChannelId,
  nodeSignature: signature,
  bitcoinSignature: signature,
});
export const channelAnnouncement = message(256, 'channel_announcement', {
  nodeSignature1: signature,
  nodeSignature2: signature,
  bitcoinSignature1: signature,
  bitcoinSignature2: signature,
  features: varBytes(),
  chainHash: hash32,
  shortChannelId,
  nodeId1: point,
  nodeId2: point,
  bitcoinKey1: point,
  bitcoinKey2: point,
});
export const nodeAnnouncement = message(257, 'node_announcement', {
  signature,
  features: varBytes(),
  timestamp: u32,
  nodeId: point,
  rgbColor: bytes(3),
  alias: bytes(32),
  addresses: varBytes(),
});
export const channelUpdate = message(258, 'channel_update', {
  signature,
  chainHash: hash32,
  shortChannelId,
  timestamp: u32,
  messageFlags: u8,
  channelFlags: u8,
  cltvExpiryDelta: u16,
  htlcMinimumMsat: u64,
  feeBaseMsat: u32,
  feeProportionalMillionths: u32,
  htlcMaximumMsat: u64,
});

export const queryShortChannelIds = query(
  261,
  'query_short_channel_ids',
  { chainHash: hash32, encodedShortIds: varBytes() },
  { queryFlags: record(1, struct({ encodingType: u8, encodedQueryFlags: restBytes() }), 'gossip_queries_ex') },
);
export const replyShortChannelIdsEnd = query(262, 'reply_short_channel_ids_end', { chainHash: hash32, fullInformation: u8 });
export const queryChannelRange = query(
  263,
  'query_channel_range',
  { chainHash: hash32, firstBlocknum: u32, numberOfBlocks: u32 },
  { queryOptionFlags: record(1, bigSize, 'gossip_queries_ex') },
);
export const replyChannelRange = query(
  264,
  'reply_channel_range',
  { chainHash: hash32, firstBlocknum: u32, numberOfBlocks: u32, syncComplete: u8, encodedShortIds: varBytes() },
  {
    timestamps: record(1, struct({ encodingType: u8, encodedTimestamps: restBytes() }), 'gossip_queries_ex'),
    checksums: record(3, restArray(struct({ checksumNodeId1: u32, checksumNodeId2: u32 })), 'gossip_queries_ex'),
  },
);
export const gossipTimestampFilter = query(265, 'gossip_timestamp_filter', {
  chainHash: hash32,
  firstTimestamp: u32,
  timestampRange: u32,
});

export const onionMessage = onion(513, 'onion_message', { pathKey: point, onionMessagePacket: varBytes() });

export type AnnouncementSignatures = MessageOf<typeof announcementSignatures>;
export type ChannelAnnouncement = MessageOf<typeof channelAnnouncement>;
export type NodeAnnouncement = MessageOf<typeof nodeAnnouncement>;
export type ChannelUpdate = MessageOf<typeof channelUpdate>;
export type QueryShortChannelIds = MessageOf<typeof queryShortChannelIds>;
export type ReplyShortChannelIdsEnd = MessageOf<typeof replyShortChannelIdsEnd>;
export type QueryChannelRange = MessageOf<typeof queryChannelRange>;
export type ReplyChannelRange = MessageOf<typeof replyChannelRange>;
export type GossipTimestampFilter = MessageOf<typeof gossipTimestampFilter>;
export type OnionMessage = MessageOf<typeof onionMessage>;
