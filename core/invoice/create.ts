import type { Hash32, Hex, PublicKey, Signature } from '../crypto/bytes.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { encode } from '../wire/codec.ts';
import { featureBits } from '../wire/features.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { writeHumanReadablePart } from './amount.ts';
import { writeFallback } from './fallback.ts';
import { FIELD, routeHintCodec } from './invoice.ts';
import type { Invoice } from './invoice.ts';
import { MAX_INVOICE_LENGTH, signingHash, writeRaw } from './raw.ts';
import type { TaggedField } from './raw.ts';
import { toWords, wordsOf } from './words.ts';

/** Who signs: the payee's node key, which may lie elsewhere. */
export interface InvoiceSigner {
  readonly payee: PublicKey;
  /** Low S (`Crypto.sign`). */
  sign(digest: Hash32): Signature;
}

/** What the payee says; it is named by its signature. */
export type InvoiceDetails = Omit<Invoice, 'payee'>;

const RECOVERY_IDS = [0, 1, 2, 3];

/**
 * BOLT 11, the writer: an invoice as text, in lower case. Throws a RangeError for details that no invoice can hold: no amount of bitcoin, a field beyond 639 bytes,
 * malformed text, a route hint without hops, more than 7,089 characters; and for a signer whose signature is not the payee's.
 */
export function createInvoice(crypto: Crypto, signer: InvoiceSigner, details: InvoiceDetails): string {
  const unsigned = { humanReadablePart: writeHumanReadablePart(details), timestamp: details.timestamp, fields: fieldsOf(details) };
  const digest = signingHash(crypto, unsigned);
  const signature = signer.sign(digest);
  const recoveryId = RECOVERY_IDS.find((id) => crypto.recover(signature, id, digest) === signer.payee);
  if (recoveryId === undefined) throw new RangeError("the signature is not the payee's");
  const text = writeRaw({ ...unsigned, signature, recoveryId });
  if (text.length > MAX_INVOICE_LENGTH) throw new RangeError(`an invoice of ${text.length} characters, at most ${MAX_INVOICE_LENGTH}`);
  return text;
}

function fieldsOf(details: InvoiceDetails): readonly TaggedField[] {
  const { description, paymentMetadata, features, routeHints, fallbacks } = details;
  const field = (type: number, words: readonly number[]): TaggedField => ({ type, words });
  const bytes = (type: number, hex: Hex): TaggedField => field(type, toWords(fromHex(hex)));
  if (routeHints.some((hint) => hint.length === 0)) throw new RangeError('a route hint has hops');
  return [
    bytes(FIELD.s, details.paymentSecret),
    bytes(FIELD.p, details.paymentHash),
    'text' in description ? field(FIELD.d, toWords(utf8Encode(description.text))) : bytes(FIELD.h, description.hash),
    ...(paymentMetadata === undefined ? [] : [bytes(FIELD.m, paymentMetadata)]),
    field(FIELD.x, wordsOf(details.expirySeconds)),
    field(FIELD.c, wordsOf(details.minFinalCltvExpiryDelta)),
    ...fallbacks.map((fallback) => field(FIELD.f, writeFallback(fallback))),
    ...routeHints.map((hint) => field(FIELD.r, toWords(encode(routeHintCodec, hint)))),
    ...(featureBits(features).length === 0 ? [] : [field(FIELD.features, bitmapWords(features))]),
  ];
}

/** As few words as hold the highest bit. */
function bitmapWords(features: Hex): readonly number[] {
  const bits = featureBits(features);
  const words = Array.from({ length: Math.floor((bits.at(-1) ?? 0) / 5) + 1 }, () => 0);
  for (const bit of bits) {
    const at = words.length - 1 - Math.floor(bit / 5);
    words[at] = (words[at] as number) | (1 << (bit % 5));
  }
  return words;
}
