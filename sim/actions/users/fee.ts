import type { ActionKind } from '../action-kind.ts';
import { field } from '../../scenario/fields.ts';
import type { ActionFrom } from '../../scenario/fields.ts';
import { between, chance, pick } from '../../deterministic/random.ts';
import type { Choices } from '../../deterministic/random.ts';
import type { FundedState } from '../../../core/channel/model/state.ts';
import { newestFeerate } from '../../model/commitment-contents.ts';
import type { ChannelInfo } from '../../scenario/types.ts';
import type { World } from '../../world/world.ts';
import { grouped } from '../../scenario/text.ts';
import { CALM_FEERATES, openerSpareMsat, trimmingFeerate } from '../amounts.ts';
import { showsNone } from '../../world/channel-changes.ts';
import type { Operation } from '../registry.ts';
import { numbers, simplerFields, SIMPLE_FEERATES } from '../simpler.ts';
import { channelCommand } from '../subjects.ts';
import { usableEnds } from '../usable-ends.ts';

const fields = { node: field.node, channel: field.channel, feeratePerKw: field.count };
type Fee = ActionFrom<'fee', typeof fields>;

/** Where the accepter's estimate is far from what the channel has: a feerate that is still too high for it, or too low, but nearer. */
function stepNearer(world: World, { opener, accepter }: ChannelInfo, state: FundedState, choices: Choices): number | undefined {
  const host = world.hosts.get(accepter);
  const own = world.hosts.get(opener);
  if (host === undefined || own === undefined) return undefined;
  const newest = newestFeerate(state);
  const { min, max } = host.config.feerateTolerancePercent;
  const most = Math.floor((host.feeratePerKw * max) / 100);
  // No more than the opener itself takes for reasonable.
  const least = Math.min(
    Math.floor((host.feeratePerKw * min) / 100),
    Math.floor((own.feeratePerKw * own.config.feerateTolerancePercent.max) / 100),
  );
  if (newest > most + 1 && chance(choices, 1, 2)) return between(choices, most + 1, newest - 1);
  return newest < least - 2 && chance(choices, 1, 2) ? between(choices, newest + 1, least - 1) : undefined;
}

const update: Operation = {
  name: 'fee',
  kind: 'operation',
  needs: 'moving-fees',
  generate(world, choices) {
    const ends = usableEnds(world).filter(({ node, info, state }) => node === info.opener && !isOneTooMany(world, info.accepter, state));
    if (ends.length === 0) return undefined;
    const { node, info, state } = pick(choices, ends);
    const refusable = world.licences.has('feerate-refused');
    const nearer = refusable ? stepNearer(world, info, state, choices) : undefined;
    if (nearer !== undefined) return { do: 'fee', node, channel: info.name, feeratePerKw: nearer };
    const wild = refusable && chance(choices, 1, 2);
    const usual = wild ? between(choices, 253, 60_000) : between(choices, CALM_FEERATES.min, CALM_FEERATES.max);
    const trimming = chance(choices, 1, 3) ? trimmingFeerate({ node, info, state }, choices) : undefined;
    const feeratePerKw = trimming !== undefined && trimming >= CALM_FEERATES.min && trimming <= CALM_FEERATES.max ? trimming : usual;
    if (!world.licences.has('opener-short') && openerSpareMsat(state, feeratePerKw) < 0n) return undefined;
    return { do: 'fee', node, channel: info.name, feeratePerKw };
  },
};

/** Another implementation may know of one update_fee at a time: BOLT 2 allows more, and nobody needs them. */
function isOneTooMany(world: World, peer: string, { shared }: FundedState): boolean {
  return showsNone(world, peer) && shared.logs.opener.some(({ kind }) => kind === 'fee');
}

export const fee: ActionKind<Fee> = {
  name: 'fee',
  fields,
  apply: (world, action) => channelCommand(world, action, (channelId) => ({ kind: 'fee', channelId, feeratePerKw: action.feeratePerKw })),
  describe: ({ node, channel, feeratePerKw }) => `${node} updates the feerate of ${channel} to ${grouped(feeratePerKw)} sat/kw`,
  simpler: (action) => simplerFields(action, { feeratePerKw: numbers(action.feeratePerKw, SIMPLE_FEERATES) }),
  operations: [
    { ...update, weight: 4, factors: [1, 1, 2, 6] },
    // Lets other operations draw what only this licence makes fair: the opener spends all that it has while HTLCs cross.
    { ...update, name: 'spend-all', licences: ['opener-short'] },
  ],
};
