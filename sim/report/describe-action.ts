import type { Action, Latency, WorldSpec } from '../scenario/types.ts';
import { kindOf } from '../actions/index.ts';
import { grouped, msat, sat } from '../scenario/text.ts';

/** One action as an English sentence, without its full stop. */
export function describeAction(action: Action): string {
  return kindOf(action).describe(action);
}

function latency(value: Latency): string {
  return value.kind === 'fixed' ? `${value.ms} ms` : `${value.minMs} to ${value.maxMs} ms`;
}

/** Nodes, links and channels of a world, one line each. */
export function describeWorld(world: WorldSpec): string[] {
  const nodes = world.nodes.map((node) => {
    const settings = [
      node.driver === undefined ? '' : `driver ${node.driver}`,
      node.storage === undefined ? '' : `stores in ${latency(node.storage)}`,
      ...(node.watchers ?? []).map((watcher) => `watcher ${watcher.name} in ${latency(watcher.latency)}`),
      node.acknowledge === 'later' ? 'acknowledges later' : '',
      ...Object.entries(node.config ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
    ].filter((text) => text !== '');
    return `node ${node.name}${settings.length === 0 ? '' : `: ${settings.join(', ')}`}`;
  });
  const links = world.links.map((link) => `link ${link.ends.join('-')}: ${latency(link.latency)}`);
  const channels = world.channels.map(
    (channel) =>
      `channel ${channel.name}: opened by ${channel.opener} to ${channel.accepter}, ${sat(channel.fundingSat)}, pushed ${msat(channel.pushMsat)}, ${grouped(channel.feeratePerKw)} sat/kw, ${channel.format}`,
  );
  const licences = world.licences?.length ? [`licences: ${world.licences.join(', ')}`] : [];
  return [...nodes, ...links, ...channels, `crypto ${world.crypto}, keys from seed ${JSON.stringify(world.seed)}`, ...licences];
}
