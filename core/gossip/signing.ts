import type { Hash32 } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChannelAnnouncement, ChannelUpdate, NodeAnnouncement } from '../wire/messages/gossip.ts';
import { encodeMessage } from '../wire/messages/index.ts';

export type SignedGossip = ChannelAnnouncement | NodeAnnouncement | ChannelUpdate;

const TYPE_SIZE = 2;
const SIGNATURE_SIZE = 64;
const SIGNATURES = { channel_announcement: 4, node_announcement: 1, channel_update: 1 } as const;

/** What signatures cover: everything behind them, fields that nobody knows included. */
export function signedPart(message: SignedGossip): Uint8Array {
  return encodeMessage(message).subarray(TYPE_SIZE + SIGNATURES[message.type] * SIGNATURE_SIZE);
}

/** BOLT 7: the double SHA-256 of it. */
export function gossipHash(crypto: Crypto, message: SignedGossip): Hash32 {
  return toHex<Hash32>(hash256(crypto, signedPart(message)));
}
