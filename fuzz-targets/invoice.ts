import { bech32 } from '@scure/base';
import fc from 'fast-check';
import { ascii, fromHex, toHex } from '../core/crypto/bytes.ts';
import type { Hash32 } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';
import { createInvoice } from '../core/invoice/create.ts';
import { decodeInvoice } from '../core/invoice/decode.ts';
import { FIELD } from '../core/invoice/invoice.ts';
import { MAX_INVOICE_LENGTH, readRaw, writeRaw } from '../core/invoice/raw.ts';
import { paddedBytes, toWords } from '../core/invoice/words.ts';
import { toJson } from '../core/wire/print.ts';
import { OURS, providerOf, SESSION, withProvider } from './onion-env.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/**
 * Input: flags, then bytes. Nobody guesses a checksum or a signature, so they may be made: SUMMED: the bytes up to a zero are the human-readable part, and what
 * follows are words of five bits, the checksum is added. SIGNED: so is a signature of ours. Else they are the text as it came.
 */
const SUMMED = 1;
const SIGNED = 2;
/** Defaults that an invoice leaves out are written: an `x` and a `c`. */
const DEFAULTS_LENGTH = 12;

function textOf(bytes: Uint8Array): string {
  const flags = bytes[0] ?? 0;
  const rest = bytes.subarray(1);
  if ((flags & (SUMMED | SIGNED)) === 0) return String.fromCharCode(...rest);
  const zero = rest.indexOf(0);
  const prefix = String.fromCharCode(...rest.subarray(0, zero < 0 ? rest.length : zero)).toLowerCase();
  const words = zero < 0 ? [] : [...rest.subarray(zero + 1)].map((byte) => byte & 31);
  if ((flags & SIGNED) !== 0) words.push(...signature(providerOf(flags), prefix, words));
  // bech32 itself knows which prefixes there can be.
  return /^[\x21-\x7e]+$/.test(prefix) ? bech32.encode(prefix, words, false) : prefix;
}

function signature(crypto: Crypto, prefix: string, words: readonly number[]): readonly number[] {
  const digest = toHex<Hash32>(crypto.sha256(Uint8Array.from([...ascii(prefix), ...paddedBytes(words)])));
  const signed = crypto.sign(digest, OURS);
  const id = [0, 1, 2, 3].find((candidate) => crypto.recover(signed, candidate, digest) === crypto.publicKey(OURS));
  return toWords(Uint8Array.of(...fromHex(signed), id ?? 0));
}

function checkText(text: string): void {
  const raw = readRaw(text);
  if (raw.ok) promise(writeRaw(raw) === text.toLowerCase(), 'an invoice taken apart is put together', () => text);
  promise(raw.ok || raw.detail.length <= 200, 'errors are short', () => (raw.ok ? '' : raw.detail));
}

/** The bitmap is a number, the last bit the least: as the words have it, so the invoice. */
function checkFeatures(text: string, features: string): void {
  const raw = readRaw(text);
  const words = raw.ok ? (raw.fields.find(({ type }) => type === FIELD.features)?.words ?? []) : [];
  const number = words.reduce((sum, word) => sum * 32n + BigInt(word), 0n);
  promise(BigInt(`0x0${features}`) === number, 'features are the bits that stand there', () => `${features} of ${words.join()}`);
}

/** Tenths of a millisatoshi in one unit, by the table of BOLT 11. */
const PICO: Readonly<Record<string, bigint>> = { '': 10n ** 12n, m: 10n ** 9n, u: 10n ** 6n, n: 1000n, p: 1n };

/** What the human-readable part asks for, read by the letter of BOLT 11. */
function checkAmount(text: string, amountMsat: bigint | undefined): void {
  const [, digits, multiplier = ''] = /^ln[a-z]+?([0-9]+)?([munp])?1[02-9ac-hj-np-z]+$/.exec(text.toLowerCase()) ?? [];
  const asked = digits === undefined ? undefined : BigInt(digits) * (PICO[multiplier] as bigint);
  const said = amountMsat === undefined ? undefined : amountMsat * 10n;
  promise(asked === said, 'the amount is what the invoice asks for', () => `${asked} and ${said} of ${text.slice(0, 40)}`);
}

export const invoiceTarget: FuzzTarget = {
  name: 'invoice',
  about: 'a BOLT 11 invoice, as text or as words that a checksum and a signature are added to',
  maxLength: MAX_INVOICE_LENGTH + 10,
  fuzz(bytes) {
    const flags = bytes[0] ?? 0;
    const crypto = providerOf(flags);
    const text = textOf(bytes);
    checkText(text);
    const result = decodeInvoice(crypto, text);
    if (!result.ok) {
      promise(result.detail.length <= 200, 'errors are short', () => `${result.rule}: ${result.detail}`);
      return;
    }
    const { invoice } = result;
    checkAmount(text, invoice.amountMsat);
    checkFeatures(text, invoice.features);
    promise(sizeOf(invoice) <= 16 * text.length + 2048, 'decoded size', () => `${text.length} characters became ${sizeOf(invoice)}`);
    promise(decodeInvoice(crypto, text.toUpperCase()).ok, 'upper case makes no difference', () => text);
    promise((flags & SIGNED) === 0 || invoice.payee === crypto.publicKey(OURS), 'the payee is who signed', () => invoice.payee);
    if (text.length + DEFAULTS_LENGTH > MAX_INVOICE_LENGTH) return;
    const payee = crypto.publicKey(OURS);
    const again = createInvoice(crypto, { payee, sign: (digest) => crypto.sign(digest, OURS) }, invoice);
    const back = decodeInvoice(crypto, again);
    const said = (value: object): string => JSON.stringify(toJson({ ...value, payee }));
    promise(back.ok && said(back.invoice) === said(invoice), 'an invoice made of what one says says the same', () => `${text}\n${again}`);
  },
  dictionary: [
    ...['lnbc', 'lntb', 'lntbs', 'lnbcrt', 'LNBC', '2500u', '10p', '15p', '1m', '9678785340p', '1'].map(ascii),
    ...Object.values(FIELD).flatMap((type) => [Uint8Array.of(type, 1, 20), Uint8Array.of(type, 0, 1), Uint8Array.of(type, 1, 21)]),
  ],
  structure: fc
    .record({
      draw: fc.nat(15),
      prefix: fc.constantFrom('lnbc', 'lntb20m', 'lnbcrt2500u', 'lntbs10p', 'lnbc15p'),
      hash: fc.nat(31),
      features: fc.constantFrom([], [16, 8, 0], [1, 0, 16, 0], [2, 16, 0, 0]),
      named: fc.constantFrom(undefined, OURS, SESSION),
      others: fc.array(fc.tuple(fc.constantFrom(...Object.values(FIELD), 2), fc.array(fc.nat(31), { maxLength: 90 })), { maxLength: 5 }),
    })
    .map(({ draw, prefix, hash, features, named, others }) => {
      const fixed = (type: number): readonly number[] => [type, 1, 20, ...Array.from({ length: 51 }, () => hash), 0];
      const others5 = others.flatMap(([type, words]) => [type, words.length >> 5, words.length & 31, ...words]);
      const words = [1, 12, 18, 31, 28, 25, 31, ...fixed(FIELD.p), ...fixed(FIELD.s), FIELD.d, 0, 2, 12, 4, ...others5];
      if (features.length > 0) words.push(FIELD.features, 0, features.length, ...features);
      if (named !== undefined) words.push(FIELD.n, 1, 21, ...toWords(fromHex(providerOf(draw === 0 ? 0xf0 : 0).publicKey(named))));
      return Uint8Array.of(withProvider(SUMMED | SIGNED, draw), ...ascii(prefix), 0, ...words);
    }),
  describe(bytes) {
    const text = textOf(bytes);
    const result = decodeInvoice(providerOf(bytes[0] ?? 0), text);
    return result.ok ? JSON.stringify(toJson(result.invoice)) : `${result.rule}: ${result.detail}`;
  },
  reaches(bytes) {
    const result = decodeInvoice(providerOf(bytes[0] ?? 0), textOf(bytes));
    return result.ok ? ['read'] : [result.rule];
  },
};
