import type { Outpoint, Tx } from '../../bitcoin/tx.ts';
import type { ConfirmedTx } from '../../chain/update.ts';
import { confirmation, depth, spendOf } from '../../chain/view.ts';
import type { View } from '../../chain/view.ts';
import type { ChannelState, FundedBase, StoredChannel } from './state.ts';

/** What the chain has made of a channel: asked of its view each time, since a reorganisation may take it back. */

/** BOLT 2, channel_ready: blocks until the accepter forgets a channel whose funding it has not seen. */
export const FUNDING_TIMEOUT_BLOCKS = 2016;

type Fundings = Pick<FundedBase, 'fundings'>;

function isFunding({ fundings }: Fundings, { txid, vout }: Outpoint): boolean {
  return fundings.some(({ output }) => output.txid === txid && output.vout === vout);
}

/** Whether a transaction belongs into the channel's view: it has a funding output, spends one, or spends what a funding does. */
export function touches(channel: Fundings, { txid, tx }: ConfirmedTx): boolean {
  return (
    channel.fundings.some((funding) => funding.output.txid === txid || sharesInput(funding.tx, tx)) ||
    tx.inputs.some((input) => isFunding(channel, input))
  );
}

function sharesInput(funding: Tx | undefined, tx: Tx): boolean {
  if (funding === undefined) return false;
  return funding.inputs.some((own) => tx.inputs.some(({ txid, vout }) => txid === own.txid && vout === own.vout));
}

/** The transaction in the chain that spends what a funding was to spend: as long as it is there, that funding can't be. */
export function fundingConflict({ fundings, chain }: Pick<FundedBase, 'fundings' | 'chain'>): ConfirmedTx | undefined {
  for (const { output, tx: funding } of fundings) {
    const conflict = chain.transactions.find(({ txid, tx }) => txid !== output.txid && sharesInput(funding, tx));
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

/** Whether every funding is as deep as was agreed: asked each time that somebody relies on it. */
export function isConfirmed(state: FundedBase, chain = state.chain): boolean {
  // Without option_zeroconf nobody relies on an unconfirmed funding, whatever depth was agreed.
  return fundingDepth({ fundings: state.fundings, chain }) >= Math.max(1, state.params.minimumDepth);
}

/** Whether a commitment other than the first was ever signed: before that nothing is revoked, and nothing has been paid. */
export function isUsed({ shared }: Pick<FundedBase, 'shared'>): boolean {
  const { opener, accepter } = shared.commitments;
  return [opener, accepter].some(({ current, next }) => next !== undefined || current.number > 0n);
}

/** Whether some funding is in the chain. */
export function isFundingSeen({ fundings, chain }: Pick<FundedBase, 'fundings' | 'chain'>): boolean {
  return fundings.some(({ output }) => confirmation(chain, output.txid) !== undefined);
}

/** Confirmations that every funding has. */
export function fundingDepth({ fundings, chain }: Pick<FundedBase, 'fundings' | 'chain'>): number {
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
