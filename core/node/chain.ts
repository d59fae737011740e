import { isChainRefusal, readChainInput } from '../chain/update.ts';
import type { ChainInput, ChainRefusal, ChainUpdate } from '../chain/update.ts';
import { emptyView, misfitOf } from '../chain/view.ts';
import { stepGossip } from './gossip/network.ts';
import { draft } from './run.ts';
import type { Run } from './run.ts';
import { watchChain } from './watching/step-watcher.ts';
import { drain } from './worklist.ts';

/** What has become of the chain: all that know something of it take the update, or none does. */
export function chain(run: Run, input: ChainInput): void {
  const update = readChainInput(run.env.crypto, input);
  const refusal = isChainRefusal(update) ? update : lowestMisfit(run, update);
  if (refusal !== undefined) run.effects.push({ kind: 'chain_refused', refusal });
  else take(run, update as ChainUpdate);
}

/** Who is connected to nobody for so many blocks is not catching up any more. */
const MAX_BLOCKS_AWAY = 2016;

function take(run: Run, update: ChainUpdate): void {
  const { awayFrom, tip } = run.state;
  if (awayFrom !== undefined && tip.height - awayFrom >= MAX_BLOCKS_AWAY) draft(run).awayFrom = undefined;
  draft(run).tip = update.tip;
  stepGossip(run, { kind: 'height', height: update.tip.height });
  // Every channel hears of it: deadlines are heights.
  for (const channelId of run.state.channels.keys()) watchChain(run, channelId, update);
  drain(run);
}

/** Of all that does not fit, what must be sent again from furthest below. */
function lowestMisfit({ state: { tip, channels } }: Run, update: ChainUpdate): ChainRefusal | undefined {
  let lowest = misfitOf(emptyView(tip), update);
  for (const { state, watching } of channels.values())
    for (const view of watching === undefined ? [state.chain] : [state.chain, watching.state.view]) {
      const misfit = misfitOf(view, update);
      if (misfit !== undefined && (lowest === undefined || heightOf(misfit) < heightOf(lowest))) lowest = misfit;
    }
  return lowest;
}

function heightOf({ resumeAt }: ChainRefusal): number {
  return resumeAt?.height ?? -1;
}
