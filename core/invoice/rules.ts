import type { RuleTable } from '../rule.ts';

/** BOLT 11: why an invoice can't be paid. */
export const INVOICE_RULES = {
  'invoice.too_long': {
    requirements: [],
    why: 'BOLT 11 has no limit, and text of any length would be read: no QR code holds more than 7,089 characters',
    consequence: 'refuse',
  },
  'invoice.bech32': {
    requirements: ['B11-BECH-R-01-bip173'],
    words: 'MUST parse the address as Bech32, as specified in BIP-0173 (also without the character limit)',
    consequence: 'refuse',
  },
  'invoice.checksum': {
    requirements: ['B11-BECH-R-02-checksum'],
    words: 'if the checksum is incorrect: MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.too_short': {
    requirements: ['B11-DATA-R-01-signature'],
    words: 'compact ECDSA/secp256k1 signature of the above (520 bits: 64-byte R||S + 1-byte recovery id)',
    consequence: 'refuse',
  },
  'invoice.field_beyond': {
    requirements: ['B11-BECH-R-01-bip173'],
    words: '`data` (`data_length` x 5 bits)',
    consequence: 'refuse',
  },
  'invoice.prefix': {
    requirements: ['B11-HRP-R-01-prefix'],
    words: 'if it does NOT understand the `prefix`: MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.amount': {
    requirements: ['B11-HRP-R-03-amount'],
    words: 'if `amount` contains a non-digit OR is followed by anything except a `multiplier` (see table above): MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.sub_millisatoshi': {
    requirements: ['B11-HRP-R-05-pico'],
    words: 'if multiplier is `p` and the last decimal of `amount` is not 0: MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.amount_too_large': {
    requirements: [],
    why: 'more than all the bitcoin that there will ever be, or more digits than any amount has',
    consequence: 'refuse',
  },
  'invoice.payment_hash': {
    requirements: ['B11-TAG-R-02-fixed-length', 'B11-TAG-S-01-p'],
    words: 'MUST fail the payment if any field with fixed `data_length` (`p`, `h`, `s`, `n`) does not have the correct length',
    consequence: 'refuse',
  },
  'invoice.payment_secret': {
    requirements: ['B11-TAG-R-10-s-missing'],
    words: 'if a valid `s` field is not provided: MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.description': {
    requirements: ['B11-TAG-R-03-description'],
    words: 'MUST fail the payment if neither a `d` field nor a `h` field is present, or if both are present',
    consequence: 'refuse',
  },
  'invoice.utf8': {
    requirements: ['B11-TAG-S-05-utf8'],
    words: 'MUST set `d` to a valid UTF-8 string',
    consequence: 'refuse',
  },
  'invoice.non_minimal': {
    requirements: ['B11-TAG-R-14-non-minimal'],
    words: 'SHOULD treat the invoice as invalid',
    consequence: 'refuse',
  },
  'invoice.number_too_large': {
    requirements: [],
    why: 'an expiry or delta beyond 53 bits: of millions of years',
    consequence: 'refuse',
  },
  'invoice.unknown_feature': {
    requirements: ['B11-TAG-R-05-unknown-even'],
    words: 'if the `9` field contains unknown _even_ bits that are non-zero: MUST fail the payment',
    consequence: 'refuse',
  },
  'invoice.feature_dependency': {
    requirements: ['B11-FEAT-R-01-dependencies'],
    words: 'if the feature vector does not set all known, transitive feature dependencies: MUST NOT attempt the payment',
    consequence: 'refuse',
  },
  'invoice.signature': {
    requirements: ['B11-DATA-R-01-signature', 'B11-TAG-R-07-n', 'B11-TAG-R-08-low-s', 'B11-TAG-R-09-recover'],
    words: 'MUST check that the `signature` is valid (see the `n` tagged field specified below)',
    consequence: 'refuse',
  },
} as const satisfies RuleTable;

export type InvoiceRuleId = keyof typeof INVOICE_RULES;

/** Why it can't be paid, for people and programs. */
export interface Refused {
  readonly ok: false;
  readonly rule: InvoiceRuleId;
  readonly detail: string;
}

export function refused(rule: InvoiceRuleId, detail: string): Refused {
  return { ok: false, rule, detail };
}
