import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import { saidEnded } from '../world/channel-changes.ts';

/** How channels end at nodes that show no states: what they tell their hosts, which is judged when it is told. */

/** The node has told of this channel's end in an earlier step. */
export function endedBefore(world: WorldView, { node, effects }: StepRecord, channelId: ChannelId): boolean {
  const now = effects.some((effect) => effect.kind === 'notify' && effect.channelId === channelId && effect.event.kind === 'failed');
  return !now && saidEnded(world, node, channelId);
}

/**
 * What this step receives is from a peer that has told of the channel's end: it knows nothing of it any more. BOLT 2 does not say for how long a
 * node remembers a channel whose closing transaction both have signed.
 */
export function saidByEnded(world: WorldView, { input }: StepRecord, channelId: ChannelId): boolean {
  return input.kind === 'received' && saidEnded(world, world.nodeName(input.peer), channelId);
}
