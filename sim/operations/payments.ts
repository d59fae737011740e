import type { Operation } from '../operation.ts';
import type { Choices } from '../random.ts';
import { between, chance, pick } from '../random.ts';
import type { World } from '../world.ts';
import { interestingAmount } from './amounts.ts';
import { freshName, usableEnds } from './look.ts';

/** Blocks ahead that leave room for every block that a run without licence mines. */
const SAFE_CLTV_DELTA = 72;

function cltvDelta(world: World, choices: Choices): number {
  if (world.licences.has('expired-htlc') && chance(choices, 1, 2)) return between(choices, 1, 60);
  return chance(choices, 1, 8) ? pick(choices, [2016, 1000]) : between(choices, SAFE_CLTV_DELTA, 400);
}

const payment: Operation = {
  name: 'pay',
  kind: 'operation',
  generate(world, choices) {
    const ends = usableEnds(world);
    if (ends.length === 0) return undefined;
    const end = pick(choices, ends);
    const amountMsat = interestingAmount(world, end, choices);
    if (amountMsat === undefined) return undefined;
    const { payments } = world;
    const as = freshName('p', (name) => world.ledger.get(name) !== undefined, payments.length + 1);
    const again = payments.length > 0 && chance(choices, 1, 12) ? { hashOf: pick(choices, payments).name } : {};
    return {
      do: 'pay',
      as,
      from: end.node,
      channel: end.info.name,
      amountMsat: amountMsat.toString(),
      cltvDelta: cltvDelta(world, choices),
      ...again,
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
