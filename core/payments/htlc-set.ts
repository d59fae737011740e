import type { ChannelId } from '../crypto/bytes.ts';
import type { AddUpdate } from '../channel/model/state.ts';
import type { Failure } from '../onion/failure-messages.ts';
import type { Receive } from '../onion/instruction.ts';
import type { TlvRecord } from '../wire/codec.ts';
import type { Receivable } from './receivable.ts';
import type { RECEIVE_RULES } from './rules.ts';

/** BOLT 4, Basic Multi-Part Payments: the HTLCs of one payment that wait for each other. In memory alone: after a restart they are presented again. */
export interface HtlcSet {
  readonly totalMsat: bigint;
  readonly parts: readonly SetPart[];
  /** The first came then, in wall time. */
  readonly openedMs: number;
  /** All parts are there: it takes no more. */
  readonly isComplete: boolean;
  readonly customRecords: readonly TlvRecord[];
}
export interface SetPart {
  readonly channelId: ChannelId;
  readonly add: AddUpdate;
  /** `amt_to_forward`: what counts. */
  readonly amountMsat: bigint;
}

/** Why an HTLC is not taken, or a set given up, and what the payer is told. */
export interface NotReceived {
  readonly rule: keyof typeof RECEIVE_RULES;
  readonly detail: string;
  /** Of the answer that all causes have which a stranger could probe for. */
  readonly failure: 'details' | 'mpp_timeout';
}

/** HTLCs that one payment may have. */
export const MAX_SET_PARTS = 100;

/** What its payer is told: alike for everything that would tell a prober something. */
export function failureOf({ failure }: NotReceived, { amountMsat }: AddUpdate, height: number): Failure {
  switch (failure) {
    case 'details':
      return { type: 'incorrect_or_unknown_payment_details', htlcMsat: amountMsat, height };
    case 'mpp_timeout':
      return { type: 'mpp_timeout' };
  }
}

export function notReceived(rule: NotReceived['rule'], detail: string, failure: NotReceived['failure'] = 'details'): NotReceived {
  return { rule, detail, failure };
}

interface Now {
  readonly nowMs: number;
  readonly height: number;
}

/** BOLT 4, Failure Messages, the final node: what an HTLC that is for us has wrong by itself. */
export function faultOfPart(
  known: Receivable | undefined,
  add: AddUpdate,
  { totalMsat, paymentSecret, paymentMetadata }: Receive,
  now: Now,
): NotReceived | undefined {
  if (known?.paymentSecret === undefined) return notReceived('receive.unknown_hash', 'no invoice of this hash');
  if (known.paymentSecret !== paymentSecret) return notReceived('receive.payment_secret', 'not that of the invoice');
  if (known.claim !== undefined) return notReceived('receive.already_paid', 'it is paid');
  const { amountMsat: asked, minFinalCltvExpiryDelta } = known;
  if (known.paymentMetadata !== undefined && known.paymentMetadata !== paymentMetadata)
    return notReceived('receive.payment_metadata', 'not that of the invoice');
  if (asked !== undefined && totalMsat < asked) return notReceived('receive.too_little', `${totalMsat} msat, asked for ${asked}`);
  if (asked !== undefined && totalMsat > 2n * asked) return notReceived('receive.too_much', `${totalMsat} msat, asked for ${asked}`);
  if (add.cltvExpiry < now.height + minFinalCltvExpiryDelta)
    return notReceived('receive.final_expiry', `expires at ${add.cltvExpiry}, height is ${now.height}`);
  return now.nowMs >= known.expiresAtMs ? notReceived('receive.invoice_expired', 'nobody should pay it any more') : undefined;
}

/** bLIP 3: what a payment that nobody asked for has wrong. */
export function faultOfKeysend(
  known: Receivable | undefined,
  add: AddUpdate,
  { amountMsat, totalMsat }: Receive,
  least: number,
  now: Now,
): NotReceived | undefined {
  if (known !== undefined) return notReceived('receive.already_paid', 'the hash is in use');
  if (totalMsat !== amountMsat) return notReceived('receive.keysend_parts', `${amountMsat} msat of ${totalMsat}`);
  return add.cltvExpiry < now.height + least
    ? notReceived('receive.final_expiry', `expires at ${add.cltvExpiry}, height is ${now.height}`)
    : undefined;
}

export type Joined = { readonly set: HtlcSet } | { readonly refused: NotReceived; readonly whole: boolean };

/** An HTLC joins the set of its hash. `whole`: all others fail with it. */
export function join(set: HtlcSet | undefined, part: SetPart, { totalMsat, customRecords }: Receive, nowMs: number): Joined {
  if (set === undefined) return { set: completed({ totalMsat, parts: [part], openedMs: nowMs, isComplete: false, customRecords }) };
  if (set.isComplete) return { refused: notReceived('receive.already_paid', 'all parts are there'), whole: false };
  if (set.totalMsat !== totalMsat)
    return { refused: notReceived('receive.other_total', `${totalMsat} msat, others said ${set.totalMsat}`), whole: true };
  if (set.parts.length >= MAX_SET_PARTS)
    return { refused: notReceived('receive.too_many_parts', `more than ${MAX_SET_PARTS}`), whole: true };
  return { set: completed({ ...set, parts: [...set.parts, part], customRecords: [...set.customRecords, ...customRecords] }) };
}

function completed(set: HtlcSet): HtlcSet {
  return { ...set, isComplete: receivedMsat(set) >= set.totalMsat };
}

/** What its parts bring. */
export function receivedMsat({ parts }: HtlcSet): bigint {
  return parts.reduce((sum, { amountMsat }) => sum + amountMsat, 0n);
}

/** The height at which it is given up: `claimBlocks` before the first of its HTLCs expires, which a claim on the chain may need. */
export function deadlineOf({ parts }: HtlcSet, claimBlocks: number): number {
  return Math.min(...parts.map(({ add }) => add.cltvExpiry)) - claimBlocks;
}

/** Not all parts came in time. */
export function timedOut(set: HtlcSet): NotReceived {
  return notReceived('receive.mpp_timeout', `${receivedMsat(set)} msat of ${set.totalMsat} have come`, 'mpp_timeout');
}

/** Its host has let the time pass in which a claim could be enforced. */
export function pastDeadline(height: number): NotReceived {
  return notReceived('receive.deadline', `undecided at height ${height}`);
}

export function partLost(): NotReceived {
  return notReceived('receive.part_lost', 'the channel of a part has failed');
}

export function declined(): NotReceived {
  return notReceived('receive.declined', 'its host does not want it');
}
