import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { numbers, simplerFields } from '../simpler.ts';

/** The newest `depth` blocks are replaced by one more; their transactions are in the first new one, back in the mempool, or lost. */
const fields = { depth: field.count, transactions: field.choice('mined', 'waiting', 'lost') };
type Reorg = ActionFrom<'reorg', typeof fields>;

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
};
