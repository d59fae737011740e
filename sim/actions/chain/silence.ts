import { isClosed } from '../../../core/channel/model/ending.ts';
import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between } from '../../deterministic/random.ts';
import { plural } from '../../scenario/text.ts';
import { hasCommitments, isShuttingDown } from '../../world/channel-changes.ts';
import type { World } from '../../world/world.ts';
import { numbers, simplerFields } from '../simpler.ts';
import { MAX_BLOCKS_AT_ONCE } from './mine.ts';
import { drawNight } from './night.ts';
import { see } from './see.ts';

/** Nodes hear of blocks, and nothing of each other: messages that are on their way, and disks, are slow. */
const fields = { blocks: field.count };
type Silence = ActionFrom<'silence', typeof fields>;

const BLOCK_MS = 600_000;
/** An opening that is not through after 2016 blocks fails: silence after silence must not get there. */
const MAX_BLOCKS_UNREADY = 1_500;

export const silence: ActionKind<Silence> = {
  name: 'silence',
  fields,
  apply(world, { blocks }, operations) {
    if (blocks < 1 || blocks > MAX_BLOCKS_AT_ONCE) return false;
    for (let i = 0; i < blocks && world.finding === undefined; i++) {
      world.clock.advanceTo(world.timeMs + BLOCK_MS);
      world.chain.mine(world.timeMs);
      for (const node of world.nodeNames) see.apply(world, { do: 'see', node, blocks: 1 }, operations);
    }
    return true;
  },
  describe: ({ blocks }) => `${plural(blocks, 'block')} ${blocks === 1 ? 'is' : 'are'} found while no message arrives`,
  simpler: (action) => simplerFields(action, { blocks: numbers(action.blocks, [1, 6, 100, 144]) }),
  operations: [
    {
      name: 'silence',
      kind: 'fault',
      weight: 1,
      factors: [0, 0, 0, 0, 0, 1],
      generate: (world, choices) =>
        mayBeSilent(world) && !opensForLong(world) ? { do: 'silence', blocks: between(choices, 100, 400) } : undefined,
    },
    {
      name: 'silence-at-any-time',
      kind: 'fault',
      licences: ['expired-htlc', 'closing-unanswered'],
      generate: (world, choices) => (opensForLong(world) ? undefined : { do: 'silence', blocks: between(choices, 20, 400) }),
    },
    {
      name: 'night',
      kind: 'fault',
      weight: 6,
      licences: ['expired-htlc', 'closing-unanswered'],
      generate: (world, choices) => (opensForLong(world) ? undefined : drawNight(world, choices)),
    },
  ],
};

/** Nothing waits for a block: no HTLC expires, and no channel is being closed. Channels that are opened, or in use, may take their time. */
function mayBeSilent(world: World): boolean {
  if (world.nodeNames.some((node) => world.driver(node)?.channels === undefined || !world.host(node).running)) return false;
  return world.channels.every(({ name, opener, accepter }) =>
    [opener, accepter].every((node) => {
      const state = world.channelState(node, name);
      if (!hasCommitments(state) || isClosed(state)) return true;
      const { base, logs } = state.shared;
      const adds = [...logs.opener, ...logs.accepter].some(({ kind }) => kind === 'add');
      return !adds && !isShuttingDown(state) && base.htlcs.opener.length + base.htlcs.accepter.length === 0;
    }),
  );
}

function opensForLong(world: World): boolean {
  return world.channels.some(({ name, opener, accepter }) =>
    [opener, accepter].some((node) => {
      const state = world.channelState(node, name);
      const awaited = state?.phase === 'funded' ? state.lifecycle.awaited : undefined;
      return awaited?.message === 'channel_ready' && world.chain.height - awaited.sinceHeight > MAX_BLOCKS_UNREADY;
    }),
  );
}
