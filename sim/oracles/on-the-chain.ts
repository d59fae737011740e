import { statusOf } from '../../core/channel/model/ending.ts';
import type { AddUpdate } from '../../core/channel/model/state.ts';
import { commitmentsOf, contentsOf } from '../model/commitment-contents.ts';
import type { ChannelInfo, PaymentRecord, WorldView } from '../scenario/types.ts';
import { hasCommitments, showsNone } from '../world/channel-changes.ts';
import { DEPTH, fundingLost } from './licences.ts';

/** Hashes of HTLCs that stand on a commitment of a channel that has failed: what rests on them waits for the chain. */
export function hashesOnChain(world: WorldView): ReadonlySet<string> {
  const out = new Set<string>();
  // Two nodes forward nothing to each other.
  if (world.nodeNames.length < 3) return out;
  for (const { htlc } of leftToTheChain(world)) out.add(htlc.paymentHash);
  return out;
}

/** How many HTLCs stand on commitments of failed channels. */
export function htlcsOnChain(world: WorldView): number {
  const found = new Set<string>();
  for (const { channel, htlc } of leftToTheChain(world)) found.add(`${channel} ${htlc.offerer} ${htlc.id}`);
  return found.size;
}

/** The HTLCs of each commitment of each end of a failed channel: one that stands on several comes as often. */
function* leftToTheChain(world: WorldView): Generator<{ readonly channel: string; readonly htlc: AddUpdate }> {
  for (const { name: channel, opener, accepter } of world.channels) {
    for (const node of [opener, accepter]) {
      const state = world.channelState(node, channel);
      if (!hasCommitments(state) || statusOf(state) !== 'failed') continue;
      for (const { commitment } of commitmentsOf(state.shared)) {
        const contents = contentsOf(state.shared, commitment);
        if (typeof contents !== 'string') for (const htlc of contents.htlcs) yield { channel, htlc };
      }
    }
  }
}

/** Whether what a channel on the way of this payment came to may differ from what the payer was told: it has failed, or is none. */
export function crosses({ route }: Pick<PaymentRecord, 'route'>, ended: ReadonlySet<string>): boolean {
  return route.length > 1 && route.some(({ channel }) => ended.has(channel));
}

/** Channels that do not end in agreement: failed at an end, or without a funding. */
export function endedApart(world: WorldView): ReadonlySet<string> {
  return new Set(
    world.channels.filter((info) => [info.opener, info.accepter].some((node) => isApart(world, node, info))).map(({ name }) => name),
  );
}

function isApart(world: WorldView, node: string, info: ChannelInfo): boolean {
  if (showsNone(world, node)) return world.heard(node, info.name) === 'ended';
  const state = world.channelState(node, info.name);
  if (!hasCommitments(state)) return info.forgotten;
  return statusOf(state) === 'failed' || fundingLost(world, world.chain.height, state, DEPTH.fail);
}
