import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { drawForbidden, forbiddenCommand } from './forbidden-requests.ts';
import { FORBIDDEN_BY } from './forbidden-rules.ts';

/** It asks for one msat more than the node may offer. */
const JUST_TOO_MUCH = 'pay-a-little-too-much';

/** The host asks its node for what the node must refuse (forbidden-requests.ts). */
const fields = { node: field.node, channel: field.channel, request: field.text };
type InvalidCommand = ActionFrom<'invalid_command', typeof fields>;

export const invalidCommand: ActionKind<InvalidCommand> = {
  name: 'invalid_command',
  fields,
  apply(world, action) {
    // Where the request would make sense, or there is nothing to ask it of, there is nothing to do.
    const command = forbiddenCommand(world, action);
    if (command === undefined) return false;
    world.stats.count('event', `invalid command: ${action.request}`);
    const host = world.host(action.node);
    const { request: name } = action;
    const before = command.kind === 'add' && name === JUST_TOO_MUCH ? host.driver.fork?.() : undefined;
    world.stepMarked(host, { kind: 'command', command }, { forbidden: { name, rule: FORBIDDEN_BY[name]?.rule ?? name, before } });
    return true;
  },
  describe: ({ node, channel, request }) =>
    `${node}'s host asks it in ${channel} to ${FORBIDDEN_BY[request]?.words ?? request} (forbidden)`,
  operations: [
    {
      name: 'invalid_command',
      kind: 'operation',
      weight: 4,
      factors: [1, 2, 3],
      generate(world, choices) {
        const ends = world.channels.flatMap(({ name, opener, accepter }) => [opener, accepter].map((node) => ({ node, channel: name })));
        if (ends.length === 0) return undefined;
        const { node, channel } = pick(choices, ends);
        const request = drawForbidden(world, node, channel, choices);
        return request === undefined ? undefined : { do: 'invalid_command', node, channel, request };
      },
    },
  ],
};
