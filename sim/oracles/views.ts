import type { ChannelView } from '../scenario/border.ts';
import type { ChannelInfo, Finding, WorldView } from '../scenario/types.ts';
import { showsNone } from '../world/channel-changes.ts';
import { firstDifference, kindOfPath } from './compare.ts';
import { finding } from './difference.ts';

/** Whether some node of this world shows views alone, so that its channels are judged by them. */
export function anyHidden(world: WorldView): boolean {
  return world.nodeNames.some((node) => showsNone(world, node));
}

/** Two nodes that are connected and quiet, and have nothing pending, show one channel alike: each from its own side. */
export function viewsDiffer(world: WorldView, { name, channelId, opener, accepter }: ChannelInfo): Finding | undefined {
  if (channelId === undefined || !(showsNone(world, opener) || showsNone(world, accepter))) return undefined;
  if (!world.connected(opener, accepter) || !world.quiet(opener, accepter)) return undefined;
  const [left, right] = [opener, accepter].map((node) => world.driver(node)?.view?.(channelId));
  if (left === undefined || right === undefined || !left.usable || !right.usable || left.pending || right.pending) return undefined;
  const difference = firstDifference(asKnown(left, right), asKnown(mirrored(right), mirrored(left)));
  if (difference === undefined) return undefined;
  return finding(world, {
    oracle: 'agreement',
    rule: 'view',
    kind: kindOfPath(difference.path),
    channel: name,
    message: `${opener} and ${accepter} are connected and quiet, yet what they show of ${name} differs in ${difference.path}`,
    expected: difference.left,
    actual: difference.right,
  });
}

/** The same from the other side. */
function mirrored({ usable, pending, feeratePerKw, balanceMsat, htlcs }: ChannelView): ChannelView {
  return {
    usable,
    pending,
    feeratePerKw,
    balanceMsat: { ours: balanceMsat.theirs, theirs: balanceMsat.ours },
    htlcs: { offered: htlcs.received, received: htlcs.offered },
  };
}

/** What both know. */
function asKnown(view: ChannelView, opposite: ChannelView): ChannelView {
  const { ours, theirs } = view.balanceMsat;
  const balanceMsat = {
    ours: opposite.balanceMsat.theirs === undefined ? undefined : ours,
    theirs: opposite.balanceMsat.ours === undefined ? undefined : theirs,
  };
  return { ...view, balanceMsat };
}
