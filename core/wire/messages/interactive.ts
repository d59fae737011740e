import type { Script } from '../../crypto/bytes.ts';
import {
  array,
  channelId,
  constant,
  hash32,
  point,
  rawTx,
  record,
  restBytes,
  s64,
  script,
  signature,
  txid,
  u16,
  u32,
  u64,
  u8,
  varBytes,
} from '../codec.ts';
import { inGroup } from '../message.ts';
import type { MessageOf } from '../message.ts';

/** BOLT 2: interactive transaction construction, channel establishment v2, quiescence and splicing. */

const message = inGroup('interactive', 'option_dual_fund', 'option_splice');
const splicing = inGroup('splicing', 'option_splice');
const quiescing = inGroup('splicing', 'option_quiesce');

/** The record is there or not; it has no value. */
const requireConfirmedInputs = record(2, constant(true));

export const txAddInput = message(
  66,
  'tx_add_input',
  { channelId, serialId: u64, prevtx: rawTx, prevtxVout: u32, sequence: u32 },
  { sharedInputTxid: record(0, txid) },
);
export const txAddOutput = message(67, 'tx_add_output', { channelId, serialId: u64, amountSat: u64, script });
export const txRemoveInput = message(68, 'tx_remove_input', { channelId, serialId: u64 });
export const txRemoveOutput = message(69, 'tx_remove_output', { channelId, serialId: u64 });
export const txComplete = message(70, 'tx_complete', { channelId });
export const txSignatures = message(
  71,
  'tx_signatures',
  { channelId, txid, witnesses: array(varBytes()) },
  { sharedInputSignature: record(0, signature) },
);

const rbfRecords = { fundingOutputContributionSat: record(0, s64), requireConfirmedInputs };
export const txInitRbf = message(72, 'tx_init_rbf', { channelId, locktime: u32, feeratePerKw: u32 }, rbfRecords);
export const txAckRbf = message(73, 'tx_ack_rbf', { channelId }, rbfRecords);
export const txAbort = message(74, 'tx_abort', { channelId, data: varBytes() });

const openingRecords = {
  upfrontShutdownScript: record(0, restBytes<Script>()),
  channelType: record(1, restBytes()),
  requireConfirmedInputs,
};
const channelKeys = {
  fundingPubkey: point,
  revocationBasepoint: point,
  paymentBasepoint: point,
  delayedPaymentBasepoint: point,
  htlcBasepoint: point,
  firstPerCommitmentPoint: point,
  secondPerCommitmentPoint: point,
};
export const openChannel2 = message(
  64,
  'open_channel2',
  {
    chainHash: hash32,
    temporaryChannelId: channelId,
    fundingFeeratePerKw: u32,
    commitmentFeeratePerKw: u32,
    fundingSat: u64,
    dustLimitSat: u64,
    maxHtlcValueInFlightMsat: u64,
    htlcMinimumMsat: u64,
    toSelfDelay: u16,
    maxAcceptedHtlcs: u16,
    locktime: u32,
    ...channelKeys,
    channelFlags: u8,
  },
  openingRecords,
);
export const acceptChannel2 = message(
  65,
  'accept_channel2',
  {
    temporaryChannelId: channelId,
    fundingSat: u64,
    dustLimitSat: u64,
    maxHtlcValueInFlightMsat: u64,
    htlcMinimumMsat: u64,
    minimumDepth: u32,
    toSelfDelay: u16,
    maxAcceptedHtlcs: u16,
    ...channelKeys,
  },
  openingRecords,
);

export const stfu = quiescing(2, 'stfu', { channelId, initiator: u8 });
export const spliceInit = splicing(
  80,
  'splice_init',
  { channelId, fundingContributionSat: s64, fundingFeeratePerKw: u32, locktime: u32, fundingPubkey: point },
  { requireConfirmedInputs },
);
export const spliceAck = splicing(
  81,
  'splice_ack',
  { channelId, fundingContributionSat: s64, fundingPubkey: point },
  { requireConfirmedInputs },
);
export const spliceLocked = splicing(77, 'splice_locked', { channelId, spliceTxid: txid });

export type TxAddInput = MessageOf<typeof txAddInput>;
export type TxAddOutput = MessageOf<typeof txAddOutput>;
export type TxRemoveInput = MessageOf<typeof txRemoveInput>;
export type TxRemoveOutput = MessageOf<typeof txRemoveOutput>;
export type TxComplete = MessageOf<typeof txComplete>;
export type TxSignatures = MessageOf<typeof txSignatures>;
export type TxInitRbf = MessageOf<typeof txInitRbf>;
export type TxAckRbf = MessageOf<typeof txAckRbf>;
export type TxAbort = MessageOf<typeof txAbort>;
export type OpenChannel2 = MessageOf<typeof openChannel2>;
export type AcceptChannel2 = MessageOf<typeof acceptChannel2>;
export type Stfu = MessageOf<typeof stfu>;
export type SpliceInit = MessageOf<typeof spliceInit>;
export type SpliceAck = MessageOf<typeof spliceAck>;
export type SpliceLocked = MessageOf<typeof spliceLocked>;
