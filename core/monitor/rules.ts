import type { RuleTable } from '../rule.ts';

/** What a watcher does not take. */
export const MONITOR_RULES = {
  'monitor.update_missing': {
    requirements: [],
    why: 'updates are taken in the order of their numbers: one is missing',
    consequence: 'refuse',
  },
  'monitor.no_parameters': { requirements: [], why: 'the first update of a channel says its parameters', consequence: 'refuse' },
} as const satisfies RuleTable;
