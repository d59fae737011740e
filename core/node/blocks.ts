import type { BlockTransaction } from '../channel/model/vocabulary.ts';
import { stepChannel } from './channels.ts';
import { draft } from './run.ts';
import type { Run } from './run.ts';

/** The next block. Every channel hears of it: deadlines are heights. */
export function block(run: Run, height: number, transactions: readonly BlockTransaction[]): void {
  draft(run).height = height;
  for (const channelId of run.state.channels.keys()) stepChannel(run, channelId, { kind: 'block', transactions });
}
