import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { afterArrival, arrive, connectEnd } from '../../world/sockets.ts';
import { receivingEnd } from './receiving-end.ts';

/** `message` is the BOLT name of the message (or act of the handshake) at the head of that direction. */
const fields = { link: field.link, to: field.to, message: field.message };
type Deliver = ActionFrom<'deliver', typeof fields>;

export const deliver: ActionKind<Deliver> = {
  name: 'deliver',
  fields,
  apply(world, action) {
    const { link, end } = receivingEnd(world.links.get(action.link), action) ?? {};
    if (link === undefined || end === undefined) return false;
    const host = world.host(action.to);
    world.clock.advanceTo(link.head(end)?.dueMs ?? 0);
    world.stats.messages++;
    world.stats.count('message', action.message);
    const bytes = world.onLink(link, host, () => link.take(end, world.timeMs));
    if (bytes !== undefined) arrive(world, link, end, bytes);
    else if (link.isConnected(end)) connectEnd(world, link, end);
    afterArrival(world, link, end, action.message);
    return true;
  },
  describe: ({ to, message, link }) => `${to} receives ${message} over ${link}`,
};
