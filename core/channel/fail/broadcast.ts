import type { Tx } from '../../bitcoin/tx.ts';
import { confirmation } from '../../chain/view.ts';
import { FUNDING_TIMEOUT_BLOCKS, fundingConflict, fundingSpend, isFundingSeen, isUsed } from '../model/ending.ts';
import type { Transition } from '../step/transition.ts';
import { after, monitor } from '../step/transition.ts';
import type { FailedState, FundedState, StoredChannel } from '../model/state.ts';
import { STATE_SINK } from '../model/channel-vocabulary.ts';

/** Blocks between two broadcasts of the same transaction: a mempool may have dropped it, or refused it before its parent was there. */
const REBROADCAST_BLOCKS = 6;

/** BOLT 2, funding_signed: on receipt of a valid one, once all is durable. */
export function broadcastFunding(out: Transition<FundedState | FailedState>, tx: Tx): void {
  out.effects.push({ kind: 'broadcast', tx, channelId: out.state.channelId, purpose: 'funding', after: after(out) });
}

/** A block without news of ours. */
export function broadcastNowAndThen(out: Transition<FundedState | FailedState>): void {
  if (out.env.tip.height % REBROADCAST_BLOCKS === 0) broadcastAgain(out);
}

/** Everything that this channel still wants in the chain. */
export function broadcastAgain(out: Transition<StoredChannel>): void {
  switch (out.state.phase) {
    case 'funded':
      return broadcastOpen(out as Transition<FundedState>);
    case 'failed':
      return broadcastFailedAgain(out as Transition<FailedState>);
  }
}

/** Not what can't confirm, nor, before it was used, what the peer has given up (BOLT 2, channel_ready). */
function broadcastFundings(out: Transition<FundedState | FailedState>): void {
  const { fundings, chain } = out.state;
  if (fundingConflict(out.state) !== undefined) return;
  for (const { tx, output } of fundings) if (tx !== undefined && confirmation(chain, output.txid) === undefined) broadcastFunding(out, tx);
}

function broadcastOpen(out: Transition<FundedState>): void {
  const { closing, channelId, lifecycle } = out.state;
  if (isUsed(out.state) || out.env.tip.height - lifecycle.createdHeight < FUNDING_TIMEOUT_BLOCKS) broadcastFundings(out);
  const { tx } = closing;
  if (tx !== undefined) out.effects.push({ kind: 'broadcast', tx, channelId, purpose: 'closing', after: after(out) });
}

/**
 * What a failed channel wants in the chain. BOLT 5, Failing a Channel: with a valid closing_signed SHOULD perform a mutual close, else MUST
 * broadcast the commitment. Nothing where the state may be old, or the funding output is spent.
 */
export function wantedOf(state: FailedState): Tx | undefined {
  const { closing, failure, chain } = state;
  if (fundingSpend(state, chain) !== undefined || fundingConflict(state) !== undefined) return undefined;
  return closing.tx ?? failure.commitmentToBroadcast;
}

/** Nobody can take a commitment before its funding; one that both have used must come back first, and of another nothing is lost. */
function broadcastFailedAgain(out: Transition<FailedState>): void {
  if (!isFundingSeen(out.state)) {
    if (!isUsed(out.state)) return;
    broadcastFundings(out);
  }
  broadcastFailed(out);
}

/**
 * Waits for the failed state, and for nothing else: a node that crashed in between would go on with the channel, and revoke a commitment
 * that is public.
 */
export function broadcastFailed(out: Transition<FailedState>): void {
  const { channelId, durability, closing } = out.state;
  const tx = wantedOf(out.state);
  if (tx === undefined) return;
  const purpose = tx === closing.tx ? 'closing' : 'commitment';
  out.effects.push({ kind: 'broadcast', tx, channelId, purpose, after: [{ sink: STATE_SINK, channelId, version: durability.version }] });
}

/**
 * Watchers may give our commitment to the chain, too, once the failed state is durable: we never revoke it from then on. They are told also where
 * the funding output is spent: the chain may take that back.
 */
export function tellFinal(out: Transition<FailedState>): void {
  const { failure, shared, params, closing } = out.state;
  const tx = failure.commitmentToBroadcast;
  if (tx === undefined || closing.tx !== undefined) return;
  monitor(out, { kind: 'final', number: shared.commitments[params.us].current.number, tx });
}
