import { depth, SAFE_DEPTH } from '../../chain/view.ts';
import { fundingSpend, isClosed } from '../../channel/model/ending.ts';
import type { StoredChannel } from '../../channel/model/state.ts';
import { knownOrigins } from '../../channel/model/known-origins.ts';
import type { HtlcResolved } from '../../channel/model/channel-vocabulary.ts';
import type { Origin } from '../../channel/model/origin.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import { readFailure } from '../../onion/failure-onion.ts';
import { ownChannelRefused, lessonOf } from '../../payments/lesson.ts';
import type { Lesson } from '../../payments/lesson.ts';
import { fail, partNamed, settle } from '../../payments/payment.ts';
import type { Part, PartHop, Payment } from '../../payments/payment.ts';
import { keyOf } from '../node-vocabulary.ts';
import type { ChannelSlot, RecordWord } from '../node-vocabulary.ts';
import { hand } from '../forwarding/waiting.ts';
import { changePayments } from '../run.ts';
import type { Run } from '../run.ts';
import { changePayment } from './pay.ts';
import { afterPayment } from './records.ts';

/** The HTLCs of the node's own payments: handed to their channels, and ended by them. */

export type OwnOrigin = Extract<Origin, { kind: 'own' }>;

interface Named {
  readonly payment: Payment;
  readonly part: Part | undefined;
}

function named({ state }: Run, { paymentId, attempt, part }: Omit<OwnOrigin, 'kind'>): Named | undefined {
  const payment = state.payments.outgoing.get(paymentId)?.record;
  return payment && { payment, part: partNamed(payment, { attempt, part }) };
}

/** Its attempt is durable: it goes to its channel, which signs for it as soon as it can. */
export function partBegins(run: Run, { paymentId, attempt, part: number, onion }: Extract<RecordWord, { kind: 'part_begins' }>): void {
  const known = named(run, { paymentId, attempt, part: number });
  if (known?.part === undefined) return;
  const { payment, part } = known;
  const { amountMsat, cltvExpiry } = part.hops[0] as PartHop;
  const origin: Origin = { kind: 'own', paymentId, attempt, part: number };
  const { paymentHash } = payment;
  const refused = run.state.channels.has(part.channelId)
    ? hand(run, part.channelId, { origin, amountMsat, paymentHash, cltvExpiry, onion, pathKey: undefined }, true)
    : 'gone';
  if (refused !== undefined) partGivenBack(run, origin);
}

/** Its channel did not take it: nothing of it has left. */
export function partGivenBack(run: Run, origin: OwnOrigin): void {
  const known = named(run, origin);
  if (known?.part === undefined) return;
  const { payment, part } = known;
  const learned = ownChannelRefused(payment.learned, keyOf(run.env).nodeId, part);
  changePayment(run, payment, fail(payment, part, learned, undefined), []);
}

/** What became of a part. The channel may forget it when the record that has it is durable. False where it is of no payment of this node's. */
export function partResolved(
  run: Run,
  origin: OwnOrigin,
  { channelId, eventId, resolution }: Pick<HtlcResolved, 'channelId' | 'eventId' | 'resolution'>,
): boolean {
  const known = named(run, origin);
  if (known === undefined) return false;
  const { payment, part } = known;
  const kept: RecordWord = { kind: 'resolution_kept', channelId, eventId };
  // Told again, after the record had it.
  if (part === undefined) {
    afterPayment(run, payment.id, kept);
    return true;
  }
  switch (resolution.kind) {
    case 'payment_sent':
      changePayment(run, payment, settle(payment, part, resolution.preimage), [kept]);
      return true;
    case 'payment_failed': {
      const { learned, fatal } = lesson(run, payment, part, resolution.failure);
      changePayment(run, payment, fail(payment, part, learned, fatal), [kept]);
      return true;
    }
  }
}

type Failed = Extract<HtlcResolved['resolution'], { kind: 'payment_failed' }>['failure'];

function lesson({ env }: Run, { learned }: Payment, part: Part, failure: Failed): Lesson {
  const { nodeId } = keyOf(env);
  // No signature covered it.
  if (failure === undefined) return { learned: ownChannelRefused(learned, nodeId, part), fatal: undefined };
  switch (failure.kind) {
    case 'fail':
      return lessonOf(learned, nodeId, part, readFailure(env.crypto, part.sharedSecrets, failure.reason, failure.attribution));
    case 'fail_malformed':
      // The peer itself could not read the onion, or says so.
      return lessonOf(learned, nodeId, part, { source: undefined, holdTimes: [], unattributed: 0 });
  }
}

/**
 * What a channel doesn't show isn't there: it is gone, it has been closed, it has resumed with its peer since the node started, or the chain has
 * decided, beyond doubt and by a commitment that it knows.
 */
function provesAbsence(slot: ChannelSlot | undefined): boolean {
  return slot === undefined || slot.current || isClosed(slot.state) || isDecided(slot.state);
}

function isDecided({ fundings, chain }: StoredChannel): boolean {
  const spend = fundingSpend({ fundings }, chain);
  if (spend === undefined || depth(chain, spend.txid) < SAFE_DEPTH) return false;
  return fundings.some(({ txids: { opener, accepter } }) =>
    [opener.current, opener.next, accepter.current, accepter.next].includes(spend.txid),
  );
}

/** After a restart: parts that were lost with what was not durable, wherever their channels have shown so. */
export function findLostParts(run: Run): void {
  for (const channelId of run.state.payments.unproven) {
    const slot = run.state.channels.get(channelId);
    if (!provesAbsence(slot)) continue;
    changePayments(run, { unproven: new Set([...run.state.payments.unproven].filter((other) => other !== channelId)) });
    const origins = slot === undefined ? [] : knownOrigins(slot.state);
    for (const { record } of run.state.payments.outgoing.values()) loseParts(run, record, channelId, origins);
  }
}

function loseParts(run: Run, payment: Payment, channelId: ChannelId, origins: readonly Origin[]): void {
  const { id } = payment;
  const isKnown = ({ attempt, part }: Part): boolean =>
    origins.some((origin) => origin.kind === 'own' && origin.paymentId === id && origin.attempt === attempt && origin.part === part);
  const lost = payment.parts.filter((part) => part.channelId === channelId && !isKnown(part));
  let after = payment;
  for (const part of lost) after = fail(after, part, after.learned, undefined);
  changePayment(run, payment, after, []);
}
