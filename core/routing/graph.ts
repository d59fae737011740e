import type { PublicKey } from '../crypto/bytes.ts';
import type { ChannelPolicy } from '../gossip/channel-update.ts';
import { msatOf } from '../bitcoin/amounts.ts';

/** A public channel as gossip tells of it. `nodeId1` is the lesser; policy 1 is node 1's, for what goes from it to node 2. */
export interface GraphChannel {
  readonly shortChannelId: bigint;
  readonly nodeId1: PublicKey;
  readonly nodeId2: PublicKey;
  /** Undefined where the chain was not asked. */
  readonly capacitySat: bigint | undefined;
  readonly policy1: ChannelPolicy | undefined;
  readonly policy2: ChannelPolicy | undefined;
}

/**
 * The base of the graph: typed arrays that nobody writes to once they are built, shared by reference. Nodes are numbers; edge 2c is channel c from its node
 * 1 to its node 2, edge 2c + 1 the other way. About 60 bytes an edge.
 */
export interface Graph {
  readonly nodeIds: readonly PublicKey[];
  readonly nodeIndex: ReadonlyMap<PublicKey, number>;
  /** By channel, in ascending order. */
  readonly shortChannelIds: BigUint64Array;
  /** By edge. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly usable: Uint8Array;
  readonly feeBaseMsat: Uint32Array;
  readonly feeProportionalMillionths: Uint32Array;
  readonly cltvExpiryDelta: Uint16Array;
  readonly htlcMinimumMsat: Float64Array;
  /** Never more than the capacity. */
  readonly htlcMaximumMsat: Float64Array;
  /** The edges into node n are `edges[starts[n]]` to before `edges[starts[n + 1]]`. */
  readonly starts: Int32Array;
  readonly edges: Int32Array;
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** Rounded down to what a number can count: whoever may send more may send that. */
function atMost(amountMsat: bigint): number {
  return Number(amountMsat < MOST ? amountMsat : MOST);
}

/** A channel that is there twice is a RangeError. */
export function buildGraph(channels: readonly GraphChannel[]): Graph {
  return fill(channels.toSorted((a, b) => (a.shortChannelId < b.shortChannelId ? -1 : 1)));
}

function fill(channels: readonly GraphChannel[]): Graph {
  const nodeIds = [...new Set(channels.flatMap(({ nodeId1, nodeId2 }) => [nodeId1, nodeId2]))];
  const nodeIndex = new Map(nodeIds.map((id, i) => [id, i]));
  const graph = emptyGraph(nodeIds, nodeIndex, channels.length);
  for (const [c, channel] of channels.entries()) {
    if (c > 0 && channel.shortChannelId === channels[c - 1]?.shortChannelId) throw new RangeError('a channel twice');
    graph.shortChannelIds[c] = channel.shortChannelId;
    const [one, two] = [nodeIndex.get(channel.nodeId1) as number, nodeIndex.get(channel.nodeId2) as number];
    setEdges(graph, c, one, two, channel);
  }
  sortByTarget(graph);
  return graph;
}

function emptyGraph(nodeIds: readonly PublicKey[], nodeIndex: ReadonlyMap<PublicKey, number>, channels: number): Graph {
  const edges = 2 * channels;
  return {
    nodeIds,
    nodeIndex,
    shortChannelIds: new BigUint64Array(channels),
    from: new Int32Array(edges),
    to: new Int32Array(edges),
    usable: new Uint8Array(edges),
    feeBaseMsat: new Uint32Array(edges),
    feeProportionalMillionths: new Uint32Array(edges),
    cltvExpiryDelta: new Uint16Array(edges),
    htlcMinimumMsat: new Float64Array(edges),
    htlcMaximumMsat: new Float64Array(edges),
    starts: new Int32Array(nodeIds.length + 1),
    edges: new Int32Array(edges),
  };
}

/** The number of a channel; undefined where the graph has none. */
export function channelIn({ shortChannelIds }: Graph, shortChannelId: bigint): number | undefined {
  const at = firstFrom(shortChannelIds, shortChannelId);
  return shortChannelIds[at] === shortChannelId ? at : undefined;
}

/** The number of the first channel whose id is not below this one. */
export function firstFrom(shortChannelIds: BigUint64Array, shortChannelId: bigint): number {
  let low = 0;
  let high = shortChannelIds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((shortChannelIds[middle] as bigint) < shortChannelId) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Another graph, with these channels in the place of those of their ids, whose ends are the same, or without them where there is nothing. What the
 * first has is shared or copied, and never written to.
 */
export function patchGraph(base: Graph, changes: ReadonlyMap<bigint, GraphChannel | undefined>): Graph {
  if (changes.size === 0) return base;
  const isOnlyPolicies = [...changes].every(([id, channel]) => channel !== undefined && channelIn(base, id) !== undefined);
  return isOnlyPolicies ? withPolicies(base, changes) : withChannels(base, changes);
}

function withPolicies(base: Graph, changes: ReadonlyMap<bigint, GraphChannel | undefined>): Graph {
  const graph: Graph = {
    ...base,
    usable: base.usable.slice(),
    feeBaseMsat: base.feeBaseMsat.slice(),
    feeProportionalMillionths: base.feeProportionalMillionths.slice(),
    cltvExpiryDelta: base.cltvExpiryDelta.slice(),
    htlcMinimumMsat: base.htlcMinimumMsat.slice(),
    htlcMaximumMsat: base.htlcMaximumMsat.slice(),
  };
  for (const [id, channel] of changes) {
    const c = channelIn(base, id);
    if (channel === undefined || c === undefined) continue;
    for (const edge of [2 * c, 2 * c + 1]) graph.usable[edge] = 0;
    setPolicies(graph, c, channel);
  }
  return graph;
}

/** Channels come or go: those that stay are copied in their order, the new ones between them. */
function withChannels(base: Graph, changes: ReadonlyMap<bigint, GraphChannel | undefined>): Graph {
  const news = [...changes.values()].filter((channel) => channel !== undefined);
  news.sort((a, b) => (a.shortChannelId < b.shortChannelId ? -1 : 1));
  const isGone = new Uint8Array(base.shortChannelIds.length);
  for (const id of changes.keys()) {
    const c = channelIn(base, id);
    if (c !== undefined) isGone[c] = 1;
  }
  const stay = isGone.reduce((count, gone) => count - gone, isGone.length);
  const nodeIds = base.nodeIds.slice();
  const nodeIndex = new Map(base.nodeIndex);
  for (const id of news.flatMap(({ nodeId1, nodeId2 }) => [nodeId1, nodeId2])) {
    if (!nodeIndex.has(id)) nodeIndex.set(id, nodeIds.push(id) - 1);
  }
  const graph = emptyGraph(nodeIds, nodeIndex, stay + news.length);
  let to = 0;
  let from = 0;
  const copyUpTo = (end: number): void => {
    for (; from < end; from++) if (isGone[from] === 0) copyChannel(base, from, graph, to++);
  };
  for (const channel of news) {
    copyUpTo(firstFrom(base.shortChannelIds, channel.shortChannelId));
    graph.shortChannelIds[to] = channel.shortChannelId;
    setEdges(graph, to++, nodeIndex.get(channel.nodeId1) as number, nodeIndex.get(channel.nodeId2) as number, channel);
  }
  copyUpTo(isGone.length);
  sortByTarget(graph);
  return graph;
}

function copyChannel(base: Graph, c: number, graph: Graph, to: number): void {
  graph.shortChannelIds[to] = base.shortChannelIds[c] as bigint;
  for (const side of [0, 1]) {
    const [source, target] = [2 * c + side, 2 * to + side];
    graph.from[target] = base.from[source] as number;
    graph.to[target] = base.to[source] as number;
    graph.usable[target] = base.usable[source] as number;
    graph.feeBaseMsat[target] = base.feeBaseMsat[source] as number;
    graph.feeProportionalMillionths[target] = base.feeProportionalMillionths[source] as number;
    graph.cltvExpiryDelta[target] = base.cltvExpiryDelta[source] as number;
    graph.htlcMinimumMsat[target] = base.htlcMinimumMsat[source] as number;
    graph.htlcMaximumMsat[target] = base.htlcMaximumMsat[source] as number;
  }
}

function setEdges(graph: Graph, c: number, one: number, two: number, channel: GraphChannel): void {
  graph.from[2 * c] = graph.to[2 * c + 1] = one;
  graph.to[2 * c] = graph.from[2 * c + 1] = two;
  setPolicies(graph, c, channel);
}

function setPolicies(graph: Graph, c: number, { policy1, policy2, capacitySat }: GraphChannel): void {
  setPolicy(graph, 2 * c, policy1, capacitySat);
  setPolicy(graph, 2 * c + 1, policy2, capacitySat);
}

function setPolicy(graph: Graph, edge: number, policy: ChannelPolicy | undefined, capacitySat: bigint | undefined): void {
  if (policy === undefined) return;
  // BOLT 7: limits that exclude each other make a channel unusable, as does a maximum beyond the capacity.
  const exceeds = capacitySat !== undefined && policy.htlcMaximumMsat > msatOf(capacitySat);
  const usable = !policy.disabled && policy.htlcMinimumMsat <= policy.htlcMaximumMsat && policy.htlcMinimumMsat <= MOST && !exceeds;
  graph.usable[edge] = usable ? 1 : 0;
  graph.feeBaseMsat[edge] = policy.feeBaseMsat;
  graph.feeProportionalMillionths[edge] = policy.feeProportionalMillionths;
  graph.cltvExpiryDelta[edge] = policy.cltvExpiryDelta;
  graph.htlcMinimumMsat[edge] = atMost(policy.htlcMinimumMsat);
  graph.htlcMaximumMsat[edge] = atMost(policy.htlcMaximumMsat);
}

function sortByTarget({ to, starts, edges }: Graph): void {
  for (const node of to) starts[node + 1] = (starts[node + 1] as number) + 1;
  for (let n = 1; n < starts.length; n++) starts[n] = (starts[n] as number) + (starts[n - 1] as number);
  const next = starts.slice();
  for (let edge = 0; edge < to.length; edge++) {
    const node = to[edge] as number;
    const at = next[node] as number;
    edges[at] = edge;
    next[node] = at + 1;
  }
}
