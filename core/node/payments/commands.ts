import type { PaymentCommand } from '../../payments/commands.ts';
import type { Run } from '../run.ts';
import { forgetPayment, noRoute, pay, takeRoutes } from './pay.ts';
import { claimPayment, createInvoiceOf, declinePayment, forgetInvoice } from './receive.ts';

/** What a host asks of a node that deals with payments. */
export function paymentCommand(run: Run, given: PaymentCommand): void {
  if (run.env.config.payments === 'host') {
    run.effects.push({ kind: 'refused', command: given.kind, rule: 'node.host_pays', detail: 'this host deals with payments itself' });
    return;
  }
  switch (given.kind) {
    case 'pay':
      return pay(run, given);
    case 'route':
      return takeRoutes(run, given);
    case 'no_route':
      return noRoute(run, given.paymentId, given.why);
    case 'forget_payment':
      return forgetPayment(run, given.paymentId);
    case 'create_invoice':
      return createInvoiceOf(run, given);
    case 'claim':
      return claimPayment(run, given.paymentHash, given.preimage);
    case 'decline_payment':
      return declinePayment(run, given.paymentHash);
    case 'forget_invoice':
      return forgetInvoice(run, given.paymentHash);
  }
}
