import type { Hash32, PublicKey, Signature } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { ChannelAnnouncement, ChannelUpdate } from '../wire/messages/gossip.ts';
import type { Unbelievable } from './rules.ts';
import { gossipHash, signedPart } from './signing.ts';

/** BOLT 7: bits of `message_flags` and `channel_flags`. */
const MUST_BE_ONE = 1;
const DONT_FORWARD = 2;
const DIRECTION = 1;
const DISABLE = 2;

/** What a node asks for relaying through its end of a channel. Amounts in millisatoshis, the delta in blocks. */
export interface ChannelPolicy {
  readonly cltvExpiryDelta: number;
  readonly htlcMinimumMsat: bigint;
  readonly htlcMaximumMsat: bigint;
  readonly feeBaseMsat: number;
  readonly feeProportionalMillionths: number;
  readonly disabled: boolean;
}

/** What a node asks for forwarding into one of its channels. */
export type ForwardingPolicy = Omit<ChannelPolicy, 'disabled'>;

export interface UpdateToSign {
  readonly chainHash: Hash32;
  /** The real one, or an alias where the update is for the peer alone. */
  readonly shortChannelId: bigint;
  /** Seconds since 1970; greater than that of any update before it. */
  readonly timestamp: number;
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly policy: ChannelPolicy;
  /** For the peer alone: the channel is not announced. */
  readonly dontForward: boolean;
}

const UNSIGNED = '00'.repeat(64) as Signature;

/** BOLT 7, the origin: to be signed over its `gossipHash`. Throws a RangeError for limits that exclude each other, and a time of zero. */
export function unsignedUpdate({ chainHash, shortChannelId, timestamp, from, to, policy, dontForward }: UpdateToSign): ChannelUpdate {
  if (policy.htlcMinimumMsat > policy.htlcMaximumMsat) throw new RangeError('htlc_minimum_msat is more than htlc_maximum_msat');
  if (timestamp < 1) throw new RangeError(`a timestamp of ${timestamp}`);
  return {
    type: 'channel_update',
    signature: UNSIGNED,
    chainHash,
    shortChannelId,
    timestamp,
    messageFlags: MUST_BE_ONE | (dontForward ? DONT_FORWARD : 0),
    channelFlags: (from < to ? 0 : DIRECTION) | (policy.disabled ? DISABLE : 0),
    cltvExpiryDelta: policy.cltvExpiryDelta,
    htlcMinimumMsat: policy.htlcMinimumMsat,
    feeBaseMsat: policy.feeBaseMsat,
    feeProportionalMillionths: policy.feeProportionalMillionths,
    htlcMaximumMsat: policy.htlcMaximumMsat,
  };
}

/** BOLT 7: 0 where node_id_1 speaks, 1 where node_id_2. */
export function directionOf({ channelFlags }: ChannelUpdate): 0 | 1 {
  return (channelFlags & DIRECTION) === 0 ? 0 : 1;
}

export function isForPeerOnly({ messageFlags }: ChannelUpdate): boolean {
  return (messageFlags & DONT_FORWARD) !== 0;
}

export function policyOf(update: ChannelUpdate): ChannelPolicy {
  return {
    cltvExpiryDelta: update.cltvExpiryDelta,
    htlcMinimumMsat: update.htlcMinimumMsat,
    htlcMaximumMsat: update.htlcMaximumMsat,
    feeBaseMsat: update.feeBaseMsat,
    feeProportionalMillionths: update.feeProportionalMillionths,
    disabled: (update.channelFlags & DISABLE) !== 0,
  };
}

type Ends = Pick<ChannelAnnouncement, 'nodeId1' | 'nodeId2'>;

/** BOLT 7, the receiver, given the ends of the channel: whether the right one signed it, for this chain. */
export function checkChannelUpdate(crypto: Crypto, update: ChannelUpdate, ends: Ends, chainHash: Hash32): Unbelievable | undefined {
  if (update.chainHash !== chainHash) return { rule: 'channel_update.chain_hash', detail: update.chainHash };
  const origin = directionOf(update) === 0 ? ends.nodeId1 : ends.nodeId2;
  if (crypto.verify(update.signature, gossipHash(crypto, update), origin)) return undefined;
  return { rule: 'channel_update.signature', detail: `not of ${origin}` };
}

/** Whether two updates that have no extension differ in nothing but their time and signature. */
export function saySame(a: ChannelUpdate, b: ChannelUpdate): boolean {
  return (
    a.shortChannelId === b.shortChannelId &&
    a.chainHash === b.chainHash &&
    a.messageFlags === b.messageFlags &&
    a.channelFlags === b.channelFlags &&
    a.cltvExpiryDelta === b.cltvExpiryDelta &&
    a.htlcMinimumMsat === b.htlcMinimumMsat &&
    a.htlcMaximumMsat === b.htlcMaximumMsat &&
    a.feeBaseMsat === b.feeBaseMsat &&
    a.feeProportionalMillionths === b.feeProportionalMillionths
  );
}

/** BOLT 7: which of two updates of one direction stands: `same` says it again, `conflict` says something else at the same time. */
export function compareUpdates(known: ChannelUpdate, update: ChannelUpdate): 'newer' | 'older' | 'same' | 'conflict' {
  if (update.timestamp !== known.timestamp) return update.timestamp > known.timestamp ? 'newer' : 'older';
  return toHex(signedPart(known)) === toHex(signedPart(update)) ? 'same' : 'conflict';
}
