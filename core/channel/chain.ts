import type { Tx } from '../bitcoin/tx.ts';
import { isChainRefusal } from '../chain/update.ts';
import type { ChainUpdate, ConfirmedTx } from '../chain/update.ts';
import { applyUpdate, depth, SAFE_DEPTH } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import type { Txid } from '../crypto/bytes.ts';
import { placeSeen } from './announce/announcement-signatures.ts';
import { excuseAway, tellLate } from './awaited.ts';
import { missedClosing } from './close/closing-signed.ts';
import { closeOf, fundingConflict, fundingSpend, isConfirmed, isFundingSeen, touches } from './model/ending.ts';
import { shortChannelIdOfChannel } from './model/place.ts';
import { fundingSeen, missedReady } from './establish/channel-ready.ts';
import { broadcastAgain, broadcastNowAndThen } from './fail/broadcast.ts';
import { failChannel, failUnfunded, failUnsigned, isOfOurTime } from './fail/fail-channel.ts';
import { forgetWhatIsOver } from './fail/forget.ts';
import { missedDeadline } from './operate/deadlines.ts';
import { presentUnanswered } from './commitments/irrevocable.ts';
import { failLate } from './operate/fail-unacceptable.ts';
import { tellUsable } from './retransmit/channel-reestablish.ts';
import { draft, draftHost } from './step/draft.ts';
import type { Transition } from './step/transition.ts';
import { addEvent, notifyEvents, persist } from './step/transition.ts';
import type { FailedState, FundedState, StoredChannel } from './model/state.ts';
import type { Violation } from './model/violation.ts';

/**
 * What has become of the chain. The channel folds it into its view, and asks anew all that depends on it. What it concludes never discards
 * what it has seen: nothing here is a violation that would throw the step away.
 */
export function chainSeen(out: Transition<StoredChannel>, update: ChainUpdate): void {
  const before = out.state.chain;
  const view = applyUpdate(before, update, (confirmed) => touches(out.state, confirmed));
  // The node asks every channel before it lets any of them take an update.
  if (isChainRefusal(view)) throw new Error(`an update of the chain that does not fit: ${view.detail}`);
  if (view === before) return;
  draft(out).chain = view;
  const close = closeOf(out.state);
  if (close !== undefined) tellClose(out, close.txid);
  else if (out.state.phase === 'funded') fundedSeen(out as Transition<FundedState>, before);
  else failedSeen(out as Transition<FailedState>, before);
  if (isForgotten(out)) return;
  // So that a reorganisation while the node is down is seen.
  if (view.transactions !== before.transactions) persist(out);
  forgetWhatIsOver(out);
}

function isForgotten(out: Transition): boolean {
  return out.state.phase === 'forgotten';
}

/** The host is told once, whatever the chain does with the transaction afterwards. */
function tellClose(out: Transition<StoredChannel>, closingTxid: Txid): void {
  const { toldClose, nextEventId } = out.state.host;
  if (toldClose === closingTxid) return;
  draftHost(out).toldClose = closingTxid;
  addEvent(out, { kind: 'channel_closed', closingTxid });
  persist(out);
  notifyEvents(out, nextEventId);
}

function failFor(out: Transition<FundedState>, { rule, detail }: Violation): void {
  const { channelId, params } = out.state;
  out.effects.push({ kind: 'violated', peer: params.peer, channelId, rule, detail });
  failChannel(out, rule, detail);
}

function fundedSeen(out: Transition<FundedState>, before: View): void {
  const { readySent } = out.state.lifecycle;
  const wrong = fundingSeen(out, before);
  if (wrong !== undefined) return failFor(out, wrong);
  if (out.state.phase !== 'funded') return;
  if (shortChannelIdOfChannel(out.state) !== shortChannelIdOfChannel({ fundings: out.state.fundings, chain: before })) placeSeen(out);
  const spend = fundingSpend(out.state, out.state.chain);
  if (spend !== undefined) {
    // BOLT 5: a commitment is in the chain, whoever broadcast it. What remains is the chain's business.
    failChannel(out, 'channel.funding_spent', 'the funding output was spent by a commitment transaction', { told: true, spend: spend.tx });
    return;
  }
  const conflict = safeConflict(out.state);
  if (conflict !== undefined) {
    failChannel(out, 'channel.funding_double_spent', `${conflict.txid} has spent what the funding was to spend`, { neverFunded: true });
    return;
  }
  const away = excuseAway(out, before.tip.height);
  const missed = missedDeadline(out.env, out.state) ?? missedReady(out.env, out.state) ?? missedClosing(out.env, out.state);
  if (missed !== undefined) return failFor(out, missed);
  tellLate(out, before.tip.height + away);
  failLate(out);
  if (isConfirmed(out.state) && !isConfirmed(out.state, before)) fundingBack(out, readySent);
  rebroadcast(out, before);
}

/** The funding is deep enough, for the first time unless `again`: what came while it was too new, or gone, is presented. */
function fundingBack(out: Transition<FundedState>, again: boolean): void {
  if (again) tellUsable(out);
  presentUnanswered(out);
}

/** What has spent otherwise what the funding was to spend, so deep that it stays. */
function safeConflict(state: StoredChannel): ConfirmedTx | undefined {
  const conflict = fundingConflict(state);
  return conflict !== undefined && depth(state.chain, conflict.txid) >= SAFE_DEPTH ? conflict : undefined;
}

/** BOLT 5: the chain decides. After a commitment nothing of ours is broadcast any more, as long as the chain has it. */
function failedSeen(out: Transition<FailedState>, before: View): void {
  if (safeConflict(out.state) !== undefined) failUnfunded(out);
  const spend = fundingSpend(out.state, out.state.chain);
  const isNew = isFundingSeen(out.state) && !isFundingSeen({ fundings: out.state.fundings, chain: before });
  if (spend === undefined && isNew) broadcastAgain(out);
  else if (spend === undefined) rebroadcast(out, before);
  else if (spend !== fundingSpend(out.state, before)) commitmentSeen(out, spend.tx);
}

function commitmentSeen(out: Transition<FailedState>, tx: Tx): void {
  const { nextEventId } = out.state.host;
  if (isOfOurTime(out.env, out.state, tx)) failUnsigned(out);
  persist(out);
  notifyEvents(out, nextEventId);
}

/** At once what is not in the chain any more, and all of it now and then. */
function rebroadcast(out: Transition<FundedState | FailedState>, { transactions }: View): void {
  const { chain } = out.state;
  if (transactions.every((confirmed) => chain.transactions.includes(confirmed))) broadcastNowAndThen(out);
  else broadcastAgain(out);
}
