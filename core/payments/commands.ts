import type { Hash32, Hex, Preimage, PublicKey } from '../crypto/bytes.ts';
import type { Description, RouteHint } from '../invoice/invoice.ts';
import type { TlvRecord } from '../wire/codec.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import type { Route } from '../routing/route.ts';
import type { Learned, FailureReason, PaymentLimits, SettledPart } from './payment.ts';

/** What a host asks of a node that deals with payments, and what it is told. Amounts in millisatoshis. */

export type PaymentCommand =
  | PayCommand
  | RouteCommand
  | { readonly kind: 'no_route'; readonly paymentId: Hex; readonly why: string }
  /** Only of one that has ended: until then its record stands, and its name is taken. */
  | { readonly kind: 'forget_payment'; readonly paymentId: Hex }
  | CreateInvoiceCommand
  /** Takes what was said to be claimable: all parts of it, for good. */
  | { readonly kind: 'claim'; readonly paymentHash: Hash32; readonly preimage: Preimage }
  /** Does not want it: every part is failed, and its payer told nothing that a wrong secret would not tell. */
  | { readonly kind: 'decline_payment'; readonly paymentHash: Hash32 }
  /** Only of one that is not being paid, or has been, with every part claimed. */
  | { readonly kind: 'forget_invoice'; readonly paymentHash: Hash32 };

/** Pays, once: its end is told as an outcome, again after each restart until it is forgotten. */
export interface PayCommand {
  readonly kind: 'pay';
  /** At most 32 bytes, and not that of another payment that is still known. */
  readonly paymentId: Hex;
  readonly to: PayTo;
  readonly limits: PaymentLimits;
  /** The only routes to try. Absent where a router is to be asked (`ask_route`). */
  readonly given?: GivenRoutes;
  /** Pays although another payment of the same hash is pending or paid. */
  readonly insist?: boolean;
}
export type PayTo =
  /** BOLT 11. `amountMsat`: where the invoice leaves it to the payer, or to pay more, at most twice as much. */
  | { readonly kind: 'invoice'; readonly text: string; readonly amountMsat?: bigint }
  /** bLIP 3: `preimage` is fresh randomness. */
  | { readonly kind: 'keysend'; readonly nodeId: PublicKey; readonly preimage: Preimage; readonly amountMsat: bigint };

export interface GivenRoutes {
  /** Together they carry all that is missing. */
  readonly routes: readonly Route[];
  /** Fresh: session keys come from it, and it is never used again. */
  readonly randomness: Hash32;
}
export interface RouteCommand extends GivenRoutes {
  readonly kind: 'route';
  readonly paymentId: Hex;
}

/** What a node asks its router: answered by the command `route` or `no_route`, sooner or later. Asked again after a restart. */
export interface RouteQuestion {
  readonly from: PublicKey;
  readonly to: PublicKey;
  /** To be carried by at most `maxParts` routes together. */
  readonly amountMsat: bigint;
  readonly maxParts: number;
  readonly finalCltvDelta: number;
  readonly maxFeeMsat: bigint;
  readonly maxCltvDelta: number;
  readonly routeHints: readonly RouteHint[];
  /** The node's own channels as they are now: what isn't here can't be used. */
  readonly channels: readonly OwnChannel[];
  /** What this payment has learned, what its parts in flight take of channels included. */
  readonly learned: Learned;
}
export interface OwnChannel {
  readonly shortChannelId: bigint;
  readonly peer: PublicKey;
  readonly minMsat: bigint;
  readonly maxMsat: bigint;
}

export interface CreateInvoiceCommand {
  readonly kind: 'create_invoice';
  /** With the preimage the node can claim by itself; with its hash alone the host brings it later. */
  readonly secret: { readonly preimage: Preimage } | { readonly paymentHash: Hash32 };
  /** Fresh randomness. */
  readonly paymentSecret: PaymentSecret;
  /** Absent where the payer chooses. */
  readonly amountMsat?: bigint;
  readonly description: Description;
  readonly expirySeconds: number;
  readonly minFinalCltvExpiryDelta: number;
  readonly routeHints?: readonly RouteHint[];
  readonly paymentMetadata?: Hex;
  /** `node`: claims as soon as all parts are there; it needs the preimage. `host`: says that it can be claimed, and waits. */
  readonly claimedBy: 'node' | 'host';
}

/** What a node tells of its payments, once it is durable; again after a restart, until the record is deleted. */
export type PaymentEvent =
  /** At the first preimage. */
  | {
      readonly kind: 'paid';
      readonly paymentId: Hex;
      readonly paymentHash: Hash32;
      readonly preimage: Preimage;
      readonly spentMsat: bigint;
      readonly inFlightMsat: bigint;
    }
  /** It was paid, and nothing of it is in flight any more. */
  | {
      readonly kind: 'settled';
      readonly paymentId: Hex;
      readonly paymentHash: Hash32;
      readonly preimage: Preimage;
      readonly feeMsat: bigint;
      readonly parts: readonly SettledPart[];
    }
  | { readonly kind: 'failed'; readonly paymentId: Hex; readonly paymentHash: Hash32; readonly reason: FailureReason }
  /** Its secrets are durable: it may be shown to a payer. */
  | { readonly kind: 'invoice'; readonly paymentHash: Hash32; readonly text: string }
  /** All parts are there: the host answers `claim` or `decline_payment`, before the chain has this height. */
  | {
      readonly kind: 'claimable';
      readonly paymentHash: Hash32;
      readonly amountMsat: bigint;
      readonly parts: number;
      readonly deadlineHeight: number;
      readonly customRecords: readonly TlvRecord[];
    }
  /** It is ours: the decision to claim all of it is durable. */
  | { readonly kind: 'received'; readonly paymentHash: Hash32; readonly preimage: Preimage; readonly amountMsat: bigint };

const KINDS: Readonly<Record<PaymentCommand['kind'], true>> = {
  pay: true,
  route: true,
  no_route: true,
  forget_payment: true,
  create_invoice: true,
  claim: true,
  decline_payment: true,
  forget_invoice: true,
};

/** Apart from the commands that are for one channel. */
export function isPaymentCommand(command: { readonly kind: string }): command is PaymentCommand {
  return Object.hasOwn(KINDS, command.kind);
}
