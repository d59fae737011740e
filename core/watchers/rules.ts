import type { RuleTable } from '../rule.ts';

/** What a device and its watchers do not take of each other. */
export const WATCHERS_RULES = {
  'watchers.unreadable': {
    requirements: [],
    why: 'what is not sealed for this link, or cannot be read, is nobody’s word',
    consequence: 'ignore',
  },
  'watchers.superseded': {
    requirements: [],
    why: 'a newer start of the device has spoken: the state of an older one may be old',
    consequence: 'refuse',
  },
  'watchers.lacking': { requirements: [], why: 'updates are taken in the order of their numbers: one is missing', consequence: 'refuse' },
  'watchers.unknown_channel': { requirements: [], why: 'a channel is watched from the word that it joins', consequence: 'refuse' },
  'watchers.unfit_content': {
    requirements: [],
    why: 'a watcher learns everything, or is blind: what is for the other kind says nothing to it',
    consequence: 'refuse',
  },
  'watchers.too_many_channels': {
    requirements: [],
    why: 'a watcher keeps so many channels of a device, and no more',
    consequence: 'refuse',
  },
  'watchers.unsigned': { requirements: [], why: 'what a watcher holds counts with its signature', consequence: 'refuse' },
  'watchers.forked': {
    requirements: [],
    why: 'a watcher that holds other updates under the same numbers holds none',
    consequence: 'refuse',
  },
} as const satisfies RuleTable;
