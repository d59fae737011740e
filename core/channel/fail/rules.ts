import type { RuleTable } from '../../rule.ts';

/** BOLT 5, Failing a Channel: what is refused to the owner of one that has failed. */
export const FAIL_RULES = {
  'force_close.failed_already': { requirements: [], why: 'there is nothing left to do for the owner', consequence: 'refuse' },
} as const satisfies RuleTable;
