import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between } from '../../deterministic/random.ts';
import { grouped } from '../../scenario/text.ts';
import { numbers, simplerFields } from '../simpler.ts';

const fields = { ms: field.count };
type Wait = ActionFrom<'wait', typeof fields>;

export const wait: ActionKind<Wait> = {
  name: 'wait',
  fields,
  apply(world, { ms }) {
    world.clock.advanceTo(world.timeMs + ms);
    return true;
  },
  describe: ({ ms }) => `${grouped(ms)} ms pass`,
  simpler: (action) => simplerFields(action, { ms: numbers(action.ms, [1, 1000, 60_000]) }),
  merge: (first, second) => ({ ...first, ms: first.ms + second.ms }),
  operations: [
    { name: 'wait', kind: 'operation', weight: 2, generate: (_world, choices) => ({ do: 'wait', ms: between(choices, 1, 60_000) }) },
  ],
};
