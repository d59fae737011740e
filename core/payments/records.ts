import type { Hash32, Hex } from '../crypto/bytes.ts';
import type { Payment } from './payment.ts';
import type { Receivable } from './receivable.ts';
import type { ReplayIncrement } from './replay-log.ts';
import { encodePayment, encodeReceivable, encodeReplays } from './stored-form.ts';

/** The records of a node's own: many and small, each with its own versions. The host promises no order between two of them. */
export type NodeRecord =
  | { readonly kind: 'payment'; readonly payment: Payment }
  | { readonly kind: 'invoice'; readonly receivable: Receivable }
  | { readonly kind: 'replays'; readonly increment: ReplayIncrement };

/** Where such a record is made durable: a payment by its host's name for it, what may be paid to us by its hash, each increment of the log by its version. */
export type RecordSink =
  | { readonly kind: 'payment'; readonly id: Hex }
  | { readonly kind: 'invoice'; readonly id: Hash32 }
  | { readonly kind: 'replays'; readonly id: number };

export function sinkOf(record: NodeRecord): RecordSink {
  switch (record.kind) {
    case 'payment':
      return { kind: 'payment', id: record.payment.id };
    case 'invoice':
      return { kind: 'invoice', id: record.receivable.paymentHash };
    case 'replays':
      return { kind: 'replays', id: record.increment.version };
  }
}

/** What a host writes down of it. */
export function encodeRecord(record: NodeRecord): Uint8Array {
  switch (record.kind) {
    case 'payment':
      return encodePayment(record.payment);
    case 'invoice':
      return encodeReceivable(record.receivable);
    case 'replays':
      return encodeReplays(record.increment);
  }
}

/** A name for it among all sinks of a node. */
export function nameOfSink({ kind, id }: RecordSink): string {
  return `${kind} ${id}`;
}
