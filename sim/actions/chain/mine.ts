import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between } from '../../deterministic/random.ts';
import { plural } from '../../scenario/text.ts';
import { numbers, simplerFields } from '../simpler.ts';

const fields = { blocks: field.count };
type Mine = ActionFrom<'mine', typeof fields>;

/** A month of blocks at once is as many as any scenario needs. */
export const MAX_BLOCKS_AT_ONCE = 4320;
/** Blocks that a run without licence mines at most: fewer than any HTLC is away from trouble. */
const SAFE_BLOCKS = 15;

export const mine: ActionKind<Mine> = {
  name: 'mine',
  fields,
  apply(world, { blocks }) {
    if (blocks < 1 || blocks > MAX_BLOCKS_AT_ONCE) return false;
    for (let i = 0; i < blocks; i++) world.chain.mine(world.timeMs);
    if (world.at !== 'setup') world.minedBlocks += blocks;
    return true;
  },
  describe: ({ blocks }) => `${plural(blocks, 'block')} ${blocks === 1 ? 'is' : 'are'} found`,
  simpler: (action) => simplerFields(action, { blocks: numbers(action.blocks, [1, 2, 6]) }),
  merge: (first, second) => ({ ...first, blocks: first.blocks + second.blocks }),
  operations: [
    {
      name: 'mine',
      kind: 'operation',
      weight: 4,
      generate(world, choices) {
        const blocks = between(choices, 1, 3);
        return world.minedBlocks + blocks > SAFE_BLOCKS ? undefined : { do: 'mine', blocks };
      },
    },
    {
      name: 'expiry',
      kind: 'fault',
      licences: ['expired-htlc', 'closing-unanswered'],
      generate: (_world, choices) => ({ do: 'mine', blocks: between(choices, 1, 40) }),
    },
  ],
};
