import type { ChainPoint } from '../chain/update.ts';
import type { View } from '../chain/view.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import type { Acts } from './acts.ts';
import { NO_ACTS } from './acts.ts';
import type { WatcherState } from './watcher-vocabulary.ts';

/**
 * What a node keeps of its own watcher: a list that only grows, each record appended in the write that stores the channel. What was learned stands
 * in it as the channel told it; of view and acts, which change with few blocks, the newest counts.
 */
export type WatcherRecord = MonitorUpdate | { readonly kind: 'view'; readonly view: View } | { readonly kind: 'acts'; readonly acts: Acts };

/** What a watcher has learned, seen and done by itself in a step: all but what the channel told it. */
export function recordsOf(before: WatcherState, after: WatcherState): readonly WatcherRecord[] {
  const records: WatcherRecord[] = [];
  const known = before.knowledge?.preimages.length ?? 0;
  for (const { preimage, settles } of after.knowledge?.preimages.slice(known, Infinity) ?? [])
    records.push({ kind: 'preimage', preimage, settles });
  if (before.view.transactions !== after.view.transactions) records.push({ kind: 'view', view: after.view });
  if (before.acts !== after.acts) records.push({ kind: 'acts', acts: after.acts });
  return records;
}

/** The watcher that these records are of, and what it is still to learn. `tip`: the newest block that its channel had seen when it stored them. */
export function watcherOf(
  tip: ChainPoint,
  records: readonly WatcherRecord[],
): { readonly state: WatcherState; readonly updates: readonly MonitorUpdate[] } {
  let transactions: View['transactions'] = [];
  let acts = NO_ACTS;
  const updates: MonitorUpdate[] = [];
  for (const record of records) {
    if (record.kind === 'view') ({ transactions } = record.view);
    else if (record.kind === 'acts') ({ acts } = record);
    else updates.push(record);
  }
  return { state: { knowledge: undefined, learned: 0, view: { tip, transactions }, acts }, updates };
}
