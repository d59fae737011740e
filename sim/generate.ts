import { execute, createWorld, BUILT_IN_REGISTRY } from './run.ts';
import type { RunOptions, RunResult } from './run.ts';
import type { Operation, OperationRegistry } from './operation.ts';
import { between, chance, pick, pickWeighted, shuffle, stream } from './random.ts';
import type { Choices } from './random.ts';
import type { CampaignOptions, SeedToken } from './seed.ts';
import { printToken } from './seed.ts';
import { bytesStrategy } from './strategies/bytes.ts';
import { MixedStrategy } from './strategies/mixed.ts';
import type { WeightedOperation } from './strategies/mixed.ts';
import { PctStrategy } from './strategies/pct.ts';
import { fifo, random } from './strategies/schedulers.ts';
import type { Strategy } from './strategies/strategy.ts';
import type { ChannelSpec, Latency, LinkSpec, NodeSpec, WorldSpec } from './types.ts';

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
  const strategy = bytesStrategy(bytes.subarray(1), plainMix(options.operations ?? BUILT_IN_REGISTRY));
  return execute(createWorld(spec, options), strategy, options);
}

/** Expands a seed. World and schedule have streams of their own: a change to one does not shift the other. */
export function generate(token: SeedToken, registry: OperationRegistry = BUILT_IN_REGISTRY): Generated {
  const { options, seed } = token;
  const label = printToken(token, registry);
  const worldChoices = stream(label, 'world');
  const schedule = stream(label, 'schedule');
  const swarm = options.strategy === 'swarm';
  const mix = withChannelType(swarm ? swarmMix(worldChoices, registry, options) : plainMix(registry), options);
  const licences = [...new Set(mix.flatMap(({ operation, weight }) => (weight > 0 ? (operation.licences ?? []) : [])))];
  const feesMove = mix.some(({ operation: { name }, weight }) => weight > 0 && (name === 'fee' || name === 'spend-all'));
  const nodes = ['A', 'B'].map((name) =>
    swarm ? swarmNode(worldChoices, name, feesMove) : { name, storage: QUICK_DISK, config: PLAIN_CONFIG },
  );
  const drawn = swarm
    ? swarmChannels(worldChoices, licences.includes('adversary'))
    : [plainChannel(seed % 2 === 0 ? 'anchors' : 'static_remotekey')];
  const channels = drawn.map((channel) => ({ ...channel, format: options.channelType ?? channel.format }));
  const spec: WorldSpec = {
    seed: label,
    crypto: options.crypto,
    nodes,
    links: [{ ends: ['A', 'B'], latency: swarm ? pick(worldChoices, LATENCIES) : QUICK_DISK, ...drawTransport(options, label) }],
    channels,
    ...(licences.length === 0 ? {} : { licences }),
  };
  return { spec, strategy: strategyOf(options, mix, worldChoices, schedule) };
}

const QUICK_DISK: Latency = { kind: 'uniform', minMs: 1, maxMs: 20 };
/** More dust than there ever is: where fees move, one end's limit is another's surprise, which only the licence dust-exposure allows. */
const PLAIN_CONFIG = { maxDustHtlcExposureMsat: '5000000000' } as const;
const LATENCIES: readonly Latency[] = [
  { kind: 'fixed', ms: 10 },
  { kind: 'uniform', minMs: 1, maxMs: 100 },
  { kind: 'uniform', minMs: 100, maxMs: 5_000 },
];
/** A few in a hundred: a handshake costs as much as some dozens of messages. */
const ENCRYPTED_PERCENT = 15;
/** Anything; many small pieces; as much at once as there is. */
const FRAGMENTS: readonly (readonly number[] | undefined)[] = [undefined, undefined, [1, 2, 3, 17, 19, 64], [65_536]];
const DISKS: readonly Latency[] = [
  { kind: 'fixed', ms: 0 },
  { kind: 'fixed', ms: 0 },
  { kind: 'uniform', minMs: 1, maxMs: 20 },
  { kind: 'uniform', minMs: 1, maxMs: 1_000 },
  { kind: 'uniform', minMs: 500, maxMs: 60_000 },
];

/** From a stream of its own: what else is drawn does not depend on it. */
function drawTransport({ transport, strategy }: CampaignOptions, label: string): Pick<LinkSpec, 'transport' | 'fragments'> {
  const choices = stream(label, 'transport');
  const drawn = strategy === 'swarm' && chance(choices, ENCRYPTED_PERCENT, 100) ? 'encrypted' : 'frames';
  if ((transport ?? drawn) === 'frames') return {};
  const fragments = pick(choices, FRAGMENTS);
  return { transport: 'encrypted', ...(fragments !== undefined && { fragments }) };
}

function strategyOf(options: CampaignOptions, mix: readonly WeightedOperation[], world: Choices, choices: Choices): Strategy {
  const { strategy: name, steps } = options;
  const pct = (changes: number): Strategy => new PctStrategy({ choices, mix, steps, changes, horizon: steps * 10 });
  const mixed = (scheduler: typeof fifo, eventsPerOperation: number): Strategy =>
    new MixedStrategy({ name, choices, scheduler, mix, steps, eventsPerOperation });
  switch (name) {
    case 'fifo':
      return mixed(fifo, 4);
    case 'random':
      return mixed(random, 4);
    case 'pct':
      return pct(3);
    case 'swarm':
      if (chance(world, 1, 6)) return pct(between(world, 1, 8));
      return mixed(chance(world, 1, 5) ? fifo : random, pick(world, [1, 2, 4, 4, 8, 16]));
  }
}

// ---------------------------------------------------------------- operations

/** What a run of the plain strategies does, by weight: no licences. */
const WEIGHTS: Readonly<Record<string, number>> = {
  pay: 24,
  fulfill: 16,
  fail: 8,
  fail_malformed: 2,
  fee: 4,
  commit: 12,
  acknowledge: 4,
  open: 1,
  shutdown: 2,
  disconnect: 6,
  connect: 24,
  corrupt: 4,
  crash: 4,
  restart: 24,
  mine: 4,
  feerate: 2,
  wait: 2,
  rude: 4,
};
/** Without these a run would stand still after its first fault, or carry nothing. */
const ALWAYS: ReadonlySet<string> = new Set(['pay', 'connect', 'restart', 'commit', 'rude']);
/** An operation of your own that says nothing else. */
const DEFAULT_WEIGHT = 6;

function plainMix(registry: OperationRegistry): WeightedOperation[] {
  return registry.all
    .filter((operation) => (operation.licences ?? []).length === 0)
    .map((operation) => ({ operation, weight: WEIGHTS[operation.name] ?? DEFAULT_WEIGHT }));
}

/** Each seed leaves out about a third of the operations and weighs the others anew: what all runs mix, no run goes deep into. */
function swarmMix(choices: Choices, registry: OperationRegistry, options: CampaignOptions): WeightedOperation[] {
  const mix = plainMix(registry).map(({ operation, weight }) => {
    const factor = ALWAYS.has(operation.name) ? between(choices, 1, 3) : pick(choices, [0, 0, 1, 1, 2, 6]);
    return { operation, weight: weight * factor };
  });
  if (!chance(choices, options.licensedPercent, 100)) return mix;
  const isHostile = ({ licences = [] }: Operation): boolean => licences.includes('adversary');
  // Many of them meet an adversary: it alone comes to what honest nodes never do. Each breach may cost a channel: others are opened.
  if (chance(choices, 2, 5)) {
    const more = registry.all.filter((operation) => isHostile(operation) || operation.name === 'open');
    return [...mix, ...more.map((operation) => ({ operation, weight: between(choices, 16, 48) }))];
  }
  const licensed = shuffle(
    choices,
    registry.all.filter((operation) => (operation.licences ?? []).length > 0 && !isHostile(operation)),
  );
  const drawn = licensed.slice(0, pickWeighted(choices, [0, 1, 1]));
  const losing = drawn.find(({ name }) => name === 'stale-backup');
  const closing = licensed.find(({ name }) => name === 'force_close');
  // Old data is worst where the peer has failed the channel meanwhile: `stale-backup` sees to that, where it may and comes before `restart`.
  if (losing !== undefined && closing !== undefined && chance(choices, 2, 3))
    return [...mix, { operation: losing, weight: between(choices, 24, 72) }, { operation: closing, weight: 1 }];
  return [...mix, ...drawn.map((operation) => ({ operation, weight: between(choices, 2, 12) }))];
}

/** A campaign of one channel type opens no other. What is drawn stays the same. */
function withChannelType(mix: readonly WeightedOperation[], { channelType }: CampaignOptions): readonly WeightedOperation[] {
  if (channelType === undefined) return mix;
  return mix.map(({ operation, weight }) => {
    const generate: Operation['generate'] = (world, choices) => {
      const action = operation.generate(world, choices);
      return action?.do === 'open' ? { ...action, format: channelType } : action;
    };
    return { operation: { ...operation, generate }, weight };
  });
}

// ---------------------------------------------------------------- worlds

function swarmNode(choices: Choices, name: string, feesMove: boolean): NodeSpec {
  const watchers = Array.from({ length: pick(choices, [0, 0, 0, 1, 2]) }, (_, i) => ({ name: `w${i + 1}`, latency: pick(choices, DISKS) }));
  return {
    name,
    storage: pick(choices, DISKS),
    ...(watchers.length === 0 ? {} : { watchers }),
    ...(chance(choices, 1, 4) ? { acknowledge: 'later' as const } : {}),
    config: {
      minimumDepth: between(choices, 1, 3),
      ...(chance(choices, 1, 4) ? { commit: 'manual' } : {}),
      ...(chance(choices, 1, 3) ? { dustLimitSat: pick(choices, ['354', '546', '800', '1000']) } : {}),
      ...(chance(choices, 1, 3) ? { maxAcceptedHtlcs: pick(choices, [1, 2, 3, 5, 483]) } : {}),
      ...(chance(choices, 1, 4) ? { htlcMinimumMsat: pick(choices, ['0', '1000', '5000000']) } : {}),
      ...(chance(choices, 1, 4) ? { maxHtlcValueInFlightMsat: pick(choices, ['50000000', '200000000', '18446744073709551615']) } : {}),
      ...(feesMove ? PLAIN_CONFIG : chance(choices, 1, 6) ? { maxDustHtlcExposureMsat: pick(choices, ['1000000', '5000000']) } : {}),
      ...(chance(choices, 1, 6) ? { toSelfDelay: between(choices, 1, 1000) } : {}),
    },
  };
}

/** Where an adversary ends channels, more of them last longer, and what reaches the others shows. */
function swarmChannels(choices: Choices, hostile: boolean): ChannelSpec[] {
  const count = pick(choices, hostile ? [2, 3] : [1, 1, 1, 1, 1, 1, 2, 3]);
  return Array.from({ length: count }, (_, i) => {
    const [opener, accepter] = chance(choices, 1, 2) ? ['A', 'B'] : ['B', 'A'];
    const fundingSat = between(choices, 100, 2_000) * 1_000;
    return {
      name: `c${i + 1}`,
      opener: opener as string,
      accepter: accepter as string,
      fundingSat: fundingSat.toString(),
      pushMsat: (BigInt(Math.floor((fundingSat * between(choices, 0, 60)) / 100)) * 1000n + BigInt(choices.int(1000))).toString(),
      feeratePerKw: between(choices, 1250, 5000),
      format: pick(choices, ['anchors', 'static_remotekey'] as const),
      ...(chance(choices, 1, 3) ? { upfrontShutdown: true } : {}),
    };
  });
}

function plainChannel(format: ChannelSpec['format']): ChannelSpec {
  return { name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500, format };
}
