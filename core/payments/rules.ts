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

/** BOLT 4 and 11: what a payer does not do, whatever its host asks for. */
export const PAY_RULES = {
  'pay.payment_id': { requirements: [], why: 'a name has 1 to 32 bytes, as the origins of HTLCs hold them', consequence: 'refuse' },
  'pay.id_in_use': { requirements: [], why: 'a name means one payment for as long as its record stands', consequence: 'refuse' },
  'pay.hash_in_use': {
    requirements: [],
    why: 'who is paid twice for one hash gives one preimage; the host may insist',
    consequence: 'refuse',
  },
  'pay.network': { requirements: [], why: 'an invoice of another chain than the one that this node is on', consequence: 'refuse' },
  'pay.invoice_expired': {
    requirements: ['B11-PAY-01-expired-payer'],
    words: 'after the `timestamp` plus `expiry` has passed:',
    consequence: 'refuse',
  },
  'pay.amount': {
    requirements: ['B4-MPP-S-06-total-amount', 'B4-MPP-S-07-total-any'],
    words: 'MUST set `total_msat` to at least that `amount`, and less',
    consequence: 'refuse',
  },
  'pay.to_self': { requirements: [], why: 'no route leads from a node to itself', consequence: 'refuse' },
  'pay.no_such_payment': { requirements: [], why: 'a command for a payment that is not known', consequence: 'refuse' },
  'pay.not_ended': { requirements: [], why: 'a payment is remembered for as long as anything of it may be paid', consequence: 'refuse' },
  'pay.not_asked': { requirements: [], why: 'routes that the payment has no use for', consequence: 'refuse' },
  'pay.route': { requirements: [], why: 'a route leads from a channel of this node to the recipient', consequence: 'refuse' },
  'pay.carried': {
    requirements: ['B4-MPP-S-08-reach-total', 'B4-MPP-S-09-no-more'],
    words: 'MUST ensure that the total `amt_to_forward` of the HTLC set which arrives',
    consequence: 'refuse',
  },
  'pay.multi_part': {
    requirements: ['B11-FEAT-R-03-no-mpp', 'B4-MPP-S-11-single'],
    words: 'MUST NOT use [Basic multi-part payments](04-onion-routing.md#basic-multi-part-payments)',
    consequence: 'refuse',
  },
  'pay.max_parts': { requirements: [], why: "the host's limit on parts in flight", consequence: 'refuse' },
  'pay.max_fee': { requirements: [], why: "the host's limit on fees, over all attempts", consequence: 'refuse' },
  'pay.max_cltv': { requirements: [], why: "the host's limit on how long its money may be locked up", consequence: 'refuse' },
  'pay.onion_size': { requirements: [], why: 'a route whose payloads do not fit into 1300 bytes', consequence: 'refuse' },
} as const satisfies RuleTable;

/** BOLT 4 and 11: what a recipient does not take, and commands about what it does. What a payer hears is the same for most of them. */
export const RECEIVE_RULES = {
  'receive.unknown_hash': {
    requirements: ['B4-FAIL-23-unknown-details'],
    words: 'if the payment hash is unknown:',
    consequence: 'fail-htlc',
  },
  'receive.already_paid': { requirements: ['B4-FAIL-22-paid'], words: 'MAY treat the payment hash as unknown', consequence: 'fail-htlc' },
  'receive.payment_secret': {
    requirements: ['B4-FAIL-23-unknown-details', 'B4-MPP-R-10-secret'],
    words: "if the `payment_secret` doesn't match the expected value for that `payment_hash`,",
    consequence: 'fail-htlc',
  },
  'receive.payment_metadata': {
    requirements: ['B4-FAIL-23-unknown-details'],
    words: "handling or `payment_metadata` isn't present while it should be",
    consequence: 'fail-htlc',
  },
  'receive.too_little': {
    requirements: ['B4-FAIL-23-unknown-details'],
    words: 'if the amount paid is less than the amount expected:',
    consequence: 'fail-htlc',
  },
  'receive.too_much': {
    requirements: ['B4-FAIL-27-twice'],
    words: 'if the amount paid is more than twice the amount expected:',
    consequence: 'fail-htlc',
  },
  'receive.final_expiry': {
    requirements: ['B4-FAIL-23-unknown-details', 'B4-PAY-R-30-final-height'],
    words: 'if the `cltv_expiry` value is unreasonably near the present:',
    consequence: 'fail-htlc',
  },
  'receive.invoice_expired': {
    requirements: ['B11-PAY-06-expired-payee'],
    words: 'SHOULD NOT accept a payment',
    consequence: 'fail-htlc',
  },
  'receive.other_total': {
    requirements: ['B4-MPP-R-04-other-total'],
    words: 'SHOULD fail the entire HTLC set if `total_msat` is not the same for',
    consequence: 'fail-htlc',
  },
  'receive.too_many_parts': { requirements: [], why: 'a bound on the HTLCs that one payment ties up', consequence: 'fail-htlc' },
  'receive.keysend_parts': {
    requirements: ['B4-MPP-R-02-unsupported'],
    words: 'MUST fail the HTLC if `total_msat` is not exactly equal to `amt_to_forward`',
    consequence: 'fail-htlc',
  },
  'receive.mpp_timeout': {
    requirements: ['B4-MPP-R-07-timeout', 'B4-MPP-R-08-sixty-seconds', 'B4-MPP-R-09-mpp-timeout'],
    words: 'MUST fail all HTLCs in the HTLC set after some reasonable timeout',
    consequence: 'fail-htlc',
  },
  'receive.deadline': { requirements: [], why: 'nobody has decided while a claim could still be enforced', consequence: 'fail-htlc' },
  'receive.part_lost': {
    requirements: [],
    why: 'a part whose channel fails before the decision is not there to be claimed',
    consequence: 'fail-htlc',
  },
  'receive.declined': { requirements: [], why: 'its host does not want it', consequence: 'fail-htlc' },
  'receive.hash_in_use': { requirements: [], why: 'one hash is one invoice, for as long as its record stands', consequence: 'refuse' },
  'receive.invoice': { requirements: [], why: 'details that no invoice can hold', consequence: 'refuse' },
  'receive.needs_preimage': { requirements: [], why: 'a node claims by itself with the preimage, or not at all', consequence: 'refuse' },
  'receive.not_claimable': { requirements: [], why: 'a payment of which not all parts are there, or no more', consequence: 'refuse' },
  'receive.preimage': {
    requirements: ['B11-TAG-S-03-hash'],
    words: 'MUST set `payment_hash` to the SHA2 256-bit hash of the `payment_preimage`',
    consequence: 'refuse',
  },
  'receive.no_such_invoice': { requirements: [], why: 'a command for a hash that is not known', consequence: 'refuse' },
  'receive.in_use': {
    requirements: [],
    why: 'an invoice is remembered for as long as parts of it may have to be claimed',
    consequence: 'refuse',
  },
} as const satisfies RuleTable;

/** BOLT 4, Onion Decryption: an onion is accepted once. */
export const REPLAY_RULES = {
  'replay.seen': { requirements: ['B4-PEEL-03-replay'], words: 'if `hmac` has previously been received:', consequence: 'fail-htlc' },
  'replay.log_full': {
    requirements: [],
    why: 'a bound on what is remembered: nothing old is dropped for something new',
    consequence: 'fail-htlc',
  },
} as const satisfies RuleTable;
