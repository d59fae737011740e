import type { RuleTable } from '../rule.ts';

/** BOLT 4, Failure Messages: why an HTLC is not forwarded. */
export const FORWARDING_RULES = {
  'forward.unknown_next_peer': {
    requirements: ['B4-FAIL-15-unknown-peer'],
    words: 'if the receiving peer specified by the onion is NOT known',
    consequence: 'fail-htlc',
  },
  'forward.amount_below_minimum': {
    requirements: ['B4-FAIL-16-below-minimum'],
    words: 'if the HTLC amount is less than the currently specified minimum amount',
    consequence: 'fail-htlc',
  },
  'forward.amount_above_maximum': {
    requirements: ['B4-FAIL-12-temporary-channel'],
    words: 'return a `temporary_channel_failure` error',
    consequence: 'fail-htlc',
  },
  'forward.fee_insufficient': {
    requirements: ['B4-FAIL-17-fee'],
    words: 'if the HTLC does NOT pay a sufficient fee',
    consequence: 'fail-htlc',
  },
  'forward.incorrect_cltv_expiry': {
    requirements: ['B4-FAIL-18-delta'],
    words: 'if the incoming `cltv_expiry` minus the `outgoing_cltv_value` is below the',
    consequence: 'fail-htlc',
  },
  'forward.expiry_too_soon': {
    requirements: ['B4-FAIL-19-too-soon'],
    words: 'if the `cltv_expiry` is unreasonably near the present',
    consequence: 'fail-htlc',
  },
  'forward.expiry_too_far': {
    requirements: ['B4-FAIL-20-too-far'],
    words: 'if the `cltv_expiry` is more than `max_htlc_cltv` in the future',
    consequence: 'fail-htlc',
  },
  'forward.temporary_channel_failure': {
    requirements: ['B4-FAIL-12-temporary-channel'],
    words: 'return a `temporary_channel_failure` error',
    consequence: 'fail-htlc',
  },
  'forward.permanent_channel_failure': {
    requirements: ['B4-FAIL-13-permanent-channel'],
    words: 'return a `permanent_channel_failure` error',
    consequence: 'fail-htlc',
  },
} as const satisfies RuleTable;
