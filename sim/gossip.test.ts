import { expect, it } from 'vitest';
import { channelsFrom } from '../core/gossip/network-view.ts';
import type { NodeState } from '../core/node/node-vocabulary.ts';
import { printShortChannelId } from '../core/wire/short-channel-id.ts';
import { line, network } from './index.ts';
import type { Simulation } from './index.ts';
import type { Topology } from './index.ts';

/** The channels that a node knows of, and with how many of their two updates. */
function known(net: Simulation, node: string): readonly string[] {
  const state = net.world.host(node).driver.tables?.().node as NodeState | undefined;
  if (state?.gossip === undefined) return [];
  return channelsFrom(state.gossip.view, 0n, 1n << 64n, Infinity).map(
    ({ shortChannelId, update1, update2 }) =>
      `${printShortChannelId(shortChannelId)} ${[update1, update2].filter((told) => told !== undefined).length}`,
  );
}

it('nodes of a network hear of every channel from hop to hop, over the wire and from the chain', () => {
  const topology: Topology = line(4);
  const net = network(topology, { gossip: true });
  net.run();
  const [first, ...others] = topology.nodes.map((node) => known(net, node));
  expect(first).toHaveLength(3);
  expect(first?.every((channel) => channel.endsWith(' 2'))).toBe(true);
  for (const other of others) expect(other).toEqual(first);
  net.settle();
});
