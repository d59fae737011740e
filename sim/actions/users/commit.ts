import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { channelCommand } from '../subjects.ts';
import { usableEnds } from '../usable-ends.ts';

const fields = { node: field.node, channel: field.channel };
type Commit = ActionFrom<'commit', typeof fields>;

export const commit: ActionKind<Commit> = {
  name: 'commit',
  fields,
  apply: (world, action) => channelCommand(world, action, (channelId) => ({ kind: 'commit', channelId })),
  describe: ({ node, channel }) => `${node} commits ${channel}`,
  operations: [
    {
      // Only for nodes whose host batches.
      name: 'commit',
      kind: 'operation',
      weight: 12,
      factors: [1, 2, 3],
      generate(world, choices) {
        const ends = usableEnds(world).filter(({ node }) => world.host(node).config.commit === 'manual');
        if (ends.length === 0) return undefined;
        const { node, info } = pick(choices, ends);
        return { do: 'commit', node, channel: info.name };
      },
    },
  ],
};
