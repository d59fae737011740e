import type { ChannelId } from '../../crypto/bytes.ts';
import { missingMsat } from '../../payments/payment.ts';
import type { Payment } from '../../payments/payment.ts';
import { tidingsAgain } from '../../payments/tidings.ts';
import type { RecordSlot } from '../node-vocabulary.ts';
import type { Run } from '../run.ts';
import { limitTime, want } from './pay.ts';
import { changePayments, told } from './records.ts';

/** What was durable of the node's payments: outcomes are told again, routes asked for again, and parts are where their channels show them. */
export function restorePayments(run: Run, payments: readonly Payment[]): void {
  if (payments.length === 0) return;
  const outgoing = new Map(
    payments.map((record): [string, RecordSlot<Payment>] => [record.id, { record, storedVersion: record.version, held: [] }]),
  );
  const unproven = new Set<ChannelId>(payments.flatMap(({ parts }) => parts.map(({ channelId }) => channelId)));
  changePayments(run, { outgoing, unproven });
  for (const payment of payments) {
    run.work.push(...told(tidingsAgain(payment)));
    limitTime(run, payment);
    if (missingMsat(payment) > 0n) want(run, payment.id);
  }
}
