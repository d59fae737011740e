import { hintedChannelCodec } from '../invoice/invoice.ts';
import { paymentSecret } from '../onion/payload.ts';
import * as codec from '../wire/codec.ts';
import type { Codec, Result } from '../wire/codec.ts';
import { items, versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type * as state from './payment.ts';
import type { Payment } from './payment.ts';
import type { Claim, ClaimedPart, Receivable } from './receivable.ts';
import type { ReplayEntry, ReplayIncrement } from './replay-log.ts';

/** How the records of payments stand in bytes: canonical, strict, with a version in front. Any change to a declaration needs a new version. */
export const PAYMENT_VERSION = 1;
export const RECEIVABLE_VERSION = 1;
export const REPLAYS_VERSION = 1;

const { bool, channelId, hash32, maybe, point, preimage, secretKey, struct, u32, u53, u64 } = codec;
const MAX_TEXT = 0xffff;
const name = { attempt: u32, part: u32 };

const recipient = struct({
  nodeId: point,
  paymentSecret: maybe(paymentSecret),
  paymentMetadata: maybe(codec.varBytes()),
  keysendPreimage: maybe(preimage),
  finalCltvDelta: u32,
  routeHints: items(items(hintedChannelCodec)),
  multiPart: bool,
} satisfies FieldsOf<state.Recipient>);
const limits = struct({
  maxFeeMsat: u64,
  maxCltvDelta: u32,
  maxParts: u32,
  maxAttempts: u32,
  timeoutMs: u53,
} satisfies FieldsOf<state.PaymentLimits>);
const hop = struct({ shortChannelId: u64, nodeId: point, amountMsat: u64, cltvExpiry: u32 } satisfies FieldsOf<state.PartHop>);
const part = struct({
  ...name,
  channelId,
  hops: items(hop),
  sessionKey: secretKey,
  sharedSecrets: items(hash32),
} satisfies FieldsOf<state.Part>);
const settled = struct({ ...name, amountMsat: u64, feeMsat: u64 } satisfies FieldsOf<state.SettledPart>);
const learned = struct({
  limits: items(struct({ shortChannelId: u64, from: point, mostMsat: u64 } satisfies FieldsOf<state.ChannelLimit>)),
  nodes: items(point),
} satisfies FieldsOf<state.Learned>);
const reason = struct({
  kind: codec.oneOf('recipient', 'no_route', 'attempts', 'time'),
  detail: codec.utf8(MAX_TEXT),
} satisfies FieldsOf<state.FailureReason>);

/** The record itself, behind the version. */
export const paymentCodec: Codec<Payment> = struct({
  version: u53,
  id: codec.varBytes(),
  paymentHash: hash32,
  recipient,
  amountMsat: u64,
  limits,
  startedMs: u53,
  routesGiven: bool,
  attempts: u32,
  parts: items(part),
  settled: items(settled),
  preimage: maybe(preimage),
  stopped: maybe(reason),
  learned,
} satisfies FieldsOf<Payment>);

const versionedPayment = versioned('a payment', PAYMENT_VERSION, paymentCodec);

/** For storage. `decodePayment` gives an equal one. */
export function encodePayment(payment: Payment): Uint8Array {
  return codec.encode(versionedPayment, payment);
}

/** What `encodePayment` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodePayment(bytes: Uint8Array): Result<Payment> {
  return codec.decode(versionedPayment, bytes);
}

const claim = struct({
  preimage,
  amountMsat: u64,
  parts: items(struct({ channelId, htlcId: u64 } satisfies FieldsOf<ClaimedPart>)),
} satisfies FieldsOf<Claim>);

/** The record itself, behind the version. */
export const receivableCodec: Codec<Receivable> = struct({
  version: u53,
  paymentHash: hash32,
  preimage: maybe(preimage),
  paymentSecret: maybe(paymentSecret),
  paymentMetadata: maybe(codec.varBytes()),
  amountMsat: maybe(u64),
  expiresAtMs: u53,
  minFinalCltvExpiryDelta: u32,
  claimedBy: codec.oneOf('node', 'host'),
  claim: maybe(claim),
} satisfies FieldsOf<Receivable>);

const versionedReceivable = versioned('an invoice', RECEIVABLE_VERSION, receivableCodec);

/** For storage. `decodeReceivable` gives an equal one. */
export function encodeReceivable(receivable: Receivable): Uint8Array {
  return codec.encode(versionedReceivable, receivable);
}

/** What `encodeReceivable` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodeReceivable(bytes: Uint8Array): Result<Receivable> {
  return codec.decode(versionedReceivable, bytes);
}

/** An increment itself, behind the version. */
export const replaysCodec: Codec<ReplayIncrement> = struct({
  version: u53,
  added: items(struct({ key: codec.bytes(16), expiryHeight: u32, channelId, htlcId: u64 } satisfies FieldsOf<ReplayEntry>)),
  cutHeight: u53,
} satisfies FieldsOf<ReplayIncrement>);

const versionedReplays = versioned('a log of replays', REPLAYS_VERSION, replaysCodec);

/** For storage. `decodeReplays` gives an equal one. */
export function encodeReplays(increment: ReplayIncrement): Uint8Array {
  return codec.encode(versionedReplays, increment);
}

/** What `encodeReplays` wrote. Bytes that it would not have written are an error; nothing throws. */
export function decodeReplays(bytes: Uint8Array): Result<ReplayIncrement> {
  return codec.decode(versionedReplays, bytes);
}
