import { bech32 } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { Hash32, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { PaymentSecret } from '../onion/payload.ts';
import { featuresFromBits } from '../wire/features.ts';
import { MAX_AMOUNT_MSAT, readHumanReadablePart, writeHumanReadablePart } from './amount.ts';
import type { Network } from './amount.ts';
import { createInvoice } from './create.ts';
import type { InvoiceDetails } from './create.ts';
import { decodeInvoice } from './decode.ts';
import type { Fallback } from './fallback.ts';
import { FIELD } from './invoice.ts';
import { MAX_INVOICE_LENGTH, readRaw, signingHash, writeRaw } from './raw.ts';
import type { RawInvoice, TaggedField } from './raw.ts';
import { numberOf, paddedBytes, toWords, wholeBytes, wordsOf } from './words.ts';

const crypto = createFakeCrypto();
const secret = '11'.repeat(32) as SecretKey;
const payee = crypto.publicKey(secret);
const signer = { payee, sign: (digest: Hash32) => crypto.sign(digest, secret) };

const DETAILS: InvoiceDetails = {
  network: 'regtest',
  amountMsat: 1_000n,
  timestamp: 1_700_000_000,
  expirySeconds: 3600,
  paymentHash: 'aa'.repeat(32) as Hash32,
  paymentSecret: 'bb'.repeat(32) as PaymentSecret,
  description: { text: 'tea' },
  paymentMetadata: undefined,
  minFinalCltvExpiryDelta: 18,
  features: '4100',
  routeHints: [],
  fallbacks: [],
};

function parts(text: string): RawInvoice {
  const result = readRaw(text);
  if (!result.ok) throw new Error(result.rule);
  return result;
}

/** An invoice with these fields, signed anew. */
function signed(change: Partial<RawInvoice>): string {
  const changed = { ...parts(createInvoice(crypto, signer, DETAILS)), ...change };
  const digest = signingHash(crypto, changed);
  const signature = crypto.sign(digest, secret);
  const recoveryId = [0, 1].find((id) => crypto.recover(signature, id, digest) === payee) ?? 0;
  return writeRaw({ ...changed, signature, recoveryId });
}

const { fields } = parts(createInvoice(crypto, signer, DETAILS));
const field = (type: number, words: readonly number[]): TaggedField => ({ type, words });
const without = (...types: readonly number[]): readonly TaggedField[] => fields.filter(({ type }) => !types.includes(type));
const result = (changed: readonly TaggedField[]) => decodeInvoice(crypto, signed({ fields: changed }));
const bytesField = (type: number, hex: string): TaggedField => field(type, toWords(fromHex(hex)));

describe('an invoice is refused', () => {
  it.each<[string, readonly TaggedField[]]>([
    ['invoice.payment_hash', without(FIELD.p)],
    ['invoice.payment_secret', without(FIELD.s)],
    ['invoice.description', without(FIELD.d)],
    ['invoice.description', [...fields, bytesField(FIELD.h, 'cc'.repeat(32))]],
    ['invoice.utf8', [...without(FIELD.d), bytesField(FIELD.d, 'ff')]],
    ['invoice.non_minimal', [...without(FIELD.x), field(FIELD.x, [0, 1])]],
    ['invoice.non_minimal', [...without(FIELD.c), field(FIELD.c, [0])]],
    ['invoice.non_minimal', [...without(FIELD.features), field(FIELD.features, [0, 16, 8, 0])]],
    [
      'invoice.number_too_large',
      [
        ...without(FIELD.x),
        field(
          FIELD.x,
          Array.from({ length: 11 }, () => 31),
        ),
      ],
    ],
    ['invoice.unknown_feature', [...without(FIELD.features), field(FIELD.features, [1, ...Array.from({ length: 20 }, () => 0)])]],
    ['invoice.feature_dependency', [...without(FIELD.features), field(FIELD.features, [2, ...Array.from({ length: 10 }, () => 0)])]],
    ['invoice.signature', [...fields, bytesField(FIELD.n, crypto.publicKey('22'.repeat(32) as SecretKey))]],
    ['invoice.signature', [...fields, bytesField(FIELD.n, `02${'00'.repeat(32)}`)]],
  ])('%s', (rule, changed) => expect(result(changed)).toMatchObject({ ok: false, rule }));

  it('for what its text is', () => {
    const text = createInvoice(crypto, signer, DETAILS);
    const rule = (changed: string) => decodeInvoice(crypto, changed);
    expect(rule('')).toMatchObject({ rule: 'invoice.bech32' });
    expect(rule(`${text}b`)).toMatchObject({ rule: 'invoice.bech32' });
    expect(rule(`${text} `)).toMatchObject({ rule: 'invoice.bech32' });
    expect(rule(text.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')))).toMatchObject({ rule: 'invoice.checksum' });
    expect(rule(`lnbc1${'q'.repeat(MAX_INVOICE_LENGTH - 4)}`)).toMatchObject({ rule: 'invoice.too_long' });
    expect(rule(`lnbc1${'q'.repeat(MAX_INVOICE_LENGTH - 5)}`)).toMatchObject({ rule: 'invoice.checksum' });
    expect(
      rule(
        bech32.encode(
          'lnbc',
          Array.from({ length: 110 }, () => 0),
          false,
        ),
      ),
    ).toMatchObject({ rule: 'invoice.too_short' });
    const cut = bech32.decode(text, false).words;
    // A field of one word more than is left before the signature.
    const beyond = [...cut.slice(0, 7), 1, 0, 1, ...cut.slice(-104)];
    expect(rule(bech32.encode('lnbc', beyond, false))).toMatchObject({ rule: 'invoice.field_beyond' });
    expect(rule(bech32.encode('lnbc', [...cut.slice(0, 7), 1, 0, ...cut.slice(-104)], false))).toMatchObject({
      rule: 'invoice.field_beyond',
    });
    expect(rule(bech32.encode('lnbc', [...cut.slice(0, 7), 1, 0, 0, ...cut.slice(-104)], false))).toMatchObject({
      rule: 'invoice.payment_hash',
    });
  });

  it.each<[string, string]>([
    ['invoice.prefix', 'lnxy'],
    ['invoice.prefix', 'bc25'],
    ['invoice.prefix', 'lnbcm'],
    ['invoice.amount', 'lnbc25x'],
    ['invoice.amount', 'lnbc2m5'],
    ['invoice.amount', 'lnbc25mm'],
    ['invoice.amount', 'lnbc0'],
    ['invoice.sub_millisatoshi', 'lnbc15p'],
    ['invoice.amount_too_large', 'lnbc21000001'],
    ['invoice.amount_too_large', `lnbc${'9'.repeat(21)}p`],
    ['none', 'lnbc21000000'],
    ['none', 'lnbc0025m'],
  ])('%s: %s', (rule, humanReadablePart) => {
    const read = decodeInvoice(crypto, signed({ humanReadablePart }));
    expect(read.ok ? 'none' : read.rule).toBe(rule);
  });

  it('when another recovery id, or none of the four, stands in it', () => {
    const real = { payee: noble.publicKey(secret), sign: (digest: Hash32) => noble.sign(digest, secret) };
    const whole = parts(createInvoice(noble, real, DETAILS));
    for (const recoveryId of [0, 1, 2, 3, 4, 255]) {
      const read = decodeInvoice(noble, writeRaw({ ...whole, recoveryId }));
      if (recoveryId === whole.recoveryId) expect(read).toMatchObject({ ok: true, invoice: { payee: real.payee } });
      else if (read.ok) expect(read.invoice.payee).not.toBe(real.payee);
      else expect(read.rule).toBe('invoice.signature');
      if (recoveryId > 3) expect(read.ok).toBe(false);
    }
  });
});

describe('what an invoice may have beside', () => {
  it('is passed over: unknown fields and versions, wrong lengths, hints that lead nowhere', () => {
    const noise = [
      field(2, [0, 0, 0]),
      field(
        FIELD.p,
        Array.from({ length: 51 }, () => 0),
      ),
      field(
        FIELD.s,
        Array.from({ length: 53 }, () => 0),
      ),
      field(
        FIELD.h,
        Array.from({ length: 51 }, () => 0),
      ),
      field(
        FIELD.n,
        Array.from({ length: 54 }, () => 0),
      ),
      field(FIELD.f, [19, 1, 2]),
      field(FIELD.f, [0, 1, 2]),
      field(FIELD.f, [17, 1]),
      field(FIELD.f, []),
      field(FIELD.r, []),
      field(FIELD.r, toWords(new Uint8Array(51))),
      bytesField(FIELD.r, `${payee}${'00'.repeat(17)}`),
    ];
    const read = result([...noise, ...fields]);
    expect(read).toEqual({ ok: true, invoice: { ...DETAILS, payee } });
  });

  it('of two fields the first counts', () => {
    const read = result([bytesField(FIELD.p, 'cc'.repeat(32)), ...fields, bytesField(FIELD.s, 'dd'.repeat(32))]);
    expect(read).toMatchObject({ invoice: { paymentHash: 'cc'.repeat(32), paymentSecret: DETAILS.paymentSecret } });
  });

  it('defaults, and the key that it names', () => {
    const named = result([...without(FIELD.x, FIELD.c, FIELD.features), bytesField(FIELD.n, payee)]);
    expect(named).toMatchObject({ invoice: { expirySeconds: 3600, minFinalCltvExpiryDelta: 18, features: '', payee } });
  });
});

const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes));
const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const anyHint = fc.array(
  fc.record({
    nodeId: fc.bigInt(1n, 2n ** 250n).map((n) => crypto.publicKey(n.toString(16).padStart(64, '0') as SecretKey)),
    shortChannelId: fc.bigInt(0n, 2n ** 64n - 1n),
    feeBaseMsat: fc.nat(0xffffffff),
    feeProportionalMillionths: fc.nat(0xffffffff),
    cltvExpiryDelta: fc.nat(0xffff),
  }),
  { minLength: 1, maxLength: 12 },
);
const anyFallback: fc.Arbitrary<Fallback> = fc.oneof(
  hex(20).map((hash) => ({ kind: 'p2pkh', hash }) as const),
  hex(20).map((hash) => ({ kind: 'p2sh', hash }) as const),
  hex(32).map((program) => ({ kind: 'witness', version: 0, program }) as const),
  fc
    .tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 2, max: 40 }).chain(hex))
    .map(([version, program]) => ({ kind: 'witness', version, program }) as const),
);
const anyDetails: fc.Arbitrary<InvoiceDetails> = fc.record({
  network: fc.constantFrom<Network>('bitcoin', 'testnet', 'signet', 'regtest'),
  amountMsat: fc.option(fc.bigInt(1n, MAX_AMOUNT_MSAT), { nil: undefined }),
  timestamp: fc.nat(0x7fffffff),
  expirySeconds: fc.maxSafeNat(),
  paymentHash: hex(32) as fc.Arbitrary<Hash32>,
  paymentSecret: hex(32) as fc.Arbitrary<PaymentSecret>,
  description: fc.oneof(
    anyText.map((text) => ({ text })),
    hex(32).map((hash) => ({ hash: hash as Hash32 })),
  ),
  paymentMetadata: fc.option(fc.nat(100).chain(hex), { nil: undefined }),
  minFinalCltvExpiryDelta: fc.nat(100_000),
  features: fc
    .array(
      fc.nat(300).map((bit) => bit | 1),
      { maxLength: 5 },
    )
    .map((bits) => featuresFromBits(bits.filter((bit) => bit !== 17 && bit !== 51 && bit !== 61))),
  routeHints: fc.array(anyHint, { maxLength: 3 }),
  fallbacks: fc.array(anyFallback, { maxLength: 3 }),
});

describe('an invoice', () => {
  it('says what its payee said, whatever that is', () => {
    fc.assert(
      fc.property(anyDetails, (details) => {
        expect(decodeInvoice(crypto, createInvoice(crypto, signer, details))).toEqual({ ok: true, invoice: { ...details, payee } });
      }),
      { seed: 13, numRuns: 100 },
    );
  });

  it.each<[string, Partial<InvoiceDetails>]>([
    ['no amount', { amountMsat: 0n }],
    ['more than all bitcoin', { amountMsat: MAX_AMOUNT_MSAT + 1n }],
    ['a long description', { description: { text: 'a'.repeat(640) } }],
    ['half a character', { description: { text: '\ud800' } }],
    ['an empty route hint', { routeHints: [[]] }],
    [
      'a long route hint',
      {
        routeHints: [
          Array.from({ length: 13 }, () => ({
            nodeId: payee,
            shortChannelId: 1n,
            feeBaseMsat: 0,
            feeProportionalMillionths: 0,
            cltvExpiryDelta: 0,
          })),
        ],
      },
    ],
    ['a time beyond 35 bits', { timestamp: 2 ** 35 }],
    ['a time before 1970', { timestamp: -1 }],
    ['too much of everything', { fallbacks: Array.from({ length: 300 }, () => ({ kind: 'p2pkh', hash: 'ab'.repeat(20) }) as const) }],
    ['an address of no kind', { fallbacks: [{ kind: 'witness', version: 0, program: 'ab' }] }],
  ])('of %s is not made', (_, change) => {
    expect(() => createInvoice(crypto, signer, { ...DETAILS, ...change })).toThrow(RangeError);
  });

  it('of somebody else’s signature is not made', () => {
    const other = { payee: crypto.publicKey('22'.repeat(32) as SecretKey) as PublicKey, sign: signer.sign };
    expect(() => createInvoice(crypto, other, DETAILS)).toThrow(RangeError);
  });
});

describe('amounts', () => {
  it('are written in the largest unit, and read back', () => {
    const shortest: readonly [bigint, string][] = [
      [100_000_000_000n, 'lnbc1'],
      [250_000_000n, 'lnbc2500u'],
      [2_000_000_000n, 'lnbc20m'],
      [100n, 'lnbc1n'],
      [1n, 'lnbc10p'],
      [967_878_534n, 'lnbc9678785340p'],
    ];
    for (const [amountMsat, text] of shortest) expect(writeHumanReadablePart({ network: 'bitcoin', amountMsat })).toBe(text);
    fc.assert(
      fc.property(fc.bigInt(1n, MAX_AMOUNT_MSAT), (amountMsat) => {
        expect(readHumanReadablePart(writeHumanReadablePart({ network: 'signet', amountMsat }))).toEqual({
          ok: true,
          network: 'signet',
          amountMsat,
        });
      }),
      { seed: 14, numRuns: 100 },
    );
  });
});

describe('words of five bits', () => {
  it('are those of bech32', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const words = toWords(bytes);
        expect(words).toEqual(bech32.toWords(bytes));
        expect(wholeBytes(words)).toEqual(bytes);
        expect(toHex(paddedBytes(words)).startsWith(toHex(bytes))).toBe(true);
      }),
      { seed: 15, numRuns: 100 },
    );
  });

  it('count up to 53 bits', () => {
    for (const value of [0, 1, 31, 32, 1023, 2 ** 35 - 1, Number.MAX_SAFE_INTEGER]) expect(numberOf(wordsOf(value, 3))).toBe(value);
    expect(wordsOf(5, 7)).toEqual([0, 0, 0, 0, 0, 0, 5]);
    expect(numberOf([8, ...Array.from({ length: 10 }, () => 0)])).toBeUndefined();
  });
});
