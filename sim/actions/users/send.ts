import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { msat } from '../../scenario/text.ts';
import { send as sendPayment } from '../../world/send.ts';
import { decimals, simplerFields } from '../simpler.ts';
import { runningHost } from '../subjects.ts';

/** A payment across channels, whose nodes read its onion. `byHand`: its recipient claims or fails it only when a script says so. */
const fields = {
  as: field.payment,
  from: field.node,
  to: field.node,
  amountMsat: field.decimal,
  byHand: field.optional(field.flag),
};
type Send = ActionFrom<'send', typeof fields>;

export const send: ActionKind<Send> = {
  name: 'send',
  fields,
  apply(world, { as: name, from, to, amountMsat, byHand }) {
    if (from === to || runningHost(world, from) === undefined || !world.hosts.has(to) || world.ledger.get(name) !== undefined) return false;
    const why = sendPayment(world, { name, from, to, amountMsat: BigInt(amountMsat), claimAtOnce: byHand !== true });
    if (why !== undefined) world.stats.count('event', `not sent: ${why}`);
    return true;
  },
  describe({ as, from, to, amountMsat, byHand }) {
    return `${from} pays ${msat(amountMsat)} to ${to} (${as}${byHand === true ? ', claimed by hand' : ''})`;
  },
  simpler: (action) => simplerFields(action, { amountMsat: decimals(action.amountMsat) }),
};
