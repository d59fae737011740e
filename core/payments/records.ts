import type { Hex } from '../crypto/bytes.ts';
import type { Payment } from './payment.ts';
import { encodePayment } from './stored-form.ts';

/** The records of a node's own: many and small, each with its own versions. The host promises no order between two of them. */
export type NodeRecord = { readonly kind: 'payment'; readonly payment: Payment };

/** Where such a record is made durable. */
export type RecordSink = { readonly kind: 'payment'; readonly id: Hex };

export function sinkOf(record: NodeRecord): RecordSink {
  return { kind: 'payment', id: record.payment.id };
}

/** What a host writes down of it. */
export function encodeRecord(record: NodeRecord): Uint8Array {
  return encodePayment(record.payment);
}

/** A name for it among all sinks of a node. */
export function nameOfSink(sink: RecordSink): string {
  return `${sink.kind} ${sink.id}`;
}
