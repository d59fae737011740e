import type { PaymentCommand } from '../../payments/commands.ts';
import type { Run } from '../run.ts';
import { forgetPayment, noRoute, pay, takeRoutes } from './pay.ts';

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
  }
}
