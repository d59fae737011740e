import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import type { Operation } from '../registry.ts';
import { mayInterrupt } from '../../world/interruption.ts';

/** Both directions lose what is in flight. */
const fields = { link: field.link };
type Disconnect = ActionFrom<'disconnect', typeof fields>;

const cut: Operation = {
  name: 'disconnect',
  kind: 'fault',
  generate(world, choices) {
    const links = [...world.links.values()].filter((link) => link.up && mayInterrupt(world, link.spec.ends));
    return links.length === 0 ? undefined : { do: 'disconnect', link: pick(choices, links).id };
  },
};

export const disconnect: ActionKind<Disconnect> = {
  name: 'disconnect',
  fields,
  apply(world, action) {
    const link = world.links.get(action.link);
    if (link?.up !== true) return false;
    world.breakLink(link);
    return true;
  },
  describe: ({ link }) => `${link} disconnects, and loses what is in flight`,
  operations: [
    { ...cut, weight: 6 },
    { ...cut, name: 'interrupted-opening', licences: ['opening-lost'] },
  ],
};
