import type { Hash32, Hex, PublicKey } from '../crypto/bytes.ts';
import { toHex } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import { decode } from '../wire/codec.ts';
import { minimalFeatures, missingDependencies, unknownEven } from '../wire/features.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { readHumanReadablePart } from './amount.ts';
import { readFallback } from './fallback.ts';
import { DEFAULT_EXPIRY_SECONDS, DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA, FIELD, HASH_WORDS, KEY_WORDS, routeHintCodec } from './invoice.ts';
import type { Description, Invoice, RouteHint } from './invoice.ts';
import { readRaw, signingHash } from './raw.ts';
import type { RawInvoice } from './raw.ts';
import { refused } from './rules.ts';
import type { Refused } from './rules.ts';
import { numberOf, paddedBytes, wholeBytes } from './words.ts';
import type { Words } from './words.ts';

/** Every field of a type, in order; of a fixed length, only those that have it. */
function fieldsOf({ fields }: RawInvoice, type: number, length?: number): readonly Words[] {
  return fields.filter((field) => field.type === type && (length === undefined || field.words.length === length)).map(({ words }) => words);
}

/**
 * BOLT 11, the reader: what an invoice says, or the rule that it breaks. Whether it has expired, and what its features ask for, is for the payer to judge.
 *
 * BOLT 11 has the reader fail on `p`, `h`, `s` or `n` of a wrong length, and a valid example of the same BOLT has all of them beside right ones, and an `n` without:
 * they are passed over, and the invoice fails for what it lacks then.
 */
export function decodeInvoice(crypto: Crypto, text: string): { readonly ok: true; readonly invoice: Invoice } | Refused {
  const raw = readRaw(text);
  if (!raw.ok) return raw;
  const readable = readHumanReadablePart(raw.humanReadablePart);
  if (!readable.ok) return readable;
  const [hash] = fieldsOf(raw, FIELD.p, HASH_WORDS);
  if (hash === undefined) return refused('invoice.payment_hash', 'none of 52 words');
  const [secret] = fieldsOf(raw, FIELD.s, HASH_WORDS);
  if (secret === undefined) return refused('invoice.payment_secret', 'none of 52 words');
  const description = descriptionOf(raw);
  if ('rule' in description) return description;
  const numbers = numbersOf(raw);
  if ('rule' in numbers) return numbers;
  const payee = payeeOf(crypto, raw);
  if (typeof payee !== 'string') return payee;
  const [metadata] = fieldsOf(raw, FIELD.m);
  const invoice: Invoice = {
    network: readable.network,
    amountMsat: readable.amountMsat,
    timestamp: raw.timestamp,
    expirySeconds: numbers.expirySeconds,
    paymentHash: toHex<Hash32>(wholeBytes(hash)),
    paymentSecret: toHex<PaymentSecret>(wholeBytes(secret)),
    description,
    paymentMetadata: metadata && toHex(wholeBytes(metadata)),
    minFinalCltvExpiryDelta: numbers.minFinalCltvExpiryDelta,
    features: numbers.features,
    routeHints: routeHintsOf(crypto, raw),
    fallbacks: fieldsOf(raw, FIELD.f).flatMap((words) => readFallback(words) ?? []),
    payee,
  };
  return { ok: true, invoice };
}

function descriptionOf(raw: RawInvoice): Description | Refused {
  const [text] = fieldsOf(raw, FIELD.d);
  const [hash] = fieldsOf(raw, FIELD.h, HASH_WORDS);
  if ((text === undefined) === (hash === undefined))
    return refused('invoice.description', text === undefined ? 'neither d nor h' : 'both d and h');
  if (hash !== undefined) return { hash: toHex<Hash32>(wholeBytes(hash)) };
  const decoded = utf8Decode(wholeBytes(text ?? []));
  return decoded === undefined ? refused('invoice.utf8', 'malformed UTF-8') : { text: decoded };
}

/** BOLT 11: the fields whose words are a number or a bitmap, which begins with no zero. */
function numbersOf(raw: RawInvoice): Pick<Invoice, 'expirySeconds' | 'minFinalCltvExpiryDelta' | 'features'> | Refused {
  const [expiry] = fieldsOf(raw, FIELD.x);
  const [delta] = fieldsOf(raw, FIELD.c);
  const [bitmap] = fieldsOf(raw, FIELD.features);
  for (const words of [expiry, delta, bitmap])
    if (words?.[0] === 0) return refused('invoice.non_minimal', 'a number or bitmap begins with zero');
  const expirySeconds = expiry === undefined ? DEFAULT_EXPIRY_SECONDS : numberOf(expiry);
  const minFinalCltvExpiryDelta = delta === undefined ? DEFAULT_MIN_FINAL_CLTV_EXPIRY_DELTA : numberOf(delta);
  if (expirySeconds === undefined || minFinalCltvExpiryDelta === undefined) return refused('invoice.number_too_large', 'beyond 53 bits');
  const features = featuresOf(bitmap ?? []);
  const [unknown] = unknownEven(features);
  if (unknown !== undefined) return refused('invoice.unknown_feature', `bit ${unknown}`);
  const [missing] = missingDependencies(features);
  if (missing !== undefined) return refused('invoice.feature_dependency', `${missing.feature} needs ${missing.needs}`);
  return { expirySeconds, minFinalCltvExpiryDelta, features };
}

/** The last bit of the last word is bit 0: padding stands in front. */
function featuresOf(words: Words): Hex {
  // Eight words are five bytes.
  const zeros = Array.from({ length: (8 - (words.length % 8)) % 8 }, () => 0);
  return minimalFeatures(toHex(paddedBytes([...zeros, ...words])));
}

function routeHintsOf(crypto: Crypto, raw: RawInvoice): readonly RouteHint[] {
  return fieldsOf(raw, FIELD.r).flatMap((words) => {
    const hint = decode(routeHintCodec, wholeBytes(words));
    const isUsable = hint.ok && hint.value.length > 0 && hint.value.every(({ nodeId }) => crypto.isValidPublicKey(nodeId));
    return isUsable ? [hint.value] : [];
  });
}

/** BOLT 11, `n` and the signature: the key that the invoice names must have signed it with low S; where it names none, whoever signed is the payee. */
function payeeOf(crypto: Crypto, raw: RawInvoice): PublicKey | Refused {
  const digest = signingHash(crypto, raw);
  const [named] = fieldsOf(raw, FIELD.n, KEY_WORDS);
  if (named !== undefined) {
    const payee = toHex<PublicKey>(wholeBytes(named));
    const isSigner = crypto.isValidPublicKey(payee) && crypto.verify(raw.signature, digest, payee);
    return isSigner ? payee : refused('invoice.signature', `not of ${payee} with low S`);
  }
  const payee = crypto.recover(raw.signature, raw.recoveryId, digest);
  return payee ?? refused('invoice.signature', 'no key can be recovered');
}

/** BOLT 11: whether this is the text whose hash the invoice has, or which it has itself. */
export function describes(crypto: Crypto, { description }: Invoice, text: string): boolean {
  if ('text' in description) return description.text === text;
  return sha256Hex(crypto, toHex(utf8Encode(text))) === description.hash;
}
