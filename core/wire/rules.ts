import type { RuleTable } from '../rule.ts';

/** BOLT 1: bytes that are no message, or not one that may be acted upon. */
export const WIRE_RULES = {
  'message.unknown_odd_type': {
    requirements: ['B1-MSG-09-unknown-odd'],
    words: 'upon receiving a message of _odd_, unknown type: MUST ignore the received message',
    consequence: 'ignore',
  },
  'message.unknown_even_type': {
    requirements: ['B1-MSG-10-unknown-even-close'],
    words: 'upon receiving a message of _even_, unknown type: MUST close the connection',
    consequence: 'warn-and-disconnect',
  },
  'message.unreadable_gossip': {
    requirements: [],
    why: 'whoever relays gossip has neither written nor signed it',
    consequence: 'ignore',
  },
  'message.truncated': {
    requirements: ['B1-MSG-12-short-close', 'B1-TLV-11-length-beyond'],
    words: 'upon receiving a known message with insufficient length for the contents: MUST close the connection',
    consequence: 'warn-and-disconnect',
  },
  'message.trailing': {
    requirements: ['B1-TLV-13-known-exact', 'B1-MSG-15-ext-invalid-close'],
    words: 'if `length` is not exactly equal to that required for the known encoding for `type`',
    consequence: 'warn-and-disconnect',
  },
  'message.non_minimal': {
    requirements: ['B1-TLV-09-minimal-recv', 'B1-TLV-14-known-minimal', 'B1-TYPES-01-tu-leading-zero'],
    words: 'if a `type` or `length` is not minimally encoded: MUST fail to parse the `tlv_stream`',
    consequence: 'warn-and-disconnect',
  },
  'message.tlv_order': {
    requirements: ['B1-TLV-10-order-recv'],
    words: 'if decoded `type`s are not strictly-increasing',
    consequence: 'warn-and-disconnect',
  },
  'message.unknown_even_tlv': {
    requirements: ['B1-TLV-15-unknown-even'],
    words: 'if `type` is even: MUST fail to parse the `tlv_stream`',
    consequence: 'warn-and-disconnect',
  },
  'message.bad_value': {
    requirements: ['B1-MSG-15-ext-invalid-close', 'B1-TYPES-06-utf8-read'],
    words: 'if the `extension` is invalid: MUST close the connection',
    consequence: 'warn-and-disconnect',
  },
  'message.too_long': {
    requirements: ['B1-MSG-17-max-size'],
    words: 'the maximum possible size is 65535 bytes',
    consequence: 'warn-and-disconnect',
  },
} as const satisfies RuleTable;
