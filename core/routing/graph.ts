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
  /** By channel. */
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
  const nodeIds = [...new Set(channels.flatMap(({ nodeId1, nodeId2 }) => [nodeId1, nodeId2]))];
  const nodeIndex = new Map(nodeIds.map((id, i) => [id, i]));
  if (new Set(channels.map(({ shortChannelId }) => shortChannelId)).size !== channels.length) throw new RangeError('a channel twice');
  const count = 2 * channels.length;
  const graph: Graph = {
    nodeIds,
    nodeIndex,
    shortChannelIds: BigUint64Array.from(channels, ({ shortChannelId }) => shortChannelId),
    from: new Int32Array(count),
    to: new Int32Array(count),
    usable: new Uint8Array(count),
    feeBaseMsat: new Uint32Array(count),
    feeProportionalMillionths: new Uint32Array(count),
    cltvExpiryDelta: new Uint16Array(count),
    htlcMinimumMsat: new Float64Array(count),
    htlcMaximumMsat: new Float64Array(count),
    starts: new Int32Array(nodeIds.length + 1),
    edges: new Int32Array(count),
  };
  for (const [c, channel] of channels.entries()) {
    const [one, two] = [nodeIndex.get(channel.nodeId1) as number, nodeIndex.get(channel.nodeId2) as number];
    setEdge(graph, 2 * c, one, two, channel.policy1, channel.capacitySat);
    setEdge(graph, 2 * c + 1, two, one, channel.policy2, channel.capacitySat);
  }
  sortByTarget(graph);
  return graph;
}

function setEdge(
  graph: Graph,
  edge: number,
  from: number,
  to: number,
  policy: ChannelPolicy | undefined,
  capacitySat: bigint | undefined,
): void {
  graph.from[edge] = from;
  graph.to[edge] = to;
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
