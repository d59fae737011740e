import { drawWorld, PLAIN_CONFIG, plainChannel, QUICK_DISK } from './draw-world.ts';
import { licencesOf, licensedOperations, plainOperations, swarmOperations, withChannelType } from './weights.ts';
import type { OperationRegistry } from '../actions/registry.ts';
import { between, chance, pick, stream } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import { BUILT_IN_REGISTRY, createWorld, execute } from '../run/run.ts';
import type { RunOptions, RunResult } from '../run/run.ts';
import type { CampaignOptions, SeedToken } from '../run/seed.ts';
import { printToken } from '../run/seed.ts';
import { bytesStrategy } from '../strategies/from-bytes.ts';
import { WeightedStrategy } from '../strategies/weighted.ts';
import type { WeightedOperation } from '../strategies/weighted.ts';
import { PctStrategy } from '../strategies/pct.ts';
import { fifo, random } from '../strategies/schedulers.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { NodeSpec, WorldSpec } from '../scenario/types.ts';

/** Consecutive seeds that share a world: it is set up once, and each goes on from a copy of it with operations and a schedule of its own. */
export const SEEDS_A_WORLD = 8;

/** What a seed expands to: a world, and who moves next in it. */
export interface Generated {
  readonly spec: WorldSpec;
  readonly strategy: Strategy;
}

/** Runs one seed of a campaign. Its result's scenario has every action explicit, and gives the same hash when it is run. */
export function runSeed(token: SeedToken, options: RunOptions = {}): RunResult {
  const { spec, strategy } = generate(token, options.operations ?? BUILT_IN_REGISTRY);
  return execute(createWorld(spec, options), strategy, options);
}

/** Runs what a coverage-guided fuzzer made: the first byte draws the world, the others every decision. Any bytes are a valid run. */
export function runBytes(bytes: Uint8Array, options: RunOptions = {}): RunResult {
  const flags = bytes[0] ?? 0;
  const slow = (bit: number): Pick<NodeSpec, 'storage'> => ((flags >> bit) & 1 ? { storage: QUICK_DISK } : {});
  const watched: Pick<NodeSpec, 'watchers'> = (flags >> 3) & 1 ? { watchers: [{ name: 'w1', latency: QUICK_DISK }] } : {};
  const spec: WorldSpec = {
    seed: 'bytes',
    crypto: 'fake',
    nodes: [
      { name: 'A', ...slow(1), ...watched, ...((flags >> 4) & 1 ? { acknowledge: 'later' as const } : {}), config: PLAIN_CONFIG },
      { name: 'B', ...slow(2), config: { ...PLAIN_CONFIG, ...((flags >> 5) & 1 ? { commit: 'manual' } : {}) } },
    ],
    links: [{ ends: ['A', 'B'], latency: QUICK_DISK, ...((flags >> 6) & 1 ? { transport: 'encrypted' as const } : {}) }],
    channels: [plainChannel(flags & 1 ? 'static_remotekey' : 'anchors')],
  };
  const strategy = bytesStrategy(bytes.subarray(1), plainOperations(options.operations ?? BUILT_IN_REGISTRY));
  return execute(createWorld(spec, options), strategy, options);
}

/** The token of the first seed that has this one's world, and the name of that world. */
function worldLabel({ options, seed }: SeedToken, registry: OperationRegistry): string {
  return printToken({ options, seed: seed - (seed % SEEDS_A_WORLD) }, registry);
}

/** Expands a seed. World, mix and schedule have streams of their own: a change to one does not shift the others. */
export function generate(token: SeedToken, registry: OperationRegistry = BUILT_IN_REGISTRY): Generated {
  const { options } = token;
  const { spec, traits } = drawWorld(worldLabel(token, registry), options);
  const label = printToken(token, registry);
  const choices = stream(label, 'mix');
  const swarm = options.strategy === 'swarm';
  const licensed = swarm ? licensedOperations(choices, registry, options, traits) : [];
  const plain = swarm ? swarmOperations(choices, registry, traits) : plainOperations(registry, traits.isNetwork);
  const operations = withChannelType([...plain, ...licensed], options);
  const licences = licencesOf(licensed);
  return {
    spec: licences.length === 0 ? spec : { ...spec, licences },
    strategy: strategyOf(options, operations, choices, stream(label, 'schedule')),
  };
}

function strategyOf(options: CampaignOptions, operations: readonly WeightedOperation[], mixing: Choices, choices: Choices): Strategy {
  const { strategy: name, steps } = options;
  const pct = (changes: number): Strategy => new PctStrategy({ choices, operations, steps, changes, horizon: steps * 10 });
  const mixed = (scheduler: typeof fifo, eventsPerOperation: number): Strategy =>
    new WeightedStrategy({ name, choices, scheduler, operations, steps, eventsPerOperation });
  switch (name) {
    case 'fifo':
      return mixed(fifo, 4);
    case 'random':
      return mixed(random, 4);
    case 'pct':
      return pct(3);
    case 'swarm':
      if (chance(mixing, 1, 6)) return pct(between(mixing, 1, 8));
      return mixed(chance(mixing, 1, 5) ? fifo : random, pick(mixing, [1, 2, 4, 4, 8, 16]));
  }
}
