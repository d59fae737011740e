import type { PaymentEvent } from './commands.ts';
import { hasEnded, outcomeOf } from './payment.ts';
import type { Payment } from './payment.ts';

/** What its host is to hear of a payment, each once while its node runs: that it is paid, that nothing of it is in flight any more, or that it has failed. */
export function tidings(before: Payment, after: Payment): readonly PaymentEvent[] {
  const isPaid = before.preimage === undefined && after.preimage !== undefined;
  const ends = !hasEnded(before) && hasEnded(after);
  return [...(isPaid ? paid(after) : []), ...(ends ? ended(after) : [])];
}

/** The same after a restart: whatever was said before may have been lost with its host. */
export function tidingsAgain(payment: Payment): readonly PaymentEvent[] {
  return [...(payment.preimage === undefined ? [] : paid(payment)), ...(hasEnded(payment) ? ended(payment) : [])];
}

function paid(payment: Payment): readonly PaymentEvent[] {
  const { id: paymentId, paymentHash } = payment;
  const outcome = outcomeOf(payment);
  if (outcome.kind !== 'paid') return [];
  const { preimage, spentMsat, inFlightMsat } = outcome;
  return [{ kind: 'paid', paymentId, paymentHash, preimage, spentMsat, inFlightMsat }];
}

function ended({ id: paymentId, paymentHash, preimage, settled: parts, stopped: reason }: Payment): readonly PaymentEvent[] {
  if (preimage !== undefined) {
    const feeMsat = parts.reduce((sum, part) => sum + part.feeMsat, 0n);
    return [{ kind: 'settled', paymentId, paymentHash, preimage, feeMsat, parts }];
  }
  return reason === undefined ? [] : [{ kind: 'failed', paymentId, paymentHash, reason }];
}
