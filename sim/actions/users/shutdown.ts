import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { channelCommand, isFarBehind, runningHost } from '../subjects.ts';
import { talkingEnds } from '../usable-ends.ts';

const fields = { node: field.node, channel: field.channel };
type Shutdown = ActionFrom<'shutdown', typeof fields>;

export const shutdown: ActionKind<Shutdown> = {
  name: 'shutdown',
  fields,
  apply(world, action) {
    const host = runningHost(world, action.node);
    if (host === undefined || isFarBehind(world, host)) return false;
    return channelCommand(world, action, (channelId) => ({ kind: 'shutdown', channelId, script: host.walletScript }));
  },
  describe: ({ node, channel }) => `${node} shuts ${channel} down`,
  operations: [
    {
      name: 'shutdown',
      kind: 'operation',
      weight: 2,
      generate(world, choices) {
        const ends = talkingEnds(world);
        if (ends.length === 0) return undefined;
        const { node, info } = pick(choices, ends);
        return isFarBehind(world, world.host(node)) ? undefined : { do: 'shutdown', node, channel: info.name };
      },
    },
  ],
};
