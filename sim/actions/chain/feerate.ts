import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import { grouped } from '../../scenario/text.ts';
import type { World } from '../../world/world.ts';
import { CALM_FEERATES } from '../amounts.ts';
import { numbers, simplerFields, SIMPLE_FEERATES } from '../simpler.ts';
import { runningHost } from '../subjects.ts';

/** What a node estimates from now on. */
const fields = { node: field.node, feeratePerKw: field.count };
type Feerate = ActionFrom<'feerate', typeof fields>;

export const feerate: ActionKind<Feerate> = {
  name: 'feerate',
  fields,
  apply(world, { node, feeratePerKw }) {
    const host = runningHost(world, node);
    if (host === undefined) return false;
    host.feeratePerKw = feeratePerKw;
    world.step(host, { kind: 'feerate', feeratePerKw });
    return true;
  },
  describe: ({ node, feeratePerKw }) => `${node} estimates ${grouped(feeratePerKw)} sat/kw from now on`,
  simpler: (action) => simplerFields(action, { feeratePerKw: numbers(action.feeratePerKw, SIMPLE_FEERATES) }),
  operations: [
    {
      name: 'feerate',
      kind: 'operation',
      weight: 2,
      generate: (world, choices) => estimate(world, choices, CALM_FEERATES.min, CALM_FEERATES.max),
    },
    {
      name: 'fee-spike',
      kind: 'fault',
      licences: ['feerate-refused', 'closing-range', 'dust-exposure'],
      // Up to a spike, or down to a calm that makes what was agreed on far too much.
      generate: (world, choices) => estimate(world, choices, 253, chance(choices, 1, 2) ? 60_000 : 1_000),
    },
  ],
};

function estimate(world: World, choices: Choices, min: number, max: number): Feerate | undefined {
  const nodes = world.nodeNames.filter((node) => world.host(node).running);
  return nodes.length === 0 ? undefined : { do: 'feerate', node: pick(choices, nodes), feeratePerKw: between(choices, min, max) };
}
