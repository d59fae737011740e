import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { runningHost } from '../subjects.ts';

/** The host acknowledges every event that it has been told of. */
const fields = { node: field.node };
type Acknowledge = ActionFrom<'acknowledge', typeof fields>;

export const acknowledge: ActionKind<Acknowledge> = {
  name: 'acknowledge',
  fields,
  apply(world, { node }) {
    const host = runningHost(world, node);
    if (host === undefined || host.unacknowledged.length === 0) return false;
    for (const { channelId, eventId } of host.unacknowledged)
      world.later(host, { kind: 'command', command: { kind: 'acknowledge', channelId, eventId } });
    host.unacknowledged = [];
    return true;
  },
  describe: ({ node }) => `${node} acknowledges its events`,
  operations: [
    {
      name: 'acknowledge',
      kind: 'operation',
      weight: 4,
      generate(world, choices) {
        const nodes = world.nodeNames.filter((node) => world.host(node).running && world.host(node).unacknowledged.length > 0);
        return nodes.length === 0 ? undefined : { do: 'acknowledge', node: pick(choices, nodes) };
      },
    },
  ],
};
