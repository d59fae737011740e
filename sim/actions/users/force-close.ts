import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { chance, pick } from '../../deterministic/random.ts';
import { channelCommand } from '../subjects.ts';
import { readyEnds } from '../usable-ends.ts';

const fields = { node: field.node, channel: field.channel };
type ForceClose = ActionFrom<'force_close', typeof fields>;

export const forceClose: ActionKind<ForceClose> = {
  name: 'force_close',
  fields,
  apply: (world, action) => channelCommand(world, action, (channelId) => ({ kind: 'force_close', channelId })),
  describe: ({ node, channel }) => `${node} force-closes ${channel}`,
  operations: [
    {
      name: 'force_close',
      kind: 'operation',
      licences: ['force-close'],
      generate(world, choices) {
        const ends = readyEnds(world);
        if (ends.length === 0) return undefined;
        // Where a mutual close is under way there are two transactions to choose from.
        const closing = ends.filter(({ state }) => state.closing.negotiation !== undefined || state.closing.tx !== undefined);
        const { node, info } = pick(choices, closing.length > 0 && chance(choices, 1, 2) ? closing : ends);
        return { do: 'force_close', node, channel: info.name };
      },
    },
  ],
};
