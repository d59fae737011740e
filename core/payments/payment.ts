import type { ChannelId, Hash32, Hex, Preimage, PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { RouteHint } from '../invoice/invoice.ts';
import type { PaymentSecret } from '../onion/payload.ts';

/** A payment of our own: the record that its node keeps of it until its host deletes it. A value; nothing in it grows beyond its own limits. */
export interface Payment {
  /** Of the newest store. */
  readonly version: number;
  /** The host's name for it, at most 32 bytes. */
  readonly id: Hex;
  readonly paymentHash: Hash32;
  readonly recipient: Recipient;
  /** What the recipient is to have, in millisatoshis. */
  readonly amountMsat: bigint;
  readonly limits: PaymentLimits;
  /** Wall time at which it was asked for. */
  readonly startedMs: number;
  /** Its host has named the routes, and no others are tried. */
  readonly routesGiven: boolean;
  /** How many attempts were begun. */
  readonly attempts: number;
  /** In flight: each ends with its HTLC, and with nothing else. */
  readonly parts: readonly Part[];
  /** Paid for. */
  readonly settled: readonly SettledPart[];
  readonly preimage: Preimage | undefined;
  /** Why nothing more is tried; it has failed once no part is in flight. */
  readonly stopped: FailureReason | undefined;
  readonly learned: Learned;
}

/** Whom a payment is for, as far as its payer knows. */
export interface Recipient {
  readonly nodeId: PublicKey;
  /** Absent only where the payer has made the preimage. */
  readonly paymentSecret: PaymentSecret | undefined;
  readonly paymentMetadata: Hex | undefined;
  /** bLIP 3. */
  readonly keysendPreimage: Preimage | undefined;
  /** Blocks that it wants for the last HTLC. */
  readonly finalCltvDelta: number;
  readonly routeHints: readonly RouteHint[];
  /** It takes a payment in parts (basic_mpp). */
  readonly multiPart: boolean;
}

/** They hold over all attempts. */
export interface PaymentLimits {
  readonly maxFeeMsat: bigint;
  /** Blocks from the payer to the recipient, the recipient's own included. */
  readonly maxCltvDelta: number;
  /** In flight at once. */
  readonly maxParts: number;
  readonly maxAttempts: number;
  /** Wall time after which nothing more is tried. What is in flight then goes on. */
  readonly timeoutMs: number;
}

export const DEFAULT_PAYMENT_LIMITS: Omit<PaymentLimits, 'maxFeeMsat'> = {
  maxCltvDelta: 1008,
  maxParts: 16,
  maxAttempts: 20,
  timeoutMs: 60_000,
};

/** One HTLC: `attempt` and `part` name it, as its origin does. Durable before a signature covers it. */
export interface Part {
  readonly attempt: number;
  readonly part: number;
  /** The channel that it leaves by. */
  readonly channelId: ChannelId;
  /** In the order of the route, this node's own channel first. */
  readonly hops: readonly PartHop[];
  /** Never used for another onion. */
  readonly sessionKey: SecretKey;
  /** One a hop: with them failures are read. */
  readonly sharedSecrets: readonly Hash32[];
}

/** What the HTLC of this channel carries, until when, and to whom. */
export interface PartHop {
  readonly shortChannelId: bigint;
  readonly nodeId: PublicKey;
  readonly amountMsat: bigint;
  readonly cltvExpiry: number;
}

export interface SettledPart {
  readonly attempt: number;
  readonly part: number;
  /** What reached the recipient. */
  readonly amountMsat: bigint;
  readonly feeMsat: bigint;
}

/** What failures have taught, for the retries of this payment alone. */
export interface Learned {
  /** A channel, from its end at `from`, carries this and no more. */
  readonly limits: readonly ChannelLimit[];
  /** Nodes to go around. */
  readonly nodes: readonly PublicKey[];
}
export interface ChannelLimit {
  readonly shortChannelId: bigint;
  readonly from: PublicKey;
  readonly mostMsat: bigint;
}
export const NOTHING_LEARNED: Learned = { limits: [], nodes: [] };

/** Why a payment has failed, for a person. */
export interface FailureReason {
  readonly kind: 'recipient' | 'no_route' | 'attempts' | 'time';
  readonly detail: string;
}

export type PaymentOutcome =
  | { readonly kind: 'pending' }
  /** Its preimage is known. `spentMsat` so far, fees included; `inFlightMsat` may be spent still. */
  | { readonly kind: 'paid'; readonly preimage: Preimage; readonly spentMsat: bigint; readonly inFlightMsat: bigint }
  | { readonly kind: 'failed'; readonly reason: FailureReason };

export function outcomeOf({ preimage, settled, parts, stopped }: Payment): PaymentOutcome {
  if (preimage !== undefined) {
    const spentMsat = settled.reduce((sum, { amountMsat, feeMsat }) => sum + amountMsat + feeMsat, 0n);
    return { kind: 'paid', preimage, spentMsat, inFlightMsat: parts.reduce((sum, part) => sum + sentMsat(part), 0n) };
  }
  return stopped === undefined || parts.length > 0 ? { kind: 'pending' } : { kind: 'failed', reason: stopped };
}

/** Nothing of it is in flight, and nothing will be. */
export function hasEnded(payment: Payment): boolean {
  return payment.parts.length === 0 && (payment.preimage !== undefined || payment.stopped !== undefined);
}

/** What its first HTLC carries. */
export function sentMsat({ hops }: Part): bigint {
  return (hops[0] as PartHop).amountMsat;
}

/** What its last one carries. */
export function deliveredMsat({ hops }: Part): bigint {
  return (hops.at(-1) as PartHop).amountMsat;
}

export function feeMsatOf(part: Part): bigint {
  return sentMsat(part) - deliveredMsat(part);
}

/** Fees of all that is paid or may be. */
export function committedFeeMsat({ parts, settled }: Payment): bigint {
  return parts.reduce((sum, part) => sum + feeMsatOf(part), 0n) + settled.reduce((sum, { feeMsat }) => sum + feeMsat, 0n);
}

/** What is still to be sent: nothing once the parts in flight reach the total (BOLT 4, Basic Multi-Part Payments), or it has ended otherwise. */
export function missingMsat({ amountMsat, parts, preimage, stopped }: Payment): bigint {
  if (preimage !== undefined || stopped !== undefined) return 0n;
  return amountMsat - parts.reduce((sum, part) => sum + deliveredMsat(part), 0n);
}

export function partNamed({ parts }: Payment, { attempt, part }: Pick<Part, 'attempt' | 'part'>): Part | undefined {
  return parts.find((known) => known.attempt === attempt && known.part === part);
}

function without({ parts }: Payment, gone: Part): readonly Part[] {
  return parts.filter((part) => part !== gone);
}

/** The recipient has it. */
export function settle(payment: Payment, part: Part, preimage: Preimage): Payment {
  const { attempt, part: number } = part;
  const settled: SettledPart = { attempt, part: number, amountMsat: deliveredMsat(part), feeMsat: feeMsatOf(part) };
  return { ...payment, parts: without(payment, part), settled: [...payment.settled, settled], preimage: payment.preimage ?? preimage };
}

/** It came to nothing. What follows from that is for the last attempt to end the payment, or for another to begin. */
export function fail(payment: Payment, part: Part, learned: Learned, fatal: FailureReason | undefined): Payment {
  const parts = without(payment, part);
  const { preimage, limits, attempts, routesGiven } = payment;
  const isLast = routesGiven || attempts >= limits.maxAttempts;
  const last: FailureReason | undefined = isLast ? { kind: 'attempts', detail: `after ${attempts} attempts` } : undefined;
  return { ...payment, parts, learned, stopped: preimage === undefined ? (payment.stopped ?? fatal ?? last) : undefined };
}

/** Nothing more is tried. */
export function stop(payment: Payment, reason: FailureReason): Payment {
  return payment.preimage !== undefined || payment.stopped !== undefined ? payment : { ...payment, stopped: reason };
}
