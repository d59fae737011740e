import type { Outpoint, Tx } from '../../bitcoin/tx.ts';
import type { ConfirmedTx } from '../../chain/update.ts';
import { confirmation, depth, spendOf } from '../../chain/view.ts';
import type { View } from '../../chain/view.ts';
import type { ChannelState, FundedBase, StoredChannel } from './state.ts';

/** What the chain has made of a channel: asked of its view each time, since a reorganisation may take it back. */

type Fundings = Pick<FundedBase, 'fundings'>;

function isFunding({ fundings }: Fundings, { txid, vout }: Outpoint): boolean {
  return fundings.some(({ output }) => output.txid === txid && output.vout === vout);
}

/** Whether a transaction belongs into the channel's view: it has a funding output, or spends one. */
export function touches(channel: Fundings, { txid, tx }: ConfirmedTx): boolean {
  return channel.fundings.some(({ output }) => output.txid === txid) || tx.inputs.some((input) => isFunding(channel, input));
}

/** Whether some funding is in the chain. */
export function isFundingSeen({ fundings, chain }: Pick<FundedBase, 'fundings' | 'chain'>): boolean {
  return fundings.some(({ output }) => confirmation(chain, output.txid) !== undefined);
}

/** Confirmations that every funding has. */
export function fundingDepth({ fundings, chain }: FundedBase): number {
  let least = Infinity;
  for (const { output } of fundings) least = Math.min(least, depth(chain, output.txid));
  return least;
}

/** The transaction in the chain that spends a funding output. */
export function fundingSpend({ fundings }: Fundings, view: View): ConfirmedTx | undefined {
  for (const { output } of fundings) {
    const spend = spendOf(view, output);
    if (spend !== undefined) return spend;
  }
  return undefined;
}

/** BOLT 5, Mutual Close Handling: any closing transaction that both ever signed may confirm; no commitment has this sequence. */
function isMutualClose(state: StoredChannel, tx: Tx): boolean {
  const { sent, received } = state.closing;
  const spends = tx.inputs.some((input) => input.sequence === 0xffffffff && isFunding(state, input));
  return spends && tx.outputs.every(({ script }) => script === sent || script === received);
}

/** The mutual close that the chain has. */
export function closeOf(state: StoredChannel): ConfirmedTx | undefined {
  const spend = fundingSpend(state, state.chain);
  return spend !== undefined && isMutualClose(state, spend.tx) ? spend : undefined;
}

/** Whether the chain has a mutual close: the channel is at its end, failed or not, as long as it does. */
export function isClosed(state: ChannelState): boolean {
  return (state.phase === 'funded' || state.phase === 'failed') && closeOf(state) !== undefined;
}

/** Where a channel stands, for whoever shows it. */
export function statusOf(state: ChannelState): ChannelState['phase'] | 'closed' {
  return isClosed(state) ? 'closed' : state.phase;
}
