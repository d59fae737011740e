import { between, chance, pick, stream } from '../deterministic/random.ts';
import type { Choices } from '../deterministic/random.ts';
import type { CampaignOptions } from '../run/seed.ts';
import { drawShape, drawTopology } from './draw-topology.ts';
import type { NetworkShape } from './draw-topology.ts';
import type { ChannelSpec, Latency, LinkSpec, NodeSpec, WorldSpec } from '../scenario/types.ts';

/** A world that is drawn: what seeds that share it have in common. */
export interface DrawnWorld {
  readonly spec: WorldSpec;
  readonly traits: Traits;
}

/** What operations may need of a world. */
export interface Traits {
  /** Feerates may change: its nodes are configured for it. */
  readonly feesMove: boolean;
  /** Its nodes deal with payments themselves, and there are more than two. */
  readonly isNetwork: boolean;
}

/** The world that a label stands for. */
export function drawWorld(label: string, options: CampaignOptions): DrawnWorld {
  const shape = drawShape(stream(label, 'topology'), options.topology);
  return shape === 'pair' ? drawPair(label, options) : drawNetwork(label, options, shape);
}

function drawPair(label: string, options: CampaignOptions): DrawnWorld {
  const choices = stream(label, 'world');
  const swarm = options.strategy === 'swarm';
  const feesMove = !swarm || chance(choices, 2, 3);
  const link = drawTransport(options, label);
  const nodes = ['A', 'B'].map((name) => (swarm ? swarmNode(choices, name, feesMove) : plainNode(name)));
  // Of one end: two that both wait for the other to read would wait for ever.
  if (link.window !== undefined) nodes[0] = { ...(nodes[0] as NodeSpec), maxQueuedBytes: MAX_QUEUED_BYTES };
  const drawn = swarm ? swarmChannels(choices) : [plainChannel(pick(choices, ['anchors', 'static_remotekey'] as const))];
  const spec: WorldSpec = {
    seed: label,
    crypto: options.crypto,
    nodes: withDrivers(nodes, options.drivers),
    links: [
      {
        ends: ['A', 'B'],
        latency: swarm ? pick(choices, LATENCIES) : QUICK_DISK,
        ...link,
        ...drawClosing(options, label),
      },
    ],
    channels: withChannelType(drawn, options),
  };
  return { spec, traits: { feesMove, isNetwork: false } };
}

/** Each link, node and channel as in a pair; but nodes sign by themselves, and forward for what they ask. */
function drawNetwork(label: string, options: CampaignOptions, shape: NetworkShape): DrawnWorld {
  const choices = stream(label, 'world');
  const swarm = options.strategy === 'swarm';
  const feesMove = !swarm || chance(choices, 2, 3);
  const { nodes: names, channels } = drawTopology(choices, shape);
  const nodes = names.map((name) => {
    const node = swarm ? swarmNode(choices, name, feesMove) : plainNode(name);
    const { commit: _, ...config }: NonNullable<NodeSpec['config']> = node.config ?? {};
    return { ...node, config: { ...config, payments: 'node', ...(swarm ? drawRelay(choices) : {}) } };
  });
  const pairs = channels.filter(([a, b], at) => channels.findIndex(([c, d]) => a === c && b === d) === at);
  const links = pairs.map((ends, at): LinkSpec => {
    const own = `${label}/${at}`;
    const latency = swarm ? pick(choices, LATENCIES) : QUICK_DISK;
    return { ends, latency, ...drawTransport(options, own), ...drawClosing(options, own) };
  });
  const drawn = channels.map((ends, i) =>
    swarm ? swarmChannel(choices, i, ends) : { ...plainChannel('anchors'), name: `c${i + 1}`, opener: ends[0], accepter: ends[1] },
  );
  const spec: WorldSpec = {
    seed: label,
    crypto: options.crypto,
    nodes: withDrivers(nodes, options.drivers),
    links,
    channels: withChannelType(drawn, options),
  };
  return { spec, traits: { feesMove, isNetwork: true } };
}

/** What a forwarder asks for: mostly the default. */
function drawRelay(choices: Choices): NonNullable<NodeSpec['config']> {
  if (!chance(choices, 1, 3)) return {};
  const relay = {
    feeBaseMsat: pick(choices, [0, 1, 1000, 5000]),
    feeProportionalMillionths: pick(choices, [0, 1, 100, 10_000]),
    cltvExpiryDelta: pick(choices, [34, 40, 80, 144]),
  };
  return { relay };
}

/** All of the type that the campaign fixes, if it does. */
function withChannelType(channels: readonly ChannelSpec[], { channelType }: CampaignOptions): readonly ChannelSpec[] {
  return channelType === undefined ? channels : channels.map((channel) => ({ ...channel, format: channelType }));
}

/** In turn, as they are given. With others every node keeps to what any implementation takes. */
function withDrivers(nodes: readonly NodeSpec[], drivers: readonly string[] = []): readonly NodeSpec[] {
  if (drivers.length === 0) return nodes;
  return nodes.map(({ config = {}, ...node }, i) => ({ ...node, driver: drivers[i % drivers.length] as string, config: moderate(config) }));
}

/** The dust of a P2PKH output: some refuse more, and BOLT 2 leaves it to them what is too large. */
const USUAL_DUST_SAT = 546;

function moderate(config: NonNullable<NodeSpec['config']>): NonNullable<NodeSpec['config']> {
  const { dustLimitSat, ...rest } = config;
  return dustLimitSat === undefined || Number(dustLimitSat) <= USUAL_DUST_SAT ? config : { ...rest, dustLimitSat: `${USUAL_DUST_SAT}` };
}

export const QUICK_DISK: Latency = { kind: 'uniform', minMs: 1, maxMs: 20 };
/** More dust than there ever is: where fees move, one end's limit is another's surprise, which only the licence dust-exposure allows. */
export const PLAIN_CONFIG = { maxDustHtlcExposureMsat: '5000000000' } as const;
const LATENCIES: readonly Latency[] = [
  { kind: 'fixed', ms: 10 },
  { kind: 'uniform', minMs: 1, maxMs: 100 },
  { kind: 'uniform', minMs: 100, maxMs: 5_000 },
];
/** A few in a hundred: a handshake costs as much as some dozens of messages. */
const ENCRYPTED_PERCENT = 10;
/** Links that take only so much at a time: one message, or a few. */
const NARROW_PERCENT = 0;
const WINDOWS: readonly number[] = [1, 500, 2_000];
/** Two of the longest messages. */
const MAX_QUEUED_BYTES = 3_000;
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
function drawTransport({ transport, strategy }: CampaignOptions, label: string): Pick<LinkSpec, 'transport' | 'fragments' | 'window'> {
  const choices = stream(label, 'transport');
  const drawn = strategy === 'swarm' && chance(choices, ENCRYPTED_PERCENT, 100) ? 'encrypted' : 'frames';
  if ((transport ?? drawn) === 'frames')
    return strategy === 'swarm' && chance(choices, NARROW_PERCENT, 100) ? { window: pick(choices, WINDOWS) } : {};
  const fragments = pick(choices, FRAGMENTS);
  return { transport: 'encrypted', ...(fragments !== undefined && { fragments }) };
}

/** Many peers still negotiate the closing the old way. */
function drawClosing({ strategy }: CampaignOptions, label: string): Pick<LinkSpec, 'withoutFeeRange'> {
  return strategy === 'swarm' && chance(stream(label, 'closing'), 1, 6) ? { withoutFeeRange: true } : {};
}

function plainNode(name: string): NodeSpec {
  return { name, storage: QUICK_DISK, config: PLAIN_CONFIG };
}

function swarmNode(choices: Choices, name: string, feesMove: boolean): NodeSpec {
  const watchers = Array.from({ length: pick(choices, [0, 0, 0, 0, 0, 0, 1, 2]) }, (_, i) => ({
    name: `w${i + 1}`,
    latency: pick(choices, DISKS),
  }));
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

function swarmChannels(choices: Choices): ChannelSpec[] {
  const count = chance(choices, 6, 7) ? 1 : between(choices, 2, 3);
  return Array.from({ length: count }, (_, i) => swarmChannel(choices, i, ['A', 'B']));
}

function swarmChannel(choices: Choices, i: number, [a, b]: readonly [string, string]): ChannelSpec {
  const [opener, accepter] = chance(choices, 1, 2) ? [a, b] : [b, a];
  const fundingSat = between(choices, 100, 2_000) * 1_000;
  // Nothing is what openers mostly give away: then one end has no output, no anchor and nothing to lose.
  const pushed = chance(choices, 1, 6) ? 0 : between(choices, 0, 60);
  return {
    name: `c${i + 1}`,
    opener,
    accepter,
    fundingSat: fundingSat.toString(),
    pushMsat: (BigInt(Math.floor((fundingSat * pushed) / 100)) * 1000n + BigInt(choices.int(1000))).toString(),
    feeratePerKw: between(choices, 1250, 5000),
    format: pick(choices, ['anchors', 'static_remotekey'] as const),
    ...(chance(choices, 1, 3) ? { upfrontShutdown: true } : {}),
  };
}

export function plainChannel(format: ChannelSpec['format']): ChannelSpec {
  return { name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500, format };
}
