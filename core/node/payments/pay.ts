import { isRefusal } from '../../channel/model/violation.ts';
import type { Refusal } from '../../channel/model/violation.ts';
import type { Hash32, Hex } from '../../crypto/bytes.ts';
import type { Network } from '../../invoice/amount.ts';
import { beginAttempt, planAttempt } from '../../payments/attempt.ts';
import type { GivenRoutes, PayCommand, PaymentCommand, RouteCommand } from '../../payments/commands.ts';
import { awaited, begin, forgettable } from '../../payments/pay.ts';
import { committedFeeMsat, missingMsat, stop } from '../../payments/payment.ts';
import type { FailureReason, Payment } from '../../payments/payment.ts';
import { tidings } from '../../payments/tidings.ts';
import { CHAIN_HASHES } from '../config.ts';
import { keyOf } from '../node-vocabulary.ts';
import type { RecordWord } from '../node-vocabulary.ts';
import { changePayments, waitUntil } from '../run.ts';
import type { Run } from '../run.ts';
import { channelOfShortId, ownChannels } from './own-channels.ts';
import { forgetPaymentRecord, keepPayment, told } from './records.ts';

/** Payments of the node's own: begun, given routes, ended, and forgotten. */

/** The name of a payment's time limit among the deadlines of the node. */
type PaymentKey = `payment ${Hex}`;

function paymentKey(id: Hex): PaymentKey {
  return `payment ${id}`;
}

export function isPaymentKey(key: string): key is PaymentKey {
  return key.startsWith('payment ');
}

export function paymentOf(key: PaymentKey): Hex {
  return key.slice('payment '.length);
}

export function networkOf(chainHash: Hash32): Network | undefined {
  for (const network of ['bitcoin', 'regtest'] as const) if (CHAIN_HASHES[network] === chainHash) return network;
  return undefined;
}

export function refuse(run: Run, command: PaymentCommand['kind'], { rule, detail }: Refusal): void {
  run.effects.push({ kind: 'refused', command, rule, detail });
}

export function pay(run: Run, command: PayCommand): void {
  const { nodeId } = keyOf(run.env);
  const payer = { crypto: run.env.crypto, nodeId, network: networkOf(run.env.config.chainHash), nowMs: run.state.nowMs };
  const known = Array.from(run.state.payments.outgoing.values(), ({ record }) => record);
  const begun = begin(payer, command, known);
  if (isRefusal(begun)) return refuse(run, 'pay', begun);
  const { given } = command;
  const attempt = given === undefined ? undefined : plan(run, begun, given);
  if (attempt !== undefined && isRefusal(attempt)) return refuse(run, 'pay', attempt);
  if (attempt === undefined) keepPayment(run, begun, []);
  else keepPayment(run, attempt.payment, attempt.words);
  limitTime(run, begun);
  if (attempt === undefined) want(run, begun.id);
}

interface Attempt {
  readonly payment: Payment;
  readonly words: readonly RecordWord[];
}

/** An attempt by these routes: its parts go out when it is durable. */
function plan(run: Run, payment: Payment, given: GivenRoutes): Attempt | Refusal {
  const { crypto } = run.env;
  const sender = { crypto, height: run.state.tip.height, channelOf: (scid: bigint) => channelOfShortId(run, scid) };
  const planned = planAttempt(sender, payment, given);
  if (isRefusal(planned)) return planned;
  const words = planned.map(({ part: { attempt, part }, onion }): RecordWord => {
    return { kind: 'part_begins', paymentId: payment.id, attempt, part, onion };
  });
  return { payment: beginAttempt(payment, planned), words };
}

/** From the moment at which it was asked for; a clock that went back counts as no time. */
export function limitTime(run: Run, payment: Payment): void {
  const { id, startedMs, limits, stopped, preimage } = payment;
  const isOver = stopped !== undefined || preimage !== undefined;
  waitUntil(run, paymentKey(id), isOver ? undefined : Math.min(startedMs, run.state.nowMs) + limits.timeoutMs);
}

/** A router is to be asked, as soon as there is a channel to go out by. */
export function want(run: Run, id: Hex): void {
  const { wanted } = run.state.payments;
  if (!wanted.has(id)) changePayments(run, { wanted: new Set(wanted).add(id) });
}

function unask(run: Run, id: Hex): void {
  const { wanted, asked } = run.state.payments;
  if (wanted.has(id)) changePayments(run, { wanted: new Set([...wanted].filter((other) => other !== id)) });
  if (asked.has(id)) changePayments(run, { asked: new Set([...asked].filter((other) => other !== id)) });
}

/** Asks for the routes of all payments that want one. */
export function askForRoutes(run: Run): void {
  const { wanted, outgoing } = run.state.payments;
  if (wanted.size === 0) return;
  const channels = ownChannels(run);
  if (channels.length === 0) return;
  changePayments(run, { wanted: new Set(), asked: new Set([...run.state.payments.asked, ...wanted]) });
  for (const paymentId of wanted) {
    const payment = outgoing.get(paymentId)?.record;
    if (payment === undefined) continue;
    const { recipient, limits, parts, learned } = payment;
    const { nodeId: to, finalCltvDelta, routeHints, multiPart } = recipient;
    const maxParts = multiPart ? limits.maxParts - parts.length : 1;
    const maxFeeMsat = limits.maxFeeMsat - committedFeeMsat(payment);
    const bounds = { amountMsat: missingMsat(payment), maxParts, maxFeeMsat, maxCltvDelta: limits.maxCltvDelta };
    const question = { from: keyOf(run.env).nodeId, to, finalCltvDelta, routeHints, channels, learned, ...bounds };
    run.effects.push({ kind: 'ask_route', paymentId, question });
  }
}

/** The router has found a way. */
export function takeRoutes(run: Run, command: RouteCommand): void {
  const { paymentId } = command;
  const payment = askedFor(run, paymentId);
  if (isRefusal(payment)) return refuse(run, 'route', payment);
  const attempt = plan(run, payment, command);
  if (isRefusal(attempt)) return refuse(run, 'route', attempt);
  unask(run, paymentId);
  keepPayment(run, attempt.payment, attempt.words);
}

export function noRoute(run: Run, paymentId: Hex, why: string): void {
  const payment = askedFor(run, paymentId);
  if (isRefusal(payment)) return refuse(run, 'no_route', payment);
  giveUp(run, payment, { kind: 'no_route', detail: why });
}

function askedFor(run: Run, paymentId: Hex): Payment | Refusal {
  const { outgoing, asked } = run.state.payments;
  return awaited(outgoing.get(paymentId)?.record, asked.has(paymentId));
}

/** Its time is over: nothing more is tried, and what is in flight goes on. */
export function paymentTimedOut(run: Run, id: Hex): void {
  const payment = run.state.payments.outgoing.get(id)?.record;
  if (payment !== undefined) giveUp(run, payment, { kind: 'time', detail: `${payment.limits.timeoutMs} ms are over` });
}

function giveUp(run: Run, payment: Payment, reason: FailureReason): void {
  changePayment(run, payment, stop(payment, reason), []);
}

/** The record changes: its host hears what that means for it, and what is missing now is looked for. `words`: what else rests on it. */
export function changePayment(run: Run, before: Payment, after: Payment, words: readonly RecordWord[]): void {
  if (after === before) return;
  keepPayment(run, after, [...words, ...told(tidings(before, after))]);
  limitTime(run, after);
  if (missingMsat(after) === 0n) unask(run, after.id);
  else if (!run.state.payments.asked.has(after.id)) want(run, after.id);
}

export function forgetPayment(run: Run, id: Hex): void {
  const slot = run.state.payments.outgoing.get(id);
  const refused = forgettable(slot?.record, slot?.held.length === 0);
  if (refused !== undefined) return refuse(run, 'forget_payment', refused);
  forgetPaymentRecord(run, id);
}
