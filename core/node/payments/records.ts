import type { Hash32, Hex } from '../../crypto/bytes.ts';
import type { PaymentEvent } from '../../payments/commands.ts';
import type { Payment } from '../../payments/payment.ts';
import type { Receivable } from '../../payments/receivable.ts';
import type { NodeRecord } from '../../payments/records.ts';
import type { NodeInput, RecordSlot, RecordWord } from '../node-vocabulary.ts';
import { changePayments } from '../run.ts';
import type { Run } from '../run.ts';
import { replaysStored } from './replays.ts';

/** The node's own records: each has its store and its barrier, as a channel has. A store waits for nothing; what rests on it waits for it. */

export function told(events: readonly PaymentEvent[]): readonly RecordWord[] {
  return events.map((event) => ({ kind: 'payment', event }));
}

/** The payment is now this, under the next version; and `words` are heard when that is durable. */
export function keepPayment(run: Run, changed: Payment, words: readonly RecordWord[]): void {
  const { outgoing } = run.state.payments;
  const payment: Payment = { ...changed, version: changed.version + 1 };
  changePayments(run, { outgoing: new Map(outgoing).set(payment.id, nextSlot(outgoing.get(payment.id), payment, words)) });
  store(run, { kind: 'payment', payment }, payment.version);
}

/** The same of what may be paid to us. */
export function keepReceivable(run: Run, changed: Receivable, words: readonly RecordWord[]): void {
  const { incoming } = run.state.payments;
  const receivable: Receivable = { ...changed, version: changed.version + 1 };
  const { paymentHash, version } = receivable;
  changePayments(run, { incoming: new Map(incoming).set(paymentHash, nextSlot(incoming.get(paymentHash), receivable, words)) });
  store(run, { kind: 'invoice', receivable }, version);
}

function store(run: Run, record: NodeRecord, version: number): void {
  run.effects.push({ kind: 'store_record', record, version });
}

function nextSlot<R extends { readonly version: number }>(
  slot: RecordSlot<R> | undefined,
  record: R,
  words: readonly RecordWord[],
): RecordSlot<R> {
  const { version } = record;
  return { record, storedVersion: slot?.storedVersion ?? 0, held: [...(slot?.held ?? []), ...words.map((word) => ({ version, word }))] };
}

/** What rests on the payment's record as it is already. */
export function afterPayment(run: Run, id: Hex, word: RecordWord): void {
  const { outgoing } = run.state.payments;
  const slot = outgoing.get(id);
  if (slot === undefined || slot.storedVersion >= slot.record.version) {
    run.work.push(word);
    return;
  }
  changePayments(run, { outgoing: new Map(outgoing).set(id, nextSlot(slot, slot.record, [word])) });
}

/** The records as a host has durable, each with nothing that waits for it. */
export function restored<K, R extends { readonly version: number }>(
  records: readonly R[],
  keyOf: (record: R) => K,
): ReadonlyMap<K, RecordSlot<R>> {
  return new Map(records.map((record) => [keyOf(record), { record, storedVersion: record.version, held: [] }]));
}

export function forgetPaymentRecord(run: Run, id: Hex): void {
  changePayments(run, { outgoing: without(run.state.payments.outgoing, id) });
  run.effects.push({ kind: 'forget_record', sink: { kind: 'payment', id } });
}

export function forgetReceivable(run: Run, id: Hash32): void {
  changePayments(run, { incoming: without(run.state.payments.incoming, id) });
  run.effects.push({ kind: 'forget_record', sink: { kind: 'invoice', id } });
}

export function without<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
  const left = new Map(map);
  left.delete(key);
  return left;
}

/** A store is done: what waited for it is heard. Of a record that is gone there is nothing to hear. */
export function recordStored(run: Run, { sink, version }: Extract<NodeInput, { kind: 'record_stored' }>): void {
  const { outgoing, incoming } = run.state.payments;
  switch (sink.kind) {
    case 'payment': {
      const slot = released(run, outgoing.get(sink.id), version);
      if (slot !== undefined) changePayments(run, { outgoing: new Map(outgoing).set(sink.id, slot) });
      return;
    }
    case 'invoice': {
      const slot = released(run, incoming.get(sink.id), version);
      if (slot !== undefined) changePayments(run, { incoming: new Map(incoming).set(sink.id, slot) });
      return;
    }
    case 'replays':
      return replaysStored(run, version);
  }
}

function released<R extends { readonly version: number }>(
  { work }: Run,
  slot: RecordSlot<R> | undefined,
  version: number,
): RecordSlot<R> | undefined {
  if (slot === undefined || version <= slot.storedVersion || version > slot.record.version) return undefined;
  const { record, held } = slot;
  for (const known of held) if (known.version <= version) work.push(known.word);
  return { record, storedVersion: version, held: held.filter((known) => known.version > version) };
}
