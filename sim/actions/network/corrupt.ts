import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import type { Choices } from '../../deterministic/random.ts';
import { pick } from '../../deterministic/random.ts';
import { packetName } from '../../world/packet.ts';
import type { Packet } from '../../world/packet.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { mayInterrupt } from '../../world/interruption.ts';
import { receivingEnd } from './receiving-end.ts';

/** The network flips a bit of what has not arrived of that message on an encrypted link (`bit` modulo those): the connection must end by it. */
const fields = { link: field.link, to: field.to, message: field.message, bit: field.count };
type Corrupt = ActionFrom<'corrupt', typeof fields>;

export const corrupt: ActionKind<Corrupt> = {
  name: 'corrupt',
  fields,
  apply(world, action) {
    const { link, end } = receivingEnd(world.links.get(action.link), action) ?? {};
    if (link === undefined || end === undefined || !link.isCorruptible(end)) return false;
    world.clock.advanceTo(link.head(end)?.dueMs ?? 0);
    world.onLink(link, world.host(action.to), () => link.corrupt(end, action.bit));
    world.breakLink(link);
    return true;
  },
  describe: ({ bit, message, to, link }) => `bit ${bit} of ${message} to ${to} is flipped on ${link}, which ends the connection`,
  simpler: (action) => simplerFields(action, { bit: numbers(action.bit, [0]) }),
  operations: [
    {
      // Only where links are encrypted: nothing else tells a node that its bytes were changed. It licenses nothing beyond a lost connection.
      name: 'corrupt',
      kind: 'fault',
      weight: 4,
      generate(world, choices) {
        const heads = [...world.links.values()].flatMap((link) => {
          if (!link.up || !mayInterrupt(world, link.spec.ends)) return [];
          return ([0, 1] as const).flatMap((end) => {
            const head = link.closedBy !== end && link.isCorruptible(end) ? link.head(end) : undefined;
            return head === undefined ? [] : [{ link, end, head }];
          });
        });
        if (heads.length === 0) return undefined;
        const { link, end, head } = pick(choices, heads);
        return { do: 'corrupt', link: link.id, to: link.spec.ends[end], message: packetName(head), bit: drawBit(choices, head) };
      },
    },
  ],
};

const TAG_BITS = 128;

/** Of the first byte, which is a version or a part of a length, of the tag at the end, or of all. */
function drawBit(choices: Choices, { sealed, bytes }: Packet): number {
  const bits = (sealed?.bytes ?? bytes).length * 8;
  return pick(choices, [() => choices.int(8), () => bits - 1 - choices.int(TAG_BITS), () => choices.int(bits)])();
}
