import type { AddUpdate } from '../../channel/model/state.ts';
import { isRefusal } from '../../channel/model/violation.ts';
import type { ChannelId, Hash32, Preimage } from '../../crypto/bytes.ts';
import { sha256Hex } from '../../crypto/hashes.ts';
import { createInvoice } from '../../invoice/create.ts';
import type { Receive } from '../../onion/instruction.ts';
import type { CreateInvoiceCommand, PaymentEvent } from '../../payments/commands.ts';
import {
  deadlineOf,
  declined,
  failureOf,
  faultOfKeysend,
  faultOfPart,
  join,
  partLost,
  pastDeadline,
  receivedMsat,
  timedOut,
} from '../../payments/htlc-set.ts';
import type { HtlcSet, NotReceived, SetPart } from '../../payments/htlc-set.ts';
import { claimable, declinable, deletable, hashInUse, newInvoice, spontaneous, uninvoiced } from '../../payments/receivable.ts';
import type { Claim, ClaimedPart, Receivable } from '../../payments/receivable.ts';
import { other } from '../../transactions/types.ts';
import { fulfillHtlc, incomingHtlc, recordOf, refuseHtlc } from '../forwarding/answer-htlc.ts';
import { keyOf } from '../node-vocabulary.ts';
import type { RecordWord } from '../node-vocabulary.ts';
import { changePayments, waitUntil } from '../run.ts';
import type { Run } from '../run.ts';
import { networkOf, refuse } from './pay.ts';
import { forgetReceivable, keepReceivable, without } from './records.ts';

/** What is paid to this node: invoices, the sets of their HTLCs, and the decision to claim, which is durable before the first part is claimed. */

/** The name of a set's time limit among the deadlines of the node. */
type SetKey = `set ${Hash32}`;

function setKey(paymentHash: Hash32): SetKey {
  return `set ${paymentHash}`;
}

export function isSetKey(key: string): key is SetKey {
  return key.startsWith('set ');
}

export function hashOf(key: SetKey): Hash32 {
  return key.slice('set '.length) as Hash32;
}

/** Blocks before the first expiry in which nothing is begun any more: a claim takes those that its channel keeps for it, and the next block. */
function claimBlocks({ env }: Run): number {
  return env.config.fulfillDeadlineBlocks + 1;
}

export function createInvoiceOf(run: Run, command: CreateInvoiceCommand): void {
  const { crypto, config } = run.env;
  const { nodeId: payee, sign } = keyOf(run.env);
  const made = newInvoice(crypto, networkOf(config.chainHash), run.state.nowMs, command);
  const refused = isRefusal(made) ? made : hashInUse(receivable(run, made.record.paymentHash));
  if (refused !== undefined) return refuse(run, 'create_invoice', refused);
  if (isRefusal(made)) return;
  const { paymentHash } = made.record;
  let text: string;
  try {
    text = createInvoice(crypto, { payee, sign: (digest) => sign(digest) }, made.details);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return refuse(run, 'create_invoice', uninvoiced(thrown.message));
  }
  keepReceivable(run, made.record, [tell({ kind: 'invoice', paymentHash, text })]);
}

function tell(event: PaymentEvent): RecordWord {
  return { kind: 'payment', event };
}

function receivable({ state }: Run, paymentHash: Hash32): Receivable | undefined {
  return state.payments.incoming.get(paymentHash)?.record;
}

/** Part of what is claimed already: whatever has become of it in between, it is claimed again. */
export function isClaimed(run: Run, channelId: ChannelId, { id, paymentHash }: AddUpdate): boolean {
  const slot = run.state.payments.incoming.get(paymentHash);
  return slot?.record.claim?.parts.some((part) => part.channelId === channelId && part.htlcId === id) === true;
}

/** Whether this node knows what the HTLC is for. */
export function isExpected({ env, state }: Run, { paymentHash }: AddUpdate, { keysendPreimage }: Receive): boolean {
  return state.payments.incoming.has(paymentHash) || (env.config.acceptKeysend && keysendPreimage !== undefined);
}

/** An HTLC that is for this node. */
export function receive(run: Run, channelId: ChannelId, add: AddUpdate, instruction: Receive): void {
  const { paymentHash, id } = add;
  const set = run.state.payments.sets.get(paymentHash);
  if (set?.parts.some((part) => part.channelId === channelId && part.add.id === id) === true) return;
  const known = receivable(run, paymentHash);
  const { keysendPreimage: preimage } = instruction;
  if (known?.paymentSecret === undefined && run.env.config.acceptKeysend && preimage !== undefined)
    return receiveKeysend(run, channelId, add, instruction, preimage);
  const fault = faultOfPart(known, add, instruction, { nowMs: run.state.nowMs, height: run.state.tip.height });
  if (fault !== undefined) return refuseReceived(run, channelId, add, fault);
  const joined = join(set, { channelId, add, amountMsat: instruction.amountMsat }, instruction, run.state.nowMs);
  if ('refused' in joined) {
    if (joined.whole) failSet(run, paymentHash, joined.refused);
    return refuseReceived(run, channelId, add, joined.refused);
  }
  changePayments(run, { sets: new Map(run.state.payments.sets).set(paymentHash, joined.set) });
  waitUntil(run, setKey(paymentHash), joined.set.isComplete ? undefined : joined.set.openedMs + run.env.config.mppTimeoutMs);
  if (joined.set.isComplete) complete(run, known as Receivable, joined.set);
}

function receiveKeysend(run: Run, channelId: ChannelId, add: AddUpdate, instruction: Receive, preimage: Preimage): void {
  const { paymentHash } = add;
  const now = { nowMs: run.state.nowMs, height: run.state.tip.height };
  const isTrue = sha256Hex(run.env.crypto, preimage) === paymentHash;
  const known = receivable(run, paymentHash);
  const fault = isTrue ? faultOfKeysend(known, add, instruction, claimBlocks(run) + 1, now) : faultOfPart(undefined, add, instruction, now);
  if (fault !== undefined) return refuseReceived(run, channelId, add, fault);
  decide(run, spontaneous(paymentHash, preimage), [{ channelId, add, amountMsat: instruction.amountMsat }], preimage);
}

/** All parts are there: claimed at once, or by whoever has to decide. */
function complete(run: Run, known: Receivable, set: HtlcSet): void {
  if (known.claimedBy === 'node' && known.preimage !== undefined) return decide(run, known, set.parts, known.preimage);
  const { paymentHash } = known;
  const { customRecords, parts } = set;
  const deadlineHeight = deadlineOf(set, claimBlocks(run));
  run.work.push(
    tell({ kind: 'claimable', paymentHash, amountMsat: receivedMsat(set), parts: parts.length, deadlineHeight, customRecords }),
  );
}

/** The decision, durable before the first part is claimed. */
function decide(run: Run, known: Receivable, parts: readonly SetPart[], preimage: Preimage): void {
  const { paymentHash } = known;
  const amountMsat = parts.reduce((sum, part) => sum + part.add.amountMsat, 0n);
  const claim: Claim = { preimage, amountMsat, parts: parts.map(({ channelId, add }) => ({ channelId, htlcId: add.id })) };
  forgetSet(run, paymentHash);
  const decided: RecordWord = { kind: 'claim_decided', paymentHash };
  keepReceivable(run, { ...known, claim }, [decided, tell({ kind: 'received', paymentHash, preimage, amountMsat })]);
}

/** The decision is durable: every part is claimed that its channel shows; another one as soon as it does. */
export function claimAll(run: Run, paymentHash: Hash32): void {
  const claim = receivable(run, paymentHash)?.claim;
  for (const part of claim?.parts ?? []) claimPart(run, part, (claim as Claim).preimage);
}

function claimPart(run: Run, { channelId, htlcId }: ClaimedPart, preimage: Preimage): void {
  const channel = run.state.channels.get(channelId)?.state;
  const add = channel && incomingHtlc(channel, htlcId);
  if (channel === undefined || add === undefined || recordOf(channel, htlcId)?.answered !== undefined) return;
  fulfillHtlc(run, channelId, add, preimage, undefined);
}

export function claimPayment(run: Run, paymentHash: Hash32, preimage: Preimage): void {
  const set = run.state.payments.sets.get(paymentHash);
  const known = claimable(run.env.crypto, receivable(run, paymentHash), set?.isComplete === true, preimage);
  if (isRefusal(known)) return refuse(run, 'claim', known);
  decide(run, known, (set as HtlcSet).parts, preimage);
}

export function declinePayment(run: Run, paymentHash: Hash32): void {
  const known = declinable(receivable(run, paymentHash), run.state.payments.sets.get(paymentHash)?.isComplete === true);
  if (isRefusal(known)) return refuse(run, 'decline_payment', known);
  failSet(run, paymentHash, declined());
}

export function forgetInvoice(run: Run, paymentHash: Hash32): void {
  const { incoming, sets } = run.state.payments;
  const slot = incoming.get(paymentHash);
  const isBusy = sets.has(paymentHash) || slot?.held.length !== 0 || slot.record.claim?.parts.some((part) => mayHaveToBeClaimed(run, part));
  const refused = deletable(slot?.record, isBusy === true);
  if (refused !== undefined) return refuse(run, 'forget_invoice', refused);
  forgetReceivable(run, paymentHash);
}

/** Its channel has it still, or came back with so old a state that it may show it yet. */
function mayHaveToBeClaimed({ state }: Run, { channelId, htlcId }: ClaimedPart): boolean {
  const channel = state.channels.get(channelId)?.state;
  if (channel === undefined) return false;
  const { nextHtlcId } = channel.shared.base;
  return incomingHtlc(channel, htlcId) !== undefined || htlcId >= nextHtlcId[other(channel.params.us)];
}

function refuseReceived(run: Run, channelId: ChannelId, add: AddUpdate, fault: NotReceived): void {
  const { rule, detail } = fault;
  const failure = failureOf(fault, add, run.state.tip.height);
  refuseHtlc(run, channelId, add, { rule, detail, cause: { kind: 'own', failure } });
}

function forgetSet(run: Run, paymentHash: Hash32): void {
  if (!run.state.payments.sets.has(paymentHash)) return;
  changePayments(run, { sets: without(run.state.payments.sets, paymentHash) });
  waitUntil(run, setKey(paymentHash), undefined);
}

/** None of it is claimed: every part is failed that its channel can still fail. */
function failSet(run: Run, paymentHash: Hash32, why: NotReceived): void {
  const parts = run.state.payments.sets.get(paymentHash)?.parts ?? [];
  forgetSet(run, paymentHash);
  for (const { channelId, add } of parts) {
    const channel = run.state.channels.get(channelId)?.state;
    if (channel?.phase === 'funded' && recordOf(channel, add.id)?.answered === undefined) refuseReceived(run, channelId, add, why);
  }
}

/** Not all parts came in time. */
export function setTimedOut(run: Run, paymentHash: Hash32): void {
  const set = run.state.payments.sets.get(paymentHash);
  if (set !== undefined) failSet(run, paymentHash, timedOut(set));
}

/** Sets that come too near to an expiry, or have lost a part with its channel. */
export function failLateSets(run: Run): void {
  for (const [paymentHash, set] of run.state.payments.sets) {
    const isLost = set.parts.some(({ channelId }) => run.state.channels.get(channelId)?.state.phase !== 'funded');
    if (isLost) failSet(run, paymentHash, partLost());
    else if (run.state.tip.height >= deadlineOf(set, claimBlocks(run))) failSet(run, paymentHash, pastDeadline(run.state.tip.height));
  }
}
