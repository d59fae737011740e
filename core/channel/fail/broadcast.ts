import type { Tx } from '../../bitcoin/tx.ts';
import type { Out } from '../step/transition.ts';
import { dependencies } from '../step/transition.ts';
import type { FailedState, FundedState, StoredChannel } from '../model/state.ts';

/** Blocks between two broadcasts of the same transaction: a mempool may have dropped it, or refused it before its parent was there. */
const REBROADCAST_BLOCKS = 6;

/** BOLT 2, funding_signed: on receipt of a valid one, once all is durable. */
export function broadcastFunding(out: Out<FundedState>, tx: Tx): void {
  const { state } = out;
  out.effects.push({ kind: 'broadcast', tx, channelId: state.channelId, purpose: 'funding', after: dependencies(state) });
}

/** A block without news of ours. */
export function broadcastNowAndThen(out: Out<FundedState | FailedState>): void {
  if (out.env.height % REBROADCAST_BLOCKS === 0) broadcastAgain(out);
}

/** Everything that this channel still wants in the chain. */
export function broadcastAgain(out: Out<StoredChannel>): void {
  switch (out.state.phase) {
    case 'funded':
      return broadcastOpen(out as Out<FundedState>);
    case 'failed':
      return broadcastFailed(out as Out<FailedState>);
    case 'closed':
  }
}

function broadcastOpen(out: Out<FundedState>): void {
  const { fundingTx, closingTx: tx, fundings, channelId } = out.state;
  if (fundingTx !== undefined && fundings.some((f) => f.confirmedHeight === undefined)) broadcastFunding(out, fundingTx);
  if (tx !== undefined) out.effects.push({ kind: 'broadcast', tx, channelId, purpose: 'closing', after: dependencies(out.state) });
}

/**
 * What a failed channel wants in the chain. BOLT 5, Failing a Channel: with a valid closing_signed SHOULD perform a mutual close, else MUST
 * broadcast the commitment. Nothing where the state may be old, or the funding output is spent.
 */
export function wantedOf({ closingTx, commitmentToBroadcast, spentBy }: FailedState): Tx | undefined {
  return spentBy === undefined ? (closingTx ?? commitmentToBroadcast) : undefined;
}

/**
 * Waits for the failed state, and for nothing else: a node that crashed in between would go on with the channel, and revoke a commitment
 * that is public.
 */
export function broadcastFailed(out: Out<FailedState>): void {
  const { channelId, version, closingTx } = out.state;
  const tx = wantedOf(out.state);
  if (tx === undefined) return;
  const purpose = tx === closingTx ? 'closing' : 'commitment';
  out.effects.push({ kind: 'broadcast', tx, channelId, purpose, after: [{ sink: 'state', channelId, version }] });
}
