import type { Hash32, Hex, PublicKey, Script, Signature } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { fundingOutput } from '../transactions/channel-scripts.ts';
import { minimalFeatures } from '../wire/features.ts';
import type { ChannelAnnouncement } from '../wire/messages/gossip.ts';
import type { Unbelievable } from './rules.ts';
import { gossipHash } from './signing.ts';

/** One end of a channel that is announced. */
export interface AnnouncedEnd {
  readonly nodeId: PublicKey;
  readonly fundingPubkey: PublicKey;
}

/** The signatures of one end, as `announcement_signatures` brings them. */
export interface EndSignatures {
  readonly nodeSignature: Signature;
  readonly bitcoinSignature: Signature;
}

export interface ChannelToAnnounce {
  readonly chainHash: Hash32;
  readonly shortChannelId: bigint;
  readonly features: Hex;
  /** In any order. */
  readonly ends: readonly [AnnouncedEnd, AnnouncedEnd];
}

const UNSIGNED = '00'.repeat(64) as Signature;

/** BOLT 7: node_id_1 is the lesser. Lower-case hex orders as its bytes do. */
function inOrder([a, b]: ChannelToAnnounce['ends']): boolean {
  return a.nodeId < b.nodeId;
}

/** BOLT 7: the announcement without its signatures: its `gossipHash` is what both nodes and both funding keys sign. */
export function unsignedAnnouncement(channel: ChannelToAnnounce): ChannelAnnouncement {
  const [one, two] = inOrder(channel.ends) ? channel.ends : channel.ends.toReversed();
  return {
    type: 'channel_announcement',
    nodeSignature1: UNSIGNED,
    nodeSignature2: UNSIGNED,
    bitcoinSignature1: UNSIGNED,
    bitcoinSignature2: UNSIGNED,
    features: minimalFeatures(channel.features),
    chainHash: channel.chainHash,
    shortChannelId: channel.shortChannelId,
    nodeId1: (one as AnnouncedEnd).nodeId,
    nodeId2: (two as AnnouncedEnd).nodeId,
    bitcoinKey1: (one as AnnouncedEnd).fundingPubkey,
    bitcoinKey2: (two as AnnouncedEnd).fundingPubkey,
  };
}

/** The whole announcement; signatures in the order of `ends`. */
export function signedAnnouncement(channel: ChannelToAnnounce, signatures: readonly [EndSignatures, EndSignatures]): ChannelAnnouncement {
  const [one, two] = inOrder(channel.ends) ? signatures : [signatures[1], signatures[0]];
  return {
    ...unsignedAnnouncement(channel),
    nodeSignature1: one.nodeSignature,
    nodeSignature2: two.nodeSignature,
    bitcoinSignature1: one.bitcoinSignature,
    bitcoinSignature2: two.bitcoinSignature,
  };
}

/** Whose signature of an announcement is wrong: of this end. */
export function badAnnouncementSignature(
  crypto: Crypto,
  announcement: ChannelAnnouncement,
  { nodeSignature, bitcoinSignature }: EndSignatures,
  { nodeId, fundingPubkey }: AnnouncedEnd,
): string | undefined {
  const hash = gossipHash(crypto, announcement);
  if (!crypto.verify(nodeSignature, hash, nodeId)) return `node_signature is not of ${nodeId}`;
  return crypto.verify(bitcoinSignature, hash, fundingPubkey) ? undefined : `bitcoin_signature is not of ${fundingPubkey}`;
}

/** BOLT 7, the receiver: what a glance tells. */
export function misplacedAnnouncement(message: ChannelAnnouncement, chainHash: Hash32): Unbelievable | undefined {
  const { nodeId1, nodeId2 } = message;
  if (message.chainHash !== chainHash) return { rule: 'channel_announcement.chain_hash', detail: message.chainHash };
  return nodeId1 < nodeId2 ? undefined : { rule: 'channel_announcement.order', detail: `${nodeId1} before ${nodeId2}` };
}

/** BOLT 7, the receiver, as far as the message alone tells: cheap checks first, then four signatures. That its output exists is for the chain to say. */
export function checkChannelAnnouncement(crypto: Crypto, message: ChannelAnnouncement, chainHash: Hash32): Unbelievable | undefined {
  const { nodeId1, nodeId2, bitcoinKey1, bitcoinKey2 } = message;
  const misplaced = misplacedAnnouncement(message, chainHash);
  if (misplaced !== undefined) return misplaced;
  const noPoint = [nodeId1, nodeId2, bitcoinKey1, bitcoinKey2].find((key) => !crypto.isValidPublicKey(key));
  if (noPoint !== undefined) return { rule: 'channel_announcement.key', detail: `${noPoint} is no point` };
  const hash = gossipHash(crypto, message);
  const signed: readonly (readonly [Signature, PublicKey])[] = [
    [message.nodeSignature1, nodeId1],
    [message.nodeSignature2, nodeId2],
    [message.bitcoinSignature1, bitcoinKey1],
    [message.bitcoinSignature2, bitcoinKey2],
  ];
  const wrong = signed.find(([signature, key]) => !crypto.verify(signature, hash, key));
  return wrong && { rule: 'channel_announcement.signature', detail: `of ${wrong[1]}` };
}

/** BOLT 3: what the output of the channel must be. */
export function announcedOutput(crypto: Crypto, { bitcoinKey1, bitcoinKey2 }: ChannelAnnouncement): Script {
  return fundingOutput(crypto, bitcoinKey1, bitcoinKey2).script;
}
