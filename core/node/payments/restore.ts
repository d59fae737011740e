import type { ChannelId } from '../../crypto/bytes.ts';
import { missingMsat } from '../../payments/payment.ts';
import { foldReplays } from '../../payments/replay-log.ts';
import { tidingsAgain } from '../../payments/tidings.ts';
import type { DurableRecords } from '../node-vocabulary.ts';
import { changePayments } from '../run.ts';
import type { Run } from '../run.ts';
import { limitTime, want } from './pay.ts';
import { restored, told } from './records.ts';

/**
 * What was durable of the node's payments: outcomes are told again, routes asked for again, decisions to claim carried out. Parts are where their
 * channels show them.
 */
export function restorePayments(run: Run, { payments, receivables, replays }: DurableRecords): void {
  const outgoing = restored(payments, ({ id }) => id);
  const incoming = restored(receivables, ({ paymentHash }) => paymentHash);
  const unproven = new Set<ChannelId>(payments.flatMap(({ parts }) => parts.map(({ channelId }) => channelId)));
  changePayments(run, { outgoing, incoming, unproven, replays: foldReplays(replays) });
  for (const payment of payments) {
    run.work.push(...told(tidingsAgain(payment)));
    limitTime(run, payment);
    if (missingMsat(payment) > 0n) want(run, payment.id);
  }
  for (const { paymentHash, claim } of receivables) {
    if (claim === undefined) continue;
    const { preimage, amountMsat } = claim;
    run.work.push({ kind: 'claim_decided', paymentHash }, ...told([{ kind: 'received', paymentHash, preimage, amountMsat }]));
  }
}
