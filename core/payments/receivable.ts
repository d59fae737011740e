import { refusal } from '../channel/model/violation.ts';
import type { Refusal } from '../channel/model/violation.ts';
import type { ChannelId, Hash32, Hex, Preimage } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { InvoiceDetails } from '../invoice/create.ts';
import type { Network } from '../invoice/amount.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import { makeFeatures } from '../wire/features.ts';
import type { CreateInvoiceCommand } from './commands.ts';

/** What may be paid to this node, by its payment hash: the record that it keeps of it until its host deletes it. */
export interface Receivable {
  /** Of the newest store. */
  readonly version: number;
  readonly paymentHash: Hash32;
  /** Undefined where the host brings it to claim. */
  readonly preimage: Preimage | undefined;
  /** Undefined only of what was paid unasked (keysend). */
  readonly paymentSecret: PaymentSecret | undefined;
  readonly paymentMetadata: Hex | undefined;
  /** Undefined where the payer chooses. In millisatoshis. */
  readonly amountMsat: bigint | undefined;
  /** Wall time. */
  readonly expiresAtMs: number;
  readonly minFinalCltvExpiryDelta: number;
  readonly claimedBy: 'node' | 'host';
  /** The decision to claim: made once, for all parts and for good. */
  readonly claim: Claim | undefined;
}

export interface Claim {
  readonly preimage: Preimage;
  readonly amountMsat: bigint;
  readonly parts: readonly ClaimedPart[];
}
/** An incoming HTLC. */
export interface ClaimedPart {
  readonly channelId: ChannelId;
  readonly htlcId: bigint;
}

/** What the node offers in each of its invoices. */
const FEATURES = makeFeatures({ var_onion_optin: 'compulsory', payment_secret: 'compulsory', basic_mpp: 'optional' });

export interface NewInvoice {
  readonly record: Receivable;
  readonly details: InvoiceDetails;
}

/** What the host asks for, as a record and as an invoice; or why not. `nowMs`: wall time. */
export function newInvoice(
  crypto: Crypto,
  network: Network | undefined,
  nowMs: number,
  command: CreateInvoiceCommand,
): NewInvoice | Refusal {
  const { secret, paymentSecret, paymentMetadata, amountMsat, description, expirySeconds, minFinalCltvExpiryDelta, claimedBy } = command;
  if (network === undefined) return refusal('receive.invoice', 'no invoice has a name for this chain');
  const preimage = 'preimage' in secret ? secret.preimage : undefined;
  if (claimedBy === 'node' && preimage === undefined) return refusal('receive.needs_preimage', 'there is none');
  const paymentHash = 'preimage' in secret ? sha256Hex(crypto, secret.preimage) : secret.paymentHash;
  const timestamp = Math.floor(nowMs / 1000);
  const expiresAtMs = (timestamp + expirySeconds) * 1000;
  const common = { paymentHash, paymentSecret, paymentMetadata, amountMsat, minFinalCltvExpiryDelta };
  const routeHints = command.routeHints ?? [];
  return {
    record: { ...common, version: 0, preimage, expiresAtMs, claimedBy, claim: undefined },
    details: { ...common, network, timestamp, expirySeconds, description, features: FEATURES, routeHints, fallbacks: [] },
  };
}

/** Details that no invoice can hold. */
export function uninvoiced(detail: string): Refusal {
  return refusal('receive.invoice', detail);
}

/** The hash is free for another invoice. */
export function hashInUse(known: Receivable | undefined): Refusal | undefined {
  return known && refusal('receive.hash_in_use', 'there is an invoice of this hash');
}

/** What was paid unasked: the payer has made the preimage, and the record begins with the decision. */
export function spontaneous(paymentHash: Hash32, preimage: Preimage): Receivable {
  return {
    version: 0,
    paymentHash,
    preimage,
    paymentSecret: undefined,
    paymentMetadata: undefined,
    amountMsat: undefined,
    expiresAtMs: 0,
    minFinalCltvExpiryDelta: 0,
    claimedBy: 'node',
    claim: undefined,
  };
}

/** Whether it can be claimed with this. `isComplete`: all parts are there. */
export function claimable(crypto: Crypto, known: Receivable | undefined, isComplete: boolean, preimage: Preimage): Receivable | Refusal {
  if (known === undefined) return unknown();
  if (!isComplete || known.claim !== undefined) return refusal('receive.not_claimable', 'not all parts are there, or no more');
  if (sha256Hex(crypto, preimage) !== known.paymentHash) return refusal('receive.preimage', 'does not hash to the payment hash');
  return known;
}

/** Whether it can be declined. */
export function declinable(known: Receivable | undefined, isComplete: boolean): Receivable | Refusal {
  if (known === undefined) return unknown();
  return isComplete ? known : refusal('receive.not_claimable', 'not all parts are there, or no more');
}

/** Whether its record may go. `busy`: parts of it are here, or claimed and not gone, or it waits for a store. */
export function deletable(known: Receivable | undefined, busy: boolean): Refusal | undefined {
  if (known === undefined) return unknown();
  return busy ? refusal('receive.in_use', 'parts of it are here, or are being claimed') : undefined;
}

function unknown(): Refusal {
  return refusal('receive.no_such_invoice', 'there is none of this hash');
}
