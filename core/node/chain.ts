import { isChainRefusal, readChainInput } from '../chain/update.ts';
import type { ChainInput, ChainRefusal } from '../chain/update.ts';
import { emptyView, misfitOf } from '../chain/view.ts';
import { stepChannel } from './channels.ts';
import { draft } from './run.ts';
import type { Run } from './run.ts';

/** What has become of the chain: all that know something of it take the update, or none does. */
export function chain(run: Run, input: ChainInput): void {
  const update = readChainInput(run.env.crypto, input);
  if (isChainRefusal(update)) return refuse(run, update);
  const misfit = misfitOf(emptyView(run.state.tip), update);
  if (misfit !== undefined) return refuse(run, misfit);
  draft(run).tip = input.tip;
  // Every channel hears of it: deadlines are heights.
  for (const channelId of run.state.channels.keys()) stepChannel(run, channelId, { kind: 'block', transactions: update.transactions });
}

function refuse(run: Run, refusal: ChainRefusal): void {
  run.effects.push({ kind: 'chain_refused', refusal });
}
