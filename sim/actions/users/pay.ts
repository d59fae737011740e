import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import { msat, plural } from '../../scenario/text.ts';
import type { PaymentRecord } from '../../scenario/types.ts';
import { otherParty } from '../../world/channel-changes.ts';
import { pay as offer } from '../../world/users.ts';
import type { World } from '../../world/world.ts';
import { interestingAmount, isSendable } from '../amounts.ts';
import { decimals, numbers, simplerFields } from '../simpler.ts';
import { isParty } from '../subjects.ts';
import { freshName, talkingEnds } from '../usable-ends.ts';
import type { TalkingEnd } from '../usable-ends.ts';

/** `hashOf`: uses that payment's hash again. */
const fields = {
  as: field.payment,
  from: field.node,
  channel: field.channel,
  amountMsat: field.decimal,
  cltvDelta: field.count,
  hashOf: field.optional(field.text),
};
type Pay = ActionFrom<'pay', typeof fields>;

/** Blocks ahead that leave room for every block that a run without licence mines. */
const SAFE_CLTV_DELTA = 72;

export const pay: ActionKind<Pay> = {
  name: 'pay',
  fields,
  apply(world, action) {
    if (!isParty(world, action.from, action.channel) || world.ledger.get(action.as) !== undefined) return false;
    offer(world, action, BigInt(action.amountMsat), false);
    return true;
  },
  describe({ as, from, channel, amountMsat, cltvDelta, hashOf }) {
    const again = hashOf === undefined ? '' : `, same hash as ${hashOf}`;
    return `${from} pays ${msat(amountMsat)} over ${channel} (${as}, expires in ${plural(cltvDelta, 'block')}${again})`;
  },
  simpler: (action) => simplerFields(action, { amountMsat: decimals(action.amountMsat), cltvDelta: numbers(action.cltvDelta, [40, 144]) }),
  operations: [{ name: 'pay', kind: 'operation', weight: 24, factors: [1, 2, 3], besideAdversary: [12, 36], generate: drawPayment }],
};

function drawPayment(world: World, choices: Choices): Pay | undefined {
  const ends = talkingEnds(world);
  if (ends.length === 0) return undefined;
  const end = pick(choices, ends);
  const usual = interestingAmount(world, end, choices);
  if (usual === undefined) return undefined;
  const { payments } = world;
  const as = freshName('p', (name) => world.ledger.get(name) !== undefined, payments.length + 1);
  const again = chance(choices, 1, 8) ? twin(world, end, choices) : undefined;
  const same = again !== undefined && isSendable(world, end, again.amountMsat) ? again : undefined;
  const drawn = same?.hashOf ?? (payments.length > 0 && chance(choices, 1, 12) ? originOf(world, pick(choices, payments)) : undefined);
  const hashOf = hasInvoices(world, end) ? undefined : drawn;
  return {
    do: 'pay',
    as,
    from: end.node,
    channel: end.info.name,
    amountMsat: (same?.amountMsat ?? usual).toString(),
    cltvDelta: drawCltvDelta(world, choices),
    ...(hashOf === undefined ? {} : { hashOf }),
  };
}

/** Whoever is paid by invoices takes HTLCs of one hash for parts of one payment (BOLT 4, Basic Multi-Part Payments). */
function hasInvoices(world: World, { node, info }: TalkingEnd): boolean {
  const payee = world.host(otherParty(info, node));
  return payee.config.payments === 'node' || payee.driver.invoice !== undefined;
}

/** Of the last HTLC of a payment. */
export function drawCltvDelta(world: World, choices: Choices): number {
  if (world.licences.has('expired-htlc') && chance(choices, 1, 2)) return between(choices, 1, 60);
  return chance(choices, 1, 8) ? pick(choices, [2016, 1000]) : between(choices, SAFE_CLTV_DELTA, 400);
}

/** The first payment of this hash: the one that others name. */
function originOf(world: World, { paymentHash }: PaymentRecord): string | undefined {
  return world.payments.find((payment) => payment.paymentHash === paymentHash)?.name;
}

/** A payment that is on its way from here already, once more: outputs that only their expiry tells apart (BOLT 3, Transaction Output Ordering). */
function twin(
  world: World,
  { node, info }: TalkingEnd,
  choices: Choices,
): { readonly amountMsat: bigint; readonly hashOf: string } | undefined {
  const inFlight = world.payments.filter((p) => p.from === node && p.channel === info.name && p.outcome === undefined);
  if (inFlight.length === 0) return undefined;
  const model = pick(choices, inFlight);
  const hashOf = originOf(world, model);
  return hashOf === undefined ? undefined : { amountMsat: model.amountMsat, hashOf };
}
