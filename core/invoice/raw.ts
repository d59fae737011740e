import { bech32 } from '@scure/base';
import type { Hash32, Signature } from '../crypto/bytes.ts';
import { ascii, toHex } from '../crypto/bytes.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { numberOf, paddedBytes, toWords, wholeBytes, wordsOf } from './words.ts';
import type { Words } from './words.ts';
import type { Refused } from './rules.ts';
import { refused } from './rules.ts';

/** BOLT 11, Tagged Fields: a type of five bits, and its data as it stands. */
export interface TaggedField {
  readonly type: number;
  readonly words: Words;
}

/** An invoice taken apart, and nothing judged: writing it gives the same text (in lower case). */
export interface RawInvoice {
  readonly humanReadablePart: string;
  /** Seconds since 1970, 35 bits. */
  readonly timestamp: number;
  readonly fields: readonly TaggedField[];
  readonly signature: Signature;
  /** As it came, which may be none of 0 to 3. */
  readonly recoveryId: number;
}

/** BOLT 11 knows no limit; a QR code holds 7,089 digits at most. Whoever reads one, reads it whole. */
export const MAX_INVOICE_LENGTH = 7089;
const TIMESTAMP_WORDS = 7;
const SIGNATURE_WORDS = 104;
const MAX_FIELD_WORDS = 1023;
/** BIP 173: one separator at least, then data whose last six are the checksum. */
const FORM = /^[\x21-\x7e]+1[02-9ac-hj-np-z]{6,}$/;

/** BOLT 11, Encoding Overview and Data Part. */
export function readRaw(text: string): ({ readonly ok: true } & RawInvoice) | Refused {
  if (text.length > MAX_INVOICE_LENGTH) return refused('invoice.too_long', `${text.length} characters`);
  const lower = text.toLowerCase();
  const oneCase = text === lower || text === text.toUpperCase();
  if (!oneCase || !FORM.test(lower)) return refused('invoice.bech32', oneCase ? 'no bech32 string' : 'upper and lower case');
  const decoded = bech32.decodeUnsafe(lower, false);
  if (!decoded) return refused('invoice.checksum', 'another checksum than was computed');
  const { prefix: humanReadablePart, words } = decoded;
  const end = words.length - SIGNATURE_WORDS;
  if (end < TIMESTAMP_WORDS) return refused('invoice.too_short', `${words.length} words`);
  const fields = readFields(words.slice(TIMESTAMP_WORDS, end));
  if (fields === undefined) return refused('invoice.field_beyond', 'a field is longer than what is left');
  const signature = wholeBytes(words.slice(end));
  return {
    ok: true,
    humanReadablePart,
    timestamp: numberOf(words.slice(0, TIMESTAMP_WORDS)) as number,
    fields,
    signature: toHex<Signature>(signature.subarray(0, 64)),
    recoveryId: signature[64] as number,
  };
}

function readFields(words: Words): readonly TaggedField[] | undefined {
  const fields: TaggedField[] = [];
  for (let at = 0; at < words.length;) {
    const [type, high, low] = words.slice(at, at + 3);
    if (type === undefined || high === undefined || low === undefined) return undefined;
    const start = at + 3;
    at = start + high * 32 + low;
    if (at > words.length) return undefined;
    fields.push({ type, words: words.slice(start, at) });
  }
  return fields;
}

type Unsigned = Pick<RawInvoice, 'humanReadablePart' | 'timestamp' | 'fields'>;

/** Throws a RangeError for a time beyond 35 bits, and for a field beyond 1023 words (639 bytes). */
function signedWords({ timestamp, fields }: Unsigned): number[] {
  const words = wordsOf(timestamp, TIMESTAMP_WORDS);
  if (!Number.isInteger(timestamp) || timestamp < 0 || words.length > TIMESTAMP_WORDS)
    throw new RangeError(`${timestamp} is no time in seconds`);
  for (const { type, words: data } of fields) {
    if (data.length > MAX_FIELD_WORDS) throw new RangeError(`a field of ${data.length} words, at most ${MAX_FIELD_WORDS}`);
    words.push(type, data.length >> 5, data.length & 31, ...data);
  }
  return words;
}

/** BOLT 11, Data Part: what the signature signs. */
export function signingHash(crypto: Crypto, invoice: Unsigned): Hash32 {
  const prefix = ascii(invoice.humanReadablePart);
  const data = paddedBytes(signedWords(invoice));
  const bytes = new Uint8Array(prefix.length + data.length);
  bytes.set(prefix);
  bytes.set(data, prefix.length);
  return toHex<Hash32>(crypto.sha256(bytes));
}

export function writeRaw(invoice: RawInvoice): string {
  const signature = Uint8Array.of(...fromHex(invoice.signature), invoice.recoveryId);
  return bech32.encode(invoice.humanReadablePart, [...signedWords(invoice), ...toWords(signature)], false);
}
