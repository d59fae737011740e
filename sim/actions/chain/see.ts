import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { plural } from '../../scenario/text.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { runningHost } from '../subjects.ts';

/** The node hears of its next blocks; what it had seen of another branch is replaced at once. */
const fields = { node: field.node, blocks: field.count };
type See = ActionFrom<'see', typeof fields>;

export const see: ActionKind<See> = {
  name: 'see',
  fields,
  apply(world, { node, blocks }) {
    const host = runningHost(world, node);
    if (host?.watch.unseen(world.chain) === undefined) return false;
    for (let i = 0; i < blocks; i++) {
      const news = host.watch.next(world.chain);
      if (news === undefined) break;
      world.clock.advanceTo(world.chain.block(news.tip.height)?.minedMs ?? 0);
      host.watch.saw(news.tip);
      world.step(host, news);
      world.drain();
    }
    return true;
  },
  describe: ({ node, blocks }) => `${node} hears of ${plural(blocks, 'block')}`,
  simpler: (action) => simplerFields(action, { blocks: numbers(action.blocks, [1, 2, 6]) }),
  merge: (first, second) => (first.node === second.node ? { ...first, blocks: first.blocks + second.blocks } : undefined),
};
