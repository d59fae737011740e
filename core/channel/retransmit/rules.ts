import type { RuleTable } from '../../rule.ts';

/** BOLT 2, Message Retransmission. */
export const RETRANSMIT_RULES = {
  'channel_reestablish.next_commitment_number_zero': {
    requirements: ['B2-REEST-R-01-number-zero'],
    words:
      'if `next_commitment_number` is zero: MUST immediately fail the channel and broadcast any relevant latest commitment transaction',
    consequence: 'fail-channel',
  },
  'channel_reestablish.next_commitment_number': {
    requirements: ['B2-REEST-R-06-number-mismatch', 'B2-REEST-S-01-next-commitment'],
    words:
      'if `next_commitment_number` is not equal to the commitment number of the next `commitment_signed` that the receiving node would send',
    consequence: 'fail-channel',
  },
  'channel_reestablish.next_commitment_number_behind': {
    requirements: ['B2-REEST-R-06-number-mismatch', 'B2-REEST-S-01-next-commitment'],
    words: 'The other node should wait for that `error` to give the fallen-behind node an opportunity to fix its state first',
    consequence: 'warn',
  },
  'channel_reestablish.next_revocation_number_ahead': {
    requirements: ['B2-REEST-R-09-revocation-mismatch', 'B2-REEST-R-10-revocation-none'],
    words:
      'if `next_revocation_number` is not equal to 1 greater than the commitment number of the last `revoke_and_ack` the receiving node has sent',
    consequence: 'fail-channel',
  },
  'channel_reestablish.next_revocation_number_behind': {
    requirements: ['B2-REEST-R-09-revocation-mismatch'],
    words: 'The other node should wait for that `error` to give the fallen-behind node an opportunity to fix its state first',
    consequence: 'warn',
  },
  'channel_reestablish.your_last_per_commitment_secret': {
    requirements: ['B2-REEST-R-15-secret-mismatch', 'B2-REEST-S-04-secret-zero', 'B2-REEST-S-05-secret-last'],
    words: 'if `your_last_per_commitment_secret` does not match the expected values: SHOULD send an `error` and fail the channel',
    consequence: 'fail-channel',
  },
} as const satisfies RuleTable;
