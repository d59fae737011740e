import { storedTx, storedView } from '../../chain/stored-form.ts';
import type { Hex } from '../../crypto/bytes.ts';
import { storedMonitorUpdate } from '../../knowledge/stored-form.ts';
import { storedBySide, storedSecrets, storedSide } from '../../transactions/stored-form.ts';
import * as codec from '../../wire/codec.ts';
import type { ForwardingPolicy } from '../../gossip/channel-update.ts';
import type { Codec, Result } from '../../wire/codec.ts';
import { items, versioned } from '../../wire/stored.ts';
import type { FieldsOf } from '../../wire/stored.ts';
import { ONION_ROUTING_PACKET_SIZE } from '../../wire/limits.ts';
import type { ChannelUpdate } from '../../wire/messages/index.ts';
import type * as announced from './announcement.ts';
import type { Origin } from './origin.ts';
import type { RuleId } from '../../rules.ts';
import type * as state from './state.ts';
import type { StoredChannel } from './state.ts';

/**
 * How a channel's state stands in bytes: canonical, strict, with a version in front. Fields are in the order of this declaration;
 * any change to it needs a new version.
 */
export const VERSION = 11;

const MAX_TEXT = 0xffff;

type Without<T, K extends keyof T> = FieldsOf<Omit<T, K>>;

const {
  bool,
  channelId,
  hash32,
  maybe,
  option,
  point,
  preimage,
  script,
  secretKey,
  signature,
  txid,
  u16,
  u32,
  u53,
  u64,
  u8,
  struct,
  union,
  variant,
} = codec;

const hex: Codec<Hex> = codec.longBytes(0xffffffff);

const add = {
  offerer: storedSide,
  id: u64,
  amountMsat: u64,
  paymentHash: hash32,
  cltvExpiry: u32,
  onion: codec.blob(ONION_ROUTING_PACKET_SIZE),
  pathKey: option(point),
} satisfies Without<state.AddUpdate, 'kind'>;
const attribution = struct({
  htlcHoldTimes: codec.fixedArray(u32, 20),
  truncatedHmacs: codec.bytes(210 * 4),
} satisfies FieldsOf<state.Attribution>);
const fail = { id: u64, reason: codec.varBytes(), attribution: option(attribution) } satisfies Without<state.FailUpdate, 'kind'>;
const failMalformed = { id: u64, sha256OfOnion: hash32, failureCode: u16 } satisfies Without<state.FailMalformedUpdate, 'kind'>;

const addUpdate: Codec<state.AddUpdate> = struct({ kind: codec.constant('add'), ...add } satisfies FieldsOf<state.AddUpdate>);
const update: Codec<state.Update> = union('kind', {
  add: variant(1, add),
  fulfill: variant(2, { id: u64, preimage, attribution: option(attribution) } satisfies Without<state.FulfillUpdate, 'kind'>),
  fail: variant(3, fail),
  fail_malformed: variant(4, failMalformed),
  fee: variant(5, { feeratePerKw: u32 } satisfies Without<state.FeeUpdate, 'kind'>),
});
const failedUpdate: Codec<state.FailUpdate | state.FailMalformedUpdate> = union('kind', {
  fail: variant(3, fail),
  fail_malformed: variant(4, failMalformed),
});

const cut: Codec<state.Cut> = storedBySide(u53);
const commitment = struct({ number: u64, cut } satisfies FieldsOf<state.Commitment>);
const base = struct({
  cut,
  balanceMsat: storedBySide(u64),
  htlcs: storedBySide(items(addUpdate)),
  feeratePerKw: u32,
  nextHtlcId: storedBySide(u64),
} satisfies FieldsOf<state.Base>);
const shared = struct({
  base,
  logs: storedBySide(items(update)),
  commitments: storedBySide(
    struct({ current: commitment, next: option(commitment) } satisfies FieldsOf<state.SharedState['commitments']['opener']>),
  ),
} satisfies FieldsOf<state.SharedState>);

const party = struct({
  revocationBasepoint: point,
  paymentBasepoint: point,
  delayedPaymentBasepoint: point,
  htlcBasepoint: point,
  dustLimitSat: u64,
  maxHtlcValueInFlightMsat: u64,
  htlcMinimumMsat: u64,
  toSelfDelay: u16,
  maxAcceptedHtlcs: u16,
  upfrontShutdownScript: option(script),
} satisfies FieldsOf<state.Party>);
const params = struct({
  us: storedSide,
  peer: point,
  temporaryChannelId: channelId,
  keysId: hash32,
  channelType: codec.varBytes(),
  pushMsat: u64,
  initialFeeratePerKw: u32,
  minimumDepth: u32,
  announce: bool,
  anysegwit: bool,
  parties: storedBySide(party),
} satisfies FieldsOf<state.ChannelParams>);
const signatures = struct({ signature, htlcSignatures: items(signature) } satisfies FieldsOf<state.CommitmentSignatures>);
const output = struct({
  txid,
  vout: u16,
  amountSat: u64,
  format: codec.oneOf('static_remotekey', 'anchors'),
  fundingPubkeys: storedBySide(point),
  contributionSat: storedBySide(u64),
  reserveSat: storedBySide(u64),
} satisfies FieldsOf<state.FundingOutput>);
const funding = struct({
  output,
  tx: maybe(storedTx),
  txids: storedBySide(struct({ current: txid, next: maybe(txid) } satisfies FieldsOf<state.CommitmentTxids>)),
  received: signatures,
  receivedNext: maybe(signatures),
  sent: maybe(signatures),
} satisfies FieldsOf<state.Funding>);
const remote = struct({
  currentPoint: point,
  nextPoint: option(point),
  secrets: storedSecrets,
} satisfies FieldsOf<state.RemoteRevocation>);

const pendingMonitor = struct({
  id: u53,
  update: storedMonitorUpdate,
  waiting: items(codec.utf8(MAX_TEXT)),
} satisfies FieldsOf<state.PendingMonitorUpdate>);

type OriginFields<K extends Origin['kind']> = Without<Extract<Origin, { kind: K }>, 'kind'>;
const origin: Codec<Origin> = union('kind', {
  own: variant(1, { paymentId: hex, attempt: u32, part: u32 } satisfies OriginFields<'own'>),
  forward: variant(2, { channelId, htlcId: u64 } satisfies OriginFields<'forward'>),
});

type EventFields<K extends state.ChannelEvent['kind']> = Without<Extract<state.ChannelEvent, { kind: K }>, 'kind'>;
const event: Codec<state.ChannelEvent> = union('kind', {
  payment_sent: variant(1, {
    origin,
    paymentHash: hash32,
    preimage,
    attribution: option(attribution),
  } satisfies EventFields<'payment_sent'>),
  payment_failed: variant(2, {
    origin,
    paymentHash: hash32,
    failure: option(failedUpdate),
  } satisfies EventFields<'payment_failed'>),
  channel_usable: variant(3, {} satisfies EventFields<'channel_usable'>),
  channel_closed: variant(4, { closingTxid: txid } satisfies EventFields<'channel_closed'>),
});

const host = struct({
  offered: items(struct({ id: u64, origin, preimage: maybe(preimage) } satisfies FieldsOf<state.OfferedHtlc>)),
  received: items(
    struct({
      id: u64,
      receivedMs: u53,
      payload: maybe(hex),
      sharedSecret: maybe(hash32),
      answered: maybe(codec.oneOf('fulfill', 'fail', 'fail_malformed')),
    } satisfies FieldsOf<state.ReceivedHtlc>),
  ),
  nextEventId: u53,
  events: items(struct({ id: u53, event } satisfies FieldsOf<state.UnacknowledgedEvent>)),
  toldClose: maybe(txid),
} satisfies FieldsOf<state.HostRecords>);
const durability = struct({
  version: u53,
  nextMonitorId: u53,
  pendingMonitor: items(pendingMonitor),
} satisfies FieldsOf<state.Durability>);
const fundedBase = {
  channelId,
  params,
  fundings: items(funding),
  shared,
  remote,
  lastSent: codec.oneOf('revoke_and_ack', 'commitment_signed'),
  revokedSecret: maybe(secretKey),
  chain: storedView,
  host,
  durability,
} satisfies FieldsOf<state.FundedBase>;

const feeRange = struct({ minFeeSat: u64, maxFeeSat: u64 } satisfies FieldsOf<state.FeeRange>);
type Offer = NonNullable<state.ClosingNegotiation['offered']>;
type PeerOffer = NonNullable<state.ClosingNegotiation['peerOffered']>;
const negotiation = struct({
  offered: option(struct({ feeSat: u64, range: feeRange, unsigned: option(txid) } satisfies FieldsOf<Offer>)),
  peerOffered: option(struct({ feeSat: u64, range: option(feeRange) } satisfies FieldsOf<PeerOffer>)),
} satisfies FieldsOf<state.ClosingNegotiation>);

const awaited = struct({
  message: codec.oneOf('channel_ready', 'revoke_and_ack', 'commitment_signed', 'shutdown', 'closing_signed'),
  number: u64,
  sinceHeight: u32,
} satisfies FieldsOf<state.Awaited>);
const lifecycle = struct({
  connection: codec.oneOf('disconnected', 'reestablishing', 'connected'),
  readySent: bool,
  readyReceived: bool,
  createdHeight: u32,
  awaited: maybe(awaited),
} satisfies FieldsOf<state.Lifecycle>);
const agreed = struct({ feeSat: u64, txid, signature } satisfies FieldsOf<state.AgreedClosing>);
const closing = struct({
  sent: maybe(script),
  received: maybe(script),
  wanted: maybe(script),
  negotiation: maybe(negotiation),
  agreed: maybe(agreed),
  tx: maybe(storedTx),
} satisfies FieldsOf<state.Closing>);
const endSignatures = { nodeSignature: signature, bitcoinSignature: signature };
const policy = struct({
  cltvExpiryDelta: u16,
  htlcMinimumMsat: u64,
  htlcMaximumMsat: u64,
  feeBaseMsat: u32,
  feeProportionalMillionths: u32,
} satisfies FieldsOf<ForwardingPolicy>);
const channelUpdate = struct({
  type: codec.constant('channel_update'),
  signature,
  chainHash: hash32,
  shortChannelId: u64,
  timestamp: u32,
  messageFlags: u8,
  channelFlags: u8,
  cltvExpiryDelta: u16,
  htlcMinimumMsat: u64,
  feeBaseMsat: u32,
  feeProportionalMillionths: u32,
  htlcMaximumMsat: u64,
} satisfies FieldsOf<Omit<ChannelUpdate, 'unknownTlvs'>>);
const announcement = struct({
  own: maybe(struct({ shortChannelId: u64, signatures: maybe(struct(endSignatures)) } satisfies FieldsOf<announced.OwnSignatures>)),
  peers: maybe(struct({ shortChannelId: u64, ...endSignatures } satisfies FieldsOf<announced.PlacedSignatures>)),
  sentFor: maybe(u64),
  askedFor: maybe(u64),
  policy: maybe(policy),
  before: maybe(struct({ policy, untilMs: u53 })),
  update: maybe(channelUpdate),
  unsigned: maybe(channelUpdate),
  peersUpdate: maybe(channelUpdate),
} satisfies FieldsOf<announced.Announcement>);
const failure = struct({
  error: maybe(codec.varBytes()),
  rule: codec.utf8(MAX_TEXT) as Codec<RuleId>,
  reason: codec.utf8(MAX_TEXT),
  stale: bool,
  commitmentToBroadcast: maybe(storedTx),
  height: u32,
} satisfies FieldsOf<state.Failure>);

/** The state itself, behind the version. */
export const channelCodec: Codec<StoredChannel> = union('phase', {
  funded: variant(1, {
    ...fundedBase,
    lifecycle,
    closing,
    announcement,
  } satisfies Without<state.FundedState, 'phase'>),
  failed: variant(2, {
    ...fundedBase,
    failure: failure,
    closing,
  } satisfies Without<state.FailedState, 'phase'>),
});

const versionedChannel = versioned('a channel', VERSION, channelCodec);

/** The state for storage. `decodeChannel` gives an equal one. */
export function encodeChannel(channel: StoredChannel): Uint8Array {
  return codec.encode(versionedChannel, channel);
}

/** The state that `encodeChannel` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodeChannel(bytes: Uint8Array): Result<StoredChannel> {
  return codec.decode(versionedChannel, bytes);
}
