import { Simulation } from './simulation.ts';
import type { OpenOptions, SimulationOptions } from './simulation.ts';
import type { Latency } from './scenario/types.ts';
import type { Topology } from './scenario/topology.ts';

export interface NetworkOptions extends SimulationOptions, Partial<OpenOptions> {
  /** Overrides of every node's policy, amounts as decimal strings. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** How long a state store of any of them takes. Default: it completes within the step. */
  readonly storage?: Latency;
}

/**
 * A simulation whose nodes deal with payments themselves, connected, with funded and usable channels: `pay` goes from any node to any other. Both
 * ends of a channel begin with half of it, unless `pushMsat` says otherwise.
 */
export function network({ nodes, channels }: Topology, options: NetworkOptions = {}): Simulation {
  const { config, fundingSat = 1_000_000n, pushMsat = fundingSat * 500n, feeratePerKw, format, storage, ...rest } = options;
  const sim = new Simulation(rest);
  for (const name of nodes) sim.node(name, { config: { payments: 'node', ...config }, ...(storage !== undefined && { storage }) });
  for (const [a, b] of channels) sim.connect(a, b);
  const terms = { fundingSat, pushMsat, ...(feeratePerKw !== undefined && { feeratePerKw }), ...(format !== undefined && { format }) };
  for (const [opener, accepter] of channels) sim.open(opener, accepter, terms);
  return sim;
}
