import { pick } from '../deterministic/random.ts';
import type { Scheduler } from './strategy.ts';

/** In the order in which events are due: latencies decide. */
export const fifo: Scheduler = (events) => {
  let first = events[0] as (typeof events)[number];
  for (const event of events) if (event.dueMs < first.dueMs) first = event;
  return first;
};

/** Any of them: every interleaving that a network, disks and chain allow. */
export const random: Scheduler = (events, choices) => pick(choices, events);
