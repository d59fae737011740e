import type { RuleTable } from '../../rule.ts';

/** BOLT 7, what the two ends of a channel say to each other of its announcement, and what its host asks for forwarding into it. */
export const ANNOUNCE_RULES = {
  'channel_update.timestamp': {
    requirements: ['B7-UPD-R-08-future'],
    words: 'if the `timestamp` is unreasonably far in the future',
    consequence: 'ignore',
  },
  'channel_update.htlc_minimum_msat': {
    requirements: ['B7-UPD-S-03-limits'],
    words: 'MUST set `htlc_minimum_msat` to less than or equal to `htlc_maximum_msat`',
    consequence: 'refuse',
  },
  'channel_update.cltv_expiry_delta': {
    requirements: ['B7-UPD-S-07-delta'],
    words: 'MUST set `cltv_expiry_delta` to the number of blocks it will subtract from',
    consequence: 'refuse',
  },
  'channel_update.unwritable': { requirements: [], why: 'a command for what no channel_update can say', consequence: 'refuse' },
  'announcement_signatures.private': {
    requirements: ['B7-ANN-S-02-otherwise'],
    words: 'MUST NOT send the `announcement_signatures` message',
    consequence: 'ignore',
  },
  'announcement_signatures.short_channel_id': {
    requirements: ['B7-ANN-R-01-place'],
    words: "If the `short_channel_id` doesn't match one of its funding transactions",
    consequence: 'warn',
  },
  'announcement_signatures.signature': {
    requirements: ['B7-ANN-R-02-signature'],
    words: 'If the `node_signature` OR the `bitcoin_signature` is NOT correct',
    // It may close the connection or fail the channel, which would cost a channel that can be used for what can be sent again.
    consequence: 'warn',
  },
} as const satisfies RuleTable;
