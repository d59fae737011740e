import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { allShowStates } from '../subjects.ts';

/** The newest `depth` blocks are replaced by one more; their transactions are in the first new one, back in the mempool, or lost. */
const fields = { depth: field.count, transactions: field.choice('mined', 'waiting', 'lost') };
type Reorg = ActionFrom<'reorg', typeof fields>;

/** A few blocks: what nodes act upon is deeper. */
const MAX_DRAWN_DEPTH = 4;

const AFTERWARDS = {
  mined: 'with the same transactions in the first',
  waiting: 'and what was confirmed waits again',
  lost: 'and what was confirmed is lost',
} as const;

export const reorg: ActionKind<Reorg> = {
  name: 'reorg',
  fields,
  apply: (world, { depth, transactions }) => world.chain.reorganise(depth, world.timeMs, transactions),
  describe: ({ depth, transactions }) =>
    `the newest ${depth === 1 ? 'block is' : `${depth} blocks are`} replaced by ${depth + 1}, ${AFTERWARDS[transactions]}`,
  simpler: (action) =>
    simplerFields(action, { depth: numbers(action.depth, [1, 2, 6]), transactions: action.transactions === 'mined' ? [] : ['mined'] }),
  operations: [
    {
      // Mostly as deep as the newest transaction, a funding or the end of a channel: nothing is to be lost of what else is there.
      name: 'reorg',
      kind: 'fault',
      weight: 3,
      generate(world, choices) {
        // Some nodes of others fail a channel for it.
        if (!allShowStates(world)) return undefined;
        const { blocks } = world.chain;
        const newest = blocks.findLastIndex(({ transactions }) => transactions.length > 0);
        const depth = newest >= 0 && chance(choices, 2, 3) ? blocks.length - newest : between(choices, 1, MAX_DRAWN_DEPTH);
        if (depth > Math.min(MAX_DRAWN_DEPTH, blocks.length)) return undefined;
        return { do: 'reorg', depth, transactions: pick(choices, ['mined', 'mined', 'waiting', 'lost'] as const) };
      },
    },
  ],
};
