import type { ActionKind } from '../action-kind.ts';
import { SAFE_DEPTH } from '../../../core/chain/view.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, pick } from '../../deterministic/random.ts';
import { plural } from '../../scenario/text.ts';
import type { World } from '../../world/world.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { allShowStates } from '../subjects.ts';

/** A branch in which the funding of a channel is not, and can't be, because its coin is spent otherwise, takes the place of the chain; so many blocks follow. */
const fields = { channel: field.channel, blocks: field.count };
type DoubleSpend = ActionFrom<'double-spend', typeof fields>;

/** Of fundings that are deeper no chain lets go. */
const MAX_DEPTH = 4;

export const doubleSpend: ActionKind<DoubleSpend> = {
  name: 'double-spend',
  fields,
  apply(world, { channel, blocks }) {
    const funding = fundingOf(world, channel);
    if (funding === undefined || blocks > 100 || !world.chain.doubleSpend(funding, world.timeMs)) return false;
    for (let i = 0; i < blocks; i++) world.chain.mine(world.timeMs);
    return true;
  },
  describe: ({ channel, blocks }) =>
    `the chain is replaced by one in which the coin of ${channel}'s funding was spent otherwise, and ${plural(blocks, 'block')} more`,
  simpler: (action) => simplerFields(action, { blocks: numbers(action.blocks, [SAFE_DEPTH]) }),
  operations: [
    {
      name: 'double-spend',
      kind: 'fault',
      licences: ['funding-double-spent'],
      generate(world, choices) {
        if (!allShowStates(world)) return undefined;
        const young = world.channels.filter(({ name }) => {
          const funding = fundingOf(world, name);
          return funding !== undefined && world.chain.height - funding.height < MAX_DEPTH;
        });
        return young.length === 0 ? undefined : { do: 'double-spend', channel: pick(choices, young).name, blocks: between(choices, 6, 12) };
      },
    },
  ],
};

/** The block with the funding of a channel, and where it stands there. */
function fundingOf(world: World, channel: string): { readonly height: number; readonly index: number } | undefined {
  const info = world.info(channel);
  const id = info?.channelId ?? info?.fundingId;
  if (id === undefined) return undefined;
  for (const { height, transactions } of world.chain.blocks) {
    // The last two bytes of a channel's id have the output's index in them (BOLT 2).
    const index = transactions.findIndex(({ txid }) => txid.slice(0, 60) === id.slice(0, 60));
    if (index >= 0) return { height, index };
  }
  return undefined;
}
