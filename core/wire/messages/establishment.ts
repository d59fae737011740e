import type { Script } from '../../crypto/bytes.ts';
import { channelId, hash32, point, record, restBytes, shortChannelId, signature, txid, u16, u32, u64, u8 } from '../codec.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/** BOLT 2: channel establishment v1. */

const message = inGroup('establishment');

const openingRecords = { upfrontShutdownScript: record(0, restBytes<Script>()), channelType: record(1, restBytes()) };

const channelKeys = {
  fundingPubkey: point,
  revocationBasepoint: point,
  paymentBasepoint: point,
  delayedPaymentBasepoint: point,
  htlcBasepoint: point,
  firstPerCommitmentPoint: point,
};

export const openChannel = message(
  32,
  'open_channel',
  {
    chainHash: hash32,
    temporaryChannelId: channelId,
    fundingSat: u64,
    pushMsat: u64,
    dustLimitSat: u64,
    maxHtlcValueInFlightMsat: u64,
    channelReserveSat: u64,
    htlcMinimumMsat: u64,
    feeratePerKw: u32,
    toSelfDelay: u16,
    maxAcceptedHtlcs: u16,
    ...channelKeys,
    channelFlags: u8,
  },
  openingRecords,
);
export const acceptChannel = message(
  33,
  'accept_channel',
  {
    temporaryChannelId: channelId,
    dustLimitSat: u64,
    maxHtlcValueInFlightMsat: u64,
    channelReserveSat: u64,
    htlcMinimumMsat: u64,
    minimumDepth: u32,
    toSelfDelay: u16,
    maxAcceptedHtlcs: u16,
    ...channelKeys,
  },
  openingRecords,
);
export const fundingCreated = message(34, 'funding_created', {
  temporaryChannelId: channelId,
  fundingTxid: txid,
  fundingOutputIndex: u16,
  signature,
});
export const fundingSigned = message(35, 'funding_signed', { channelId, signature });
export const channelReady = message(
  36,
  'channel_ready',
  { channelId, secondPerCommitmentPoint: point },
  { alias: record(1, shortChannelId, 'option_scid_alias') },
);

export type OpenChannel = MessageOf<typeof openChannel>;
export type AcceptChannel = MessageOf<typeof acceptChannel>;
export type FundingCreated = MessageOf<typeof fundingCreated>;
export type FundingSigned = MessageOf<typeof fundingSigned>;
export type ChannelReady = MessageOf<typeof channelReady>;
