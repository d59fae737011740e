import type { ChannelCommand } from '../../core/channel/model/channel-vocabulary.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { Host } from '../world/host.ts';
import type { World } from '../world/world.ts';

export function runningHost(world: World, node: string): Host | undefined {
  const host = world.hosts.get(node);
  return host?.running === true ? host : undefined;
}

/** What each node knows can be looked at, running or not. */
export function allShowStates(world: World): boolean {
  return world.nodeNames.every((node) => world.host(node).driver.channels !== undefined);
}

/** A host that comes back reads the chain before it connects or closes: what a peer owes is counted in blocks (docs/embedding.md). */
const MAX_BLOCKS_BEHIND = 20;

export function isFarBehind(world: World, host: Host): boolean {
  return blocksBehind(world, host) > MAX_BLOCKS_BEHIND;
}

/** How many blocks of the chain a host has not seen yet. */
export function blocksBehind({ chain }: World, { watch }: Host): number {
  return chain.height - watch.seenHeight;
}

/** A running node that is one end of the channel. */
export function isParty(world: World, node: string, channel: string): boolean {
  const info = world.info(channel);
  return runningHost(world, node) !== undefined && info !== undefined && (info.opener === node || info.accepter === node);
}

/** A user's command for one channel. */
export function channelCommand(
  world: World,
  { node, channel }: { readonly node: string; readonly channel: string },
  command: (channelId: ChannelId, host: Host) => ChannelCommand,
): boolean {
  if (!isParty(world, node, channel)) return false;
  const host = world.host(node);
  world.command(host, command(world.idOf(channel) as ChannelId, host));
  return true;
}
