import { packetName } from '../world/packet.ts';
import type { Packet } from '../world/packet.ts';
import type { Operation } from './registry.ts';
import { pick } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import { mayInterrupt } from './faults.ts';

const TAG_BITS = 128;

/** Of the first byte, which is a version or a part of a length, of the tag at the end, or of all. */
function drawBit(choices: Choices, { sealed, bytes }: Packet): number {
  const bits = (sealed?.bytes ?? bytes).length * 8;
  return pick(choices, [() => choices.int(8), () => bits - 1 - choices.int(TAG_BITS), () => choices.int(bits)])();
}

/** Only where links are encrypted: nothing else tells a node that its bytes were changed. It licenses nothing beyond a lost connection. */
const corrupt: Operation = {
  name: 'corrupt',
  kind: 'fault',
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
};

export const wireOperations: readonly Operation[] = [corrupt];
