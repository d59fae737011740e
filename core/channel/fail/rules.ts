import type { RuleTable } from '../../rule.ts';

/** BOLT 5: what is refused to the owner of a channel that has failed, and when one need not be kept. */
export const FAIL_RULES = {
  'force_close.failed_already': { requirements: [], why: 'there is nothing left to do for the owner', consequence: 'refuse' },
  'channel.never_funded': {
    requirements: ['B2-READY-13-fundee-forget'],
    words: 'SHOULD forget the channel if it does not see the correct funding transaction after a timeout of 2016 blocks',
    consequence: 'forget',
  },
  'channel.irrevocable': {
    requirements: [],
    why: 'BOLT 5, General Nomenclature: its output was spent a hundred blocks ago, and nothing of it need be watched',
    consequence: 'forget',
  },
} as const satisfies RuleTable;
