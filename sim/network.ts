import { ANNOUNCEMENT_DEPTH } from '../core/channel/model/place.ts';
import { DEFAULT_GOSSIP_LIMITS } from '../core/gossip/gossip-vocabulary.ts';
import { DEFAULT_CONFIG } from '../core/node/config.ts';
import { featureBits, featuresFromBits, makeFeatures } from '../core/wire/features.ts';
import { Simulation } from './simulation.ts';
import type { OpenOptions, SimulationOptions } from './simulation.ts';
import type { Latency } from './scenario/types.ts';
import type { Topology } from './scenario/topology.ts';

export interface NetworkOptions extends SimulationOptions, Partial<OpenOptions> {
  /** Overrides of every node's policy, amounts as decimal strings. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** How long a state store of any of them takes. Default: it completes within the step. */
  readonly storage?: Latency;
  /** Channels are announced, and every node learns of all of them by gossip. Default false. */
  readonly gossip?: boolean;
}

const WITH_GOSSIP = {
  gossip: 'network',
  features: featuresFromBits([...featureBits(DEFAULT_CONFIG.features), ...featureBits(makeFeatures({ gossip_queries: 'optional' }))]),
};

/**
 * A simulation whose nodes deal with payments themselves, connected, with funded and usable channels: `pay` goes from any node to any other. Both
 * ends of a channel begin with half of it, unless `pushMsat` says otherwise.
 */
export function network({ nodes, channels }: Topology, options: NetworkOptions = {}): Simulation {
  const {
    config,
    fundingSat = 1_000_000n,
    pushMsat = fundingSat * 500n,
    feeratePerKw,
    format,
    storage,
    gossip = false,
    announce = gossip,
    ...rest
  } = options;
  const kept = { payments: 'node', ...(gossip && WITH_GOSSIP), ...config };
  const sim = new Simulation(rest);
  for (const name of nodes) sim.node(name, { config: kept, ...(storage !== undefined && { storage }) });
  for (const [a, b] of channels) sim.connect(a, b);
  const terms = {
    fundingSat,
    pushMsat,
    ...(feeratePerKw !== undefined && { feeratePerKw }),
    ...(format !== undefined && { format }),
    ...(announce && { announce }),
  };
  for (const [opener, accepter] of channels) sim.open(opener, accepter, terms);
  if (gossip) spread(sim, nodes.length - 1);
  return sim;
}

/** BOLT 7: a channel is announced with its sixth confirmation, and news go on once a minute. */
function spread(sim: Simulation, hops: number): void {
  // One after the other: who is told of a channel in a block that it has not seen does not believe it.
  for (let block = 0; block < ANNOUNCEMENT_DEPTH; block++) sim.mine(1);
  for (let hop = 0; hop < hops; hop++) {
    sim.act({ do: 'wait', ms: DEFAULT_GOSSIP_LIMITS.flushMs });
    sim.run();
  }
}
