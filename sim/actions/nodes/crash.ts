import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import type { Choices } from '../../deterministic/random.ts';
import { chance, pick } from '../../deterministic/random.ts';
import { plural } from '../../scenario/text.ts';
import type { World } from '../../world/world.ts';
import { linksOf, mayInterrupt } from '../../world/interruption.ts';
import { runningHost } from '../subjects.ts';

/** The process dies. `survive` is a bit mask over its unfinished stores, oldest first: those made it to disk after all, the rest are torn and lost. */
const fields = { node: field.node, survive: field.optional(field.count) };
type Crash = ActionFrom<'crash', typeof fields>;

export const crash: ActionKind<Crash> = {
  name: 'crash',
  fields,
  apply(world, { node, survive = 0 }) {
    const host = runningHost(world, node);
    if (host?.driver.restart === undefined) return false;
    host.crash(survive);
    world.run(host, { kind: 'crash' }, () => []);
    for (const link of world.links.values()) if (link.spec.ends.includes(node)) world.breakLink(link);
    return true;
  },
  describe: ({ node, survive = 0 }) => `${node} crashes${survivingWrites(survive)}`,
  operations: [{ name: 'crash', kind: 'fault', weight: 4, generate: drawCrash }],
};

export function drawCrash(world: World, choices: Choices): Crash | undefined {
  const nodes = world.nodeNames.filter((node) => {
    if (!world.host(node).running || world.host(node).driver.restart === undefined) return false;
    return linksOf(world, node).every((link) => mayInterrupt(world, link.spec.ends));
  });
  if (nodes.length === 0) return undefined;
  const node = pick(choices, nodes);
  const unfinished = Math.min(world.host(node).disk.unfinished.length, 31);
  if (unfinished === 0) return { do: 'crash', node };
  // All torn, all done, or any mixture.
  const all = 2 ** unfinished;
  return { do: 'crash', node, survive: chance(choices, 1, 3) ? 0 : chance(choices, 1, 2) ? all - 1 : choices.int(all) };
}

function survivingWrites(mask: number): string {
  const count = [...mask.toString(2)].filter((bit) => bit === '1').length;
  return count === 0 ? '' : `; ${plural(count, 'unfinished store')} made it to disk after all`;
}
