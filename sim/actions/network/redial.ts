import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { mayInterrupt } from '../../world/interruption.ts';
import type { Link } from '../../world/network.ts';
import { redialEnd } from '../../world/sockets.ts';
import type { World } from '../../world/world.ts';

/** The connection is gone for this node, which dials again before the other has noticed: that one has two connections with one peer. */
const fields = { link: field.link, node: field.node };
type Redial = ActionFrom<'redial', typeof fields>;

export const redial: ActionKind<Redial> = {
  name: 'redial',
  fields,
  apply(world, action) {
    const link = world.links.get(action.link);
    const end = link?.endOf(action.node);
    if (link === undefined || end === undefined || !mayRedial(world, link)) return false;
    redialEnd(world, link, end);
    return true;
  },
  describe: ({ link, node }) => `${node} dials again over ${link}, whose other end takes it for connected still; what is in flight is lost`,
  operations: [
    {
      name: 'redial',
      kind: 'fault',
      weight: 3,
      generate(world, choices) {
        const links = [...world.links.values()].filter((link) => mayRedial(world, link) && mayInterrupt(world, link.spec.ends));
        if (links.length === 0) return undefined;
        const link = pick(choices, links);
        return { do: 'redial', link: link.id, node: pick(choices, link.spec.ends) };
      },
    },
  ],
};

/** Where both ends have a peer manager, and no handshake takes its time. */
function mayRedial(world: World, link: Link): boolean {
  if (!link.open || link.spec.transport === 'encrypted') return false;
  return link.spec.ends.every((name) => world.driver(name)?.peers !== undefined);
}
