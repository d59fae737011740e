import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/bolt11-invoices.json' with { type: 'json' };
import type { Hash32, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { createInvoice } from './create.ts';
import { decodeInvoice, describes } from './decode.ts';
import { fallbackAddress, fallbackScript } from './fallback.ts';
import type { Description, Invoice, RouteHint } from './invoice.ts';
import { readRaw, signingHash, writeRaw } from './raw.ts';
import type { RawInvoice } from './raw.ts';

const secret = vectors.secretKey as SecretKey;
type Hint = NonNullable<(typeof vectors.valid)[number]['says']['routeHints']>[number][number];

/** BOLT 7: block, transaction, output. */
function shortChannelId(text: string): bigint {
  const [block = 0n, index = 0n, output = 0n] = text.split('x').map(BigInt);
  return (block << 40n) | (index << 16n) | output;
}

const hint = (hops: readonly Hint[]): RouteHint =>
  hops.map((hop) => ({ ...hop, nodeId: hop.nodeId as PublicKey, shortChannelId: shortChannelId(hop.shortChannelId) }));

function decoded(text: string): Invoice {
  const result = decodeInvoice(noble, text);
  if (!result.ok) throw new Error(`${result.rule}: ${result.detail}`);
  return result.invoice;
}

function raw(text: string): RawInvoice {
  const result = readRaw(text);
  if (!result.ok) throw new Error(`${result.rule}: ${result.detail}`);
  return result;
}

it('the examples are all there', () => {
  expect(vectors.valid).toHaveLength(16);
  expect(vectors.invalid).toHaveLength(10);
});

describe.each(vectors.valid)('"$title"', (example) => {
  const { invoice: text, says } = example;

  it('says what the BOLT says', () => {
    const invoice = decoded(text);
    expect(invoice).toEqual({
      network: says.network,
      amountMsat: says.amountMsat === undefined ? undefined : BigInt(says.amountMsat),
      timestamp: says.timestamp,
      expirySeconds: says.expirySeconds ?? 3600,
      paymentHash: says.paymentHash,
      paymentSecret: says.paymentSecret,
      description: says.description,
      paymentMetadata: says.paymentMetadata,
      minFinalCltvExpiryDelta: says.minFinalCltvExpiryDelta ?? 18,
      features: says.features,
      routeHints: (says.routeHints ?? []).map(hint),
      fallbacks: invoice.fallbacks,
      payee: says.payee,
    });
    expect(invoice.fallbacks.map((fallback) => fallbackAddress(noble, invoice.network, fallback))).toEqual(says.fallbackAddresses ?? []);
  });

  it('is written again as it stands, and signed the same', () => {
    const parts = raw(text);
    expect(writeRaw(parts)).toBe(text.toLowerCase());
    const digest = signingHash(noble, parts);
    if (example.signingHash !== undefined) expect(digest).toBe(example.signingHash);
    if (example.signature !== undefined) expect(parts.signature).toBe(example.signature);
    if (example.recoveryId !== undefined) expect(parts.recoveryId).toBe(example.recoveryId);
    if (!example.title.includes('high-S')) expect(noble.sign(digest, secret)).toBe(parts.signature);
  });

  it('is created from what it says, and says the same', () => {
    const payee = noble.publicKey(secret);
    const invoice = { ...decoded(text), payee };
    const signer = { payee, sign: (digest: Hash32) => noble.sign(digest, secret) };
    const created = createInvoice(noble, signer, invoice);
    expect(decoded(created)).toEqual(invoice);
    expect(decoded(created.toUpperCase())).toEqual(invoice);
  });
});

describe.each(vectors.invalid)('"$title"', ({ invoice, rule }) => {
  it(`is refused: ${rule}`, () => expect(decodeInvoice(noble, invoice)).toMatchObject({ ok: false, rule }));
});

describe('a description', () => {
  const details = (description: Description): Invoice => ({ ...decoded(vectors.valid[0]?.invoice ?? ''), description });

  it('is checked against the text, or the hash, of the invoice', () => {
    const items =
      'One piece of chocolate cake, one icecream cone, one pickle, one slice of swiss cheese, one slice of salami, one lollypop, one piece of cherry pie, one sausage, one cupcake, and one slice of watermelon';
    const hashed = decoded(vectors.valid[3]?.invoice ?? '');
    expect(describes(noble, hashed, items)).toBe(true);
    expect(describes(noble, hashed, `${items}.`)).toBe(false);
    expect(describes(noble, details({ text: 'ナ' }), 'ナ')).toBe(true);
    expect(describes(noble, details({ text: 'ナ' }), 'ン')).toBe(false);
  });
});

it('a fallback address has its script', () => {
  const hash = 'ab'.repeat(20);
  expect(fallbackScript({ kind: 'p2pkh', hash })).toBe(`76a914${hash}88ac`);
  expect(fallbackScript({ kind: 'p2sh', hash })).toBe(`a914${hash}87`);
  expect(fallbackScript({ kind: 'witness', version: 0, program: hash })).toBe(`0014${hash}`);
  expect(fallbackScript({ kind: 'witness', version: 1, program: 'cd'.repeat(32) })).toBe(`5120${'cd'.repeat(32)}`);
});
