import type { RuleTable } from '../../rule.ts';

/** BOLT 2, Closing Initiation and Legacy Closing Negotiation. */
export const CLOSE_RULES = {
  'shutdown.already_sent': {
    requirements: ['B2-SHUT-S-04-once'],
    words: 'MUST NOT send multiple `shutdown` messages',
    consequence: 'refuse',
  },
  'shutdown.another_script': {
    requirements: ['B2-SHUT-S-04-once'],
    words: 'MUST NOT send multiple `shutdown` messages',
    consequence: 'warn-and-disconnect',
  },
  'shutdown.scriptpubkey': {
    requirements: ['B2-SHUT-R-02-script-form', 'B2-SHUT-S-10-script-form'],
    words: 'if the `scriptpubkey` is not in one of the above forms: SHOULD send a `warning`',
    consequence: 'warn',
  },
  'shutdown.upfront_shutdown_script': {
    requirements: ['B2-SHUT-R-05-upfront-warn', 'B2-SHUT-R-06-upfront-fail', 'B2-SHUT-S-09-upfront-same'],
    words: 'that `shutdown_scriptpubkey` is not equal to `scriptpubkey`: MAY send a `warning`. MUST fail the connection',
    consequence: 'warn-and-disconnect',
  },
  'shutdown.unsigned_updates': {
    requirements: ['B2-SHUT-S-03-pending-updates'],
    words: "if there are updates pending on the receiving node's commitment transaction: MUST NOT send a `shutdown`",
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.before_shutdown': {
    requirements: ['B2-CLOSE-01-funder-sends'],
    words: 'after `shutdown` has been received, AND no HTLCs remain in either commitment transaction',
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.funder_first': {
    requirements: ['B2-CLOSE-01-funder-sends'],
    words: 'SHOULD send a `closing_signed` message',
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.signature': {
    requirements: ['B2-CLOSE-08-sig-check'],
    words: 'if the `signature` is not valid for either variant of closing transaction',
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.fee_beyond_balance': {
    requirements: ['B2-CLOSE-08-sig-check', 'B3-CLOSETX-03-fee-from-funder'],
    words: 'if the `signature` is not valid for either variant of closing transaction',
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.no_transaction': {
    requirements: ['B2-CLOSE-07-signature-send'],
    words: 'MUST set `signature` to the Bitcoin signature of the close transaction',
    consequence: 'fail-channel',
  },
  'closing_signed.dust_output': {
    requirements: ['B2-CLOSE-23-dust-output'],
    words: 'if one of the outputs in the closing transaction is below the dust limit for its `scriptpubkey`',
    consequence: 'fail-channel',
  },
  'closing_signed.fee_range': {
    requirements: ['B2-CLOSE-14-no-overlap-warn', 'B2-CLOSE-15-no-overlap-fail'],
    words: 'if there is no overlap between that and its own `fee_range`',
    consequence: 'warn',
  },
  'closing_signed.fee_outside_overlap': {
    requirements: ['B2-CLOSE-16-funder-overlap'],
    words: 'if `fee_satoshis` is not in the overlap between the sent and received `fee_range`: MUST fail the channel',
    consequence: 'fail-channel',
  },
  'closing_signed.fee_not_the_chosen': {
    requirements: ['B2-CLOSE-18-nonfunder-other'],
    words: 'if `fee_satoshis` is not the same as the value it sent: MUST fail the channel',
    consequence: 'fail-channel',
  },
  'closing_signed.fee_not_between': {
    requirements: ['B2-CLOSE-20-strictly-between'],
    words: 'if `fee_satoshis` is not strictly between its last-sent `fee_satoshis` and its previously-received `fee_satoshis`',
    consequence: 'warn-and-disconnect',
  },
  'closing_signed.fee_beyond_bound': {
    requirements: ['B2-CLOSE-22-propose-between'],
    words: 'MUST propose a value "strictly between" the received `fee_satoshis` and its previously-sent `fee_satoshis`',
    consequence: 'warn',
  },
  'closing_signed.unanswered': {
    requirements: ['B2-CLOSE-04-timeout'],
    words: "if it doesn't receive a `closing_signed` response after a reasonable amount of time: MUST fail the channel",
    consequence: 'fail-channel',
  },
} as const satisfies RuleTable;
