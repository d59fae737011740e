import { refusal } from '../channel/model/violation.ts';
import type { Refusal } from '../channel/model/violation.ts';
import type { Hash32, PublicKey } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import { decodeInvoice } from '../invoice/decode.ts';
import type { Invoice } from '../invoice/invoice.ts';
import { hasFeature } from '../wire/features.ts';
import type { Network } from '../invoice/amount.ts';
import type { PayCommand, PayTo } from './commands.ts';
import { hasEnded, NOTHING_LEARNED } from './payment.ts';
import type { Payment, Recipient } from './payment.ts';

/** What a payer needs to know of its node. */
export interface Payer {
  readonly crypto: Crypto;
  readonly nodeId: PublicKey;
  readonly network: Network | undefined;
  readonly nowMs: number;
}

const MAX_ID_BYTES = 32;
/** Blocks that whoever is paid unasked gets for its HTLC: what most nodes want for an invoice. */
const KEYSEND_FINAL_CLTV_DELTA = 42;

interface Asked {
  readonly paymentHash: Hash32;
  readonly amountMsat: bigint;
  readonly recipient: Recipient;
}

/** A payment begins, or is refused. `known`: all of which a record stands. */
export function begin(payer: Payer, { paymentId: id, to, limits, given, insist }: PayCommand, known: Iterable<Payment>): Payment | Refusal {
  const bytes = id.length / 2;
  if (!/^([0-9a-f]{2})+$/.test(id) || bytes > MAX_ID_BYTES)
    return refusal('pay.payment_id', `lower-case hex of 1 to ${MAX_ID_BYTES} bytes`);
  const asked = whatIsAsked(payer, to);
  if ('rule' in asked) return asked;
  const { paymentHash, recipient, amountMsat } = asked;
  for (const other of known) {
    if (other.id === id) return refusal('pay.id_in_use', 'there is a payment of this name');
    const isOpen = other.preimage !== undefined || other.stopped === undefined || other.parts.length > 0;
    if (insist !== true && other.paymentHash === paymentHash && isOpen)
      return refusal('pay.hash_in_use', `payment ${other.id} is pending or paid`);
  }
  if (recipient.nodeId === payer.nodeId) return refusal('pay.to_self', 'the recipient is this node');
  return {
    version: 0,
    id,
    paymentHash,
    recipient,
    amountMsat,
    limits,
    startedMs: payer.nowMs,
    routesGiven: given !== undefined,
    attempts: 0,
    parts: [],
    settled: [],
    preimage: undefined,
    stopped: undefined,
    learned: NOTHING_LEARNED,
  };
}

function whatIsAsked(payer: Payer, to: PayTo): Asked | Refusal {
  const { crypto } = payer;
  switch (to.kind) {
    case 'keysend': {
      const { nodeId, preimage, amountMsat } = to;
      if (amountMsat <= 0n) return refusal('pay.amount', 'must be greater than 0');
      const recipient: Recipient = {
        nodeId,
        paymentSecret: undefined,
        paymentMetadata: undefined,
        keysendPreimage: preimage,
        finalCltvDelta: KEYSEND_FINAL_CLTV_DELTA,
        routeHints: [],
        multiPart: false,
      };
      return { paymentHash: sha256Hex(crypto, preimage), amountMsat, recipient };
    }
    case 'invoice': {
      const decoded = decodeInvoice(crypto, to.text);
      return decoded.ok ? ofInvoice(payer, decoded.invoice, to.amountMsat) : refusal(decoded.rule, decoded.detail);
    }
  }
}

function ofInvoice({ network, nowMs }: Payer, invoice: Invoice, wantedMsat: bigint | undefined): Asked | Refusal {
  if (invoice.network !== network) return refusal('pay.network', `an invoice of ${invoice.network}`);
  if (nowMs >= (invoice.timestamp + invoice.expirySeconds) * 1000) return refusal('pay.invoice_expired', 'ask for another one');
  const amountMsat = wantedMsat ?? invoice.amountMsat;
  if (amountMsat === undefined) return refusal('pay.amount', 'the invoice leaves the amount to its payer');
  const asksFor = invoice.amountMsat ?? amountMsat;
  if (amountMsat <= 0n || amountMsat < asksFor || amountMsat > 2n * asksFor)
    return refusal('pay.amount', `${amountMsat} msat, the invoice asks for ${asksFor}`);
  const { payee: nodeId, paymentHash, paymentSecret, paymentMetadata, minFinalCltvExpiryDelta: finalCltvDelta, routeHints } = invoice;
  const multiPart = hasFeature(invoice.features, 'basic_mpp');
  const recipient = { nodeId, paymentSecret, paymentMetadata, keysendPreimage: undefined, finalCltvDelta, routeHints, multiPart };
  return { paymentHash, amountMsat, recipient };
}

/** Whether a router's answer is wanted: `asked` says that the node has asked. */
export function awaited(payment: Payment | undefined, asked: boolean): Payment | Refusal {
  if (payment === undefined) return unknown();
  return asked ? payment : refusal('pay.not_asked', 'no route was asked for');
}

/** Whether its record may go: `quiet` says that nothing of it waits for a store. What is not durable would come back as if it had not been. */
export function forgettable(payment: Payment | undefined, quiet: boolean): Refusal | undefined {
  if (payment === undefined) return unknown();
  return hasEnded(payment) && quiet ? undefined : refusal('pay.not_ended', 'it may still be paid');
}

function unknown(): Refusal {
  return refusal('pay.no_such_payment', 'there is none of this name');
}
