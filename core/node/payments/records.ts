import type { Hex } from '../../crypto/bytes.ts';
import type { PaymentEvent } from '../../payments/commands.ts';
import type { Payment } from '../../payments/payment.ts';
import type { RecordSink } from '../../payments/records.ts';
import type { NodeInput, NodePayments, RecordSlot, RecordWord } from '../node-vocabulary.ts';
import { draft } from '../run.ts';
import type { Run } from '../run.ts';

/** The node's own records: each has its store and its barrier, as a channel has. A store waits for nothing; what rests on it waits for it. */

export function changePayments(run: Run, change: Partial<NodePayments>): void {
  draft(run).payments = { ...run.state.payments, ...change };
}

export function told(events: readonly PaymentEvent[]): readonly RecordWord[] {
  return events.map((event) => ({ kind: 'payment', event }));
}

/** The record is now this, under the next version; and `words` are heard when that is durable. */
export function keepPayment(run: Run, changed: Payment, words: readonly RecordWord[]): void {
  const { outgoing } = run.state.payments;
  const slot = outgoing.get(changed.id);
  const payment: Payment = { ...changed, version: changed.version + 1 };
  const { version } = payment;
  const held = [...(slot?.held ?? []), ...words.map((word) => ({ version, word }))];
  const next: RecordSlot<Payment> = { record: payment, storedVersion: slot?.storedVersion ?? 0, held };
  changePayments(run, { outgoing: new Map(outgoing).set(payment.id, next) });
  run.effects.push({ kind: 'store_record', record: { kind: 'payment', payment }, version });
}

/** What rests on the record as it is already. */
export function afterPayment(run: Run, id: Hex, word: RecordWord): void {
  const { outgoing } = run.state.payments;
  const slot = outgoing.get(id);
  if (slot === undefined || slot.storedVersion >= slot.record.version) {
    run.work.push(word);
    return;
  }
  const held = [...slot.held, { version: slot.record.version, word }];
  changePayments(run, { outgoing: new Map(outgoing).set(id, { record: slot.record, storedVersion: slot.storedVersion, held }) });
}

export function forgetRecord(run: Run, sink: RecordSink): void {
  run.effects.push({ kind: 'forget_record', sink });
}

/** A store is done: what waited for it is heard. Of a record that is gone there is nothing to hear. */
export function recordStored(run: Run, { sink, version }: Extract<NodeInput, { kind: 'record_stored' }>): void {
  const { outgoing } = run.state.payments;
  const slot = outgoing.get(sink.id);
  if (slot === undefined || version <= slot.storedVersion || version > slot.record.version) return;
  const { record, held } = slot;
  const waiting = held.filter((known) => known.version > version);
  changePayments(run, { outgoing: new Map(outgoing).set(sink.id, { record, storedVersion: version, held: waiting }) });
  for (const known of held) if (known.version <= version) run.work.push(known.word);
}
