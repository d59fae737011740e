import type { SecretKey } from '../../../core/crypto/bytes.ts';
import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { pick } from '../../deterministic/random.ts';
import type { Party } from '../../world/encryption.ts';
import type { Host } from '../../world/host.ts';
import type { Link } from '../../world/network.ts';
import { connectEnd } from '../../world/sockets.ts';
import type { World } from '../../world/world.ts';
import { isFarBehind, runningHost } from '../subjects.ts';

const fields = { link: field.link };
type Connect = ActionFrom<'connect', typeof fields>;

export const connect: ActionKind<Connect> = {
  name: 'connect',
  fields,
  apply(world, action) {
    const link = world.links.get(action.link);
    if (link === undefined || link.up) return false;
    const [a, b] = link.spec.ends.map((name) => runningHost(world, name));
    if (a === undefined || b === undefined || [a, b].some((host) => isFarBehind(world, host))) return false;
    const parties = partiesOf(world, link, a, b);
    if (parties !== undefined) {
      world.onLink(link, a, () => link.connect(world.timeMs, world.wires++, parties));
      return true;
    }
    link.connect(world.timeMs, world.wires++);
    connectEnd(world, link, 0);
    connectEnd(world, link, 1);
    return true;
  },
  describe: ({ link }) => `${link} connects`,
  operations: [
    {
      name: 'connect',
      kind: 'operation',
      weight: 24,
      factors: [1, 2, 3],
      generate(world, choices) {
        const links = [...world.links.values()].filter((link) => !link.up && link.spec.ends.every((end) => world.host(end).running));
        return links.length === 0 ? undefined : { do: 'connect', link: pick(choices, links).id };
      },
    },
  ],
};

/** What both nodes bring to an encrypted connection. Undefined where it is none, or where one of them cannot. */
function partiesOf(world: World, link: Link, a: Host, b: Host): readonly [Party, Party] | undefined {
  const party = ({ name, nodeId: id, driver: { transport } }: Host): Party | undefined =>
    transport && { id, transport, ephemeralSecret: world.entropy(`ephemeral/${link.id}/${link.connections}/${name}`) as SecretKey };
  const [first, second] = link.spec.transport === 'encrypted' ? [party(a), party(b)] : [];
  return first && second && [first, second];
}
