import type { Operation } from './registry.ts';
import type { Choices } from '../deterministic/random.ts';
import { between, chance, pick } from '../deterministic/random.ts';
import type { World } from '../world/world.ts';
import type { PaymentRecord } from '../scenario/types.ts';
import { interestingAmount, isSendable } from './amounts.ts';
import { freshName, usableEnds } from './usable-ends.ts';
import type { UsableEnd } from './usable-ends.ts';

/** Blocks ahead that leave room for every block that a run without licence mines. */
const SAFE_CLTV_DELTA = 72;

function cltvDelta(world: World, choices: Choices): number {
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
  { node, info }: UsableEnd,
  choices: Choices,
): { readonly amountMsat: bigint; readonly hashOf: string } | undefined {
  const inFlight = world.payments.filter((p) => p.from === node && p.channel === info.name && p.outcome === undefined);
  if (inFlight.length === 0) return undefined;
  const model = pick(choices, inFlight);
  const hashOf = originOf(world, model);
  return hashOf === undefined ? undefined : { amountMsat: model.amountMsat, hashOf };
}

const payment: Operation = {
  name: 'pay',
  kind: 'operation',
  generate(world, choices) {
    const ends = usableEnds(world);
    if (ends.length === 0) return undefined;
    const end = pick(choices, ends);
    const usual = interestingAmount(world, end, choices);
    if (usual === undefined) return undefined;
    const { payments } = world;
    const as = freshName('p', (name) => world.ledger.get(name) !== undefined, payments.length + 1);
    const again = chance(choices, 1, 8) ? twin(world, end, choices) : undefined;
    const same = again !== undefined && isSendable(world, end, again.amountMsat) ? again : undefined;
    const hashOf = same?.hashOf ?? (payments.length > 0 && chance(choices, 1, 12) ? originOf(world, pick(choices, payments)) : undefined);
    return {
      do: 'pay',
      as,
      from: end.node,
      channel: end.info.name,
      amountMsat: (same?.amountMsat ?? usual).toString(),
      cltvDelta: cltvDelta(world, choices),
      ...(hashOf === undefined ? {} : { hashOf }),
    };
  },
};

function decision(name: 'fulfill' | 'fail' | 'fail_malformed'): Operation {
  return {
    name,
    kind: 'operation',
    generate(world, choices) {
      const waiting = world.payments.filter((p) => p.received && p.decision === undefined && world.host(p.to).running);
      if (waiting.length === 0) return undefined;
      const { name: chosen, to } = pick(choices, waiting);
      return { do: name, node: to, payment: chosen };
    },
  };
}

export const paymentOperations: readonly Operation[] = [payment, decision('fulfill'), decision('fail'), decision('fail_malformed')];
