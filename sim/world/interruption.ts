import type { ChannelId } from '../../core/crypto/bytes.ts';
import { WHOLE_NODE } from '../scenario/sinks.ts';
import type { Host } from './host.ts';
import type { Link } from './network.ts';
import type { World } from './world.ts';

/** Whether a channel is being opened over this link: until both ends have it on disk, a lost connection may lose it. */
function isOpening(world: World, nodes: readonly string[]): boolean {
  return world.channels.some((info) => {
    if (info.forgotten || !nodes.includes(info.opener) || !nodes.includes(info.accepter)) return false;
    return [info.opener, info.accepter].some(
      (node) => info.channelId === undefined || !isKept(world.host(node), info.name, info.channelId),
    );
  });
}

/** On disk; one that stores nothing, or all in one, has it for good as soon as it says so. */
function isKept({ driver, disk, heard }: Host, channel: string, channelId: ChannelId): boolean {
  return driver.serialise === undefined || disk.durable.has(WHOLE_NODE) ? heard.has(channel) : disk.durable.has(channelId);
}

/** Whether a connection between these may be lost: one that brings a channel about only with a licence. */
export function mayInterrupt(world: World, nodes: readonly string[]): boolean {
  return world.licences.has('opening-lost') || !isOpening(world, nodes);
}

export function linksOf(world: World, node: string): Link[] {
  return [...world.links.values()].filter((link) => link.spec.ends.includes(node));
}
