import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { isDue, tellTime } from '../../world/sockets.ts';
import { runningHost } from '../subjects.ts';

/** The node hears what time it is, where it has waited for that: pings, and what has taken too long. It happens by itself, sooner or later. */
const fields = { node: field.node };
type Time = ActionFrom<'time', typeof fields>;

export const time: ActionKind<Time> = {
  name: 'time',
  fields,
  apply(world, { node }) {
    const host = runningHost(world, node);
    if (host === undefined || !isDue(world, host)) return false;
    tellTime(world, host);
    return true;
  },
  describe: ({ node }) => `${node} looks at the clock`,
};
