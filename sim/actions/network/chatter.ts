import { encodeMessage } from '../../../core/wire/messages/index.ts';
import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import { packetName } from '../../world/packet.ts';
import type { End } from '../../world/packet.ts';
import type { Link } from '../../world/network.ts';
import { afterArrival, arrive } from '../../world/sockets.ts';
import { receivingEnd } from './receiving-end.ts';

/**
 * What an honest peer of another make says and nobody here has to understand (BOLT 1: it is OK to be odd): a message of its own before the one at
 * the head of that direction, or a record of its own in that.
 */
const KINDS = ['odd-message', 'gossip', 'padding', 'odd-record'] as const;
const fields = { link: field.link, to: field.to, message: field.message, what: field.choice(...KINDS) };
type Chatter = ActionFrom<'chatter', typeof fields>;

/** A record of the highest type that three bytes can say, behind all that there may be. */
const ODD_RECORD = [0xfd, 0xff, 0xff, 3, 1, 2, 3] as const;

const MESSAGES: Readonly<Record<Exclude<Chatter['what'], 'odd-record'>, Uint8Array>> = {
  'odd-message': Uint8Array.of(0xff, 0xff, 1, 2, 3, 4),
  gossip: encodeMessage({ type: 'gossip_timestamp_filter', chainHash: '00'.repeat(32) as never, firstTimestamp: 0, timestampRange: 0 }),
  padding: encodeMessage({ type: 'ping', numPongBytes: 65_535, ignored: '00'.repeat(300) }),
};

const WORDS: Readonly<Record<Chatter['what'], string>> = {
  'odd-message': 'an odd message that it does not know before',
  gossip: 'gossip before',
  padding: 'padding before',
  'odd-record': 'an odd record in',
};

export const chatter: ActionKind<Chatter> = {
  name: 'chatter',
  fields,
  apply(world, action) {
    const { link, end } = receivingEnd(world.links.get(action.link), action) ?? {};
    if (link === undefined || end === undefined || !mayTalk(link, end, action.message, action.what)) return false;
    const host = world.host(action.to);
    const head = link.head(end);
    if (head === undefined) return false;
    const isRecord = action.what === 'odd-record';
    const written = action.what === 'odd-record' ? Uint8Array.of(...head.bytes, ...ODD_RECORD) : MESSAGES[action.what];
    world.clock.advanceTo(head.dueMs);
    world.stats.count('event', `chatter: ${action.what}`);
    const bytes = world.onLink(link, host, () => link.forge(end, written, world.timeMs));
    if (bytes !== undefined) arrive(world, link, end, bytes);
    if (isRecord && link.head(end)?.bytes === head.bytes) link.drop(end);
    afterArrival(world, link, end, isRecord ? action.message : action.what);
    return true;
  },
  describe: ({ link, to, message, what }) => `${to} receives ${WORDS[what]} ${message} over ${link}`,
  operations: [
    {
      name: 'chatter',
      kind: 'operation',
      weight: 4,
      generate(world, choices) {
        const what = pick(choices, KINDS);
        const heads = [...world.links.values()].flatMap((link) =>
          ([0, 1] as const).flatMap((end) => {
            const head = link.head(end);
            const message = head && packetName(head);
            return message !== undefined && mayTalk(link, end, message, what) ? [{ link, to: link.spec.ends[end], message }] : [];
          }),
        );
        if (heads.length === 0) return undefined;
        const { link, to, message } = pick(choices, heads);
        return { do: 'chatter', link: link.id, to, message, what };
      },
    },
  ],
};

/** BOLT 1: nothing comes before init. */
function mayTalk(link: Link, end: End, message: string, what: Chatter['what']): boolean {
  return link.open && link.closedBy === undefined && link.ends[end].reads && (message !== 'init' || what === 'odd-record');
}
