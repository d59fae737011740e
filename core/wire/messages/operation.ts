import { attributionData } from '../attribution.ts';
import {
  array,
  blob,
  channelId,
  hash32,
  point,
  preimage,
  record,
  secretKey,
  signature,
  struct,
  txid,
  u16,
  u32,
  u64,
  u8,
  varBytes,
} from '../codec.ts';
import { ONION_ROUTING_PACKET_SIZE } from '../limits.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/** BOLT 2: normal operation and reestablishment. */

const message = inGroup('operation');
const retransmission = inGroup('retransmission');
const splicing = inGroup('splicing', 'option_splice');

const attributionRecords = { attributionData: record(1, attributionData, 'option_attribution_data') };

export const updateAddHtlc = message(
  128,
  'update_add_htlc',
  {
    channelId,
    id: u64,
    amountMsat: u64,
    paymentHash: hash32,
    cltvExpiry: u32,
    onionRoutingPacket: blob(ONION_ROUTING_PACKET_SIZE),
  },
  { pathKey: record(0, point) },
);
export const updateFulfillHtlc = message(130, 'update_fulfill_htlc', { channelId, id: u64, paymentPreimage: preimage }, attributionRecords);
export const updateFailHtlc = message(131, 'update_fail_htlc', { channelId, id: u64, reason: varBytes() }, attributionRecords);
export const updateFailMalformedHtlc = message(135, 'update_fail_malformed_htlc', {
  channelId,
  id: u64,
  sha256OfOnion: hash32,
  failureCode: u16,
});
export const startBatch = splicing(127, 'start_batch', { channelId, batchSize: u16 }, { messageType: record(1, u16) });
export const commitmentSigned = message(
  132,
  'commitment_signed',
  { channelId, signature, htlcSignatures: array(signature) },
  { fundingTxid: record(1, txid, 'option_splice') },
);
export const revokeAndAck = message(133, 'revoke_and_ack', {
  channelId,
  perCommitmentSecret: secretKey,
  nextPerCommitmentPoint: point,
});
export const updateFee = message(134, 'update_fee', { channelId, feeratePerKw: u32 });
export const channelReestablish = retransmission(
  136,
  'channel_reestablish',
  {
    channelId,
    nextCommitmentNumber: u64,
    nextRevocationNumber: u64,
    yourLastPerCommitmentSecret: secretKey,
    myCurrentPerCommitmentPoint: point,
  },
  {
    nextFunding: record(1, struct({ nextFundingTxid: txid, retransmitFlags: u8 }), 'option_splice'),
    myCurrentFundingLocked: record(5, struct({ myCurrentFundingLockedTxid: txid, retransmitFlags: u8 }), 'option_splice'),
  },
);

export type UpdateAddHtlc = MessageOf<typeof updateAddHtlc>;
export type UpdateFulfillHtlc = MessageOf<typeof updateFulfillHtlc>;
export type UpdateFailHtlc = MessageOf<typeof updateFailHtlc>;
export type UpdateFailMalformedHtlc = MessageOf<typeof updateFailMalformedHtlc>;
export type StartBatch = MessageOf<typeof startBatch>;
export type CommitmentSigned = MessageOf<typeof commitmentSigned>;
export type RevokeAndAck = MessageOf<typeof revokeAndAck>;
export type UpdateFee = MessageOf<typeof updateFee>;
export type ChannelReestablish = MessageOf<typeof channelReestablish>;
