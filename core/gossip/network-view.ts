import type { PublicKey } from '../crypto/bytes.ts';
import { buildGraph, firstFrom, patchGraph } from '../routing/graph.ts';
import type { Graph, GraphChannel } from '../routing/graph.ts';

/** One direction of a channel, as its end said it last: `bytes` is the whole channel_update, handed on as it came. */
export interface ToldUpdate {
  readonly timestamp: number;
  readonly bytes: Uint8Array;
}

/** A public channel whose output the chain has. */
export interface PublicChannel extends GraphChannel {
  /** The whole channel_announcement. */
  readonly bytes: Uint8Array;
  readonly update1: ToldUpdate | undefined;
  readonly update2: ToldUpdate | undefined;
  /** BOLT 7: with an even feature that nobody here knows nothing is routed through it. */
  readonly isRoutable: boolean;
  /** The height at which the chain spent its output. */
  readonly spentAt: number | undefined;
}

/** What a public node says of itself: the whole node_announcement. */
export type PublicNode = ToldUpdate;

/**
 * What a node knows of the network: a value. The base is shared by reference, however many nodes begin with it, and nobody writes to it; what came
 * since lies over it, few enough to be copied at every step.
 */
export interface NetworkView {
  readonly base: {
    readonly channels: ReadonlyMap<bigint, PublicChannel>;
    readonly nodes: ReadonlyMap<PublicKey, PublicNode>;
    readonly graph: Graph;
  };
  /** Undefined where one of the base is gone. */
  readonly channels: ReadonlyMap<bigint, PublicChannel | undefined>;
  readonly nodes: ReadonlyMap<PublicKey, PublicNode | undefined>;
}

/** Changes that lie over a base before they are folded into a new one. */
export const MAX_OVERLAY = 512;

export function viewOf(channels: readonly PublicChannel[], nodes: ReadonlyMap<PublicKey, PublicNode>, graph: Graph): NetworkView {
  const base = { channels: new Map(channels.map((channel) => [channel.shortChannelId, channel])), nodes, graph };
  return { base, channels: new Map(), nodes: new Map() };
}

export const NOTHING_KNOWN: NetworkView = viewOf([], new Map(), buildGraph([]));

export function channelOf({ base, channels }: NetworkView, shortChannelId: bigint): PublicChannel | undefined {
  return channels.has(shortChannelId) ? channels.get(shortChannelId) : base.channels.get(shortChannelId);
}

export function nodeOf({ base, nodes }: NetworkView, nodeId: PublicKey): PublicNode | undefined {
  return nodes.has(nodeId) ? nodes.get(nodeId) : base.nodes.get(nodeId);
}

/** Whether a node has a public channel. */
export function hasChannel({ base, channels }: NetworkView, nodeId: PublicKey): boolean {
  for (const channel of channels.values()) if (channel?.nodeId1 === nodeId || channel?.nodeId2 === nodeId) return true;
  const { nodeIndex, starts, edges, shortChannelIds } = base.graph;
  const node = nodeIndex.get(nodeId);
  if (node === undefined) return false;
  for (let i = starts[node] as number; i < (starts[node + 1] as number); i++) {
    if (!channels.has(shortChannelIds[(edges[i] as number) >> 1] as bigint)) return true;
  }
  return false;
}

export function withChannel(view: NetworkView, shortChannelId: bigint, channel: PublicChannel | undefined): NetworkView {
  const channels = new Map(view.channels).set(shortChannelId, channel);
  return folded({ base: view.base, channels, nodes: view.nodes });
}

export function withNode(view: NetworkView, nodeId: PublicKey, node: PublicNode | undefined): NetworkView {
  return folded({ base: view.base, channels: view.channels, nodes: new Map(view.nodes).set(nodeId, node) });
}

/** Several at once, as when channels grow old together. */
export function withoutChannels(view: NetworkView, gone: readonly bigint[]): NetworkView {
  if (gone.length === 0) return view;
  const channels = new Map(view.channels);
  for (const shortChannelId of gone) channels.set(shortChannelId, undefined);
  return folded({ base: view.base, channels, nodes: view.nodes });
}

function folded(view: NetworkView): NetworkView {
  const { base, channels, nodes } = view;
  if (channels.size + nodes.size <= MAX_OVERLAY) return view;
  const graph = graphOf(view);
  const known = { channels: merged(base.channels, channels), graph, nodes: merged(base.nodes, nodes) };
  const next: NetworkView = { base: known, channels: new Map(), nodes: new Map() };
  // BOLT 7: nodes that have no channel any more may be forgotten with the last of them.
  const nodesLeft = new Map([...known.nodes].filter(([nodeId]) => hasChannel(next, nodeId)));
  return { base: { ...known, nodes: nodesLeft }, channels: next.channels, nodes: next.nodes };
}

function merged<K, V>(base: ReadonlyMap<K, V>, over: ReadonlyMap<K, V | undefined>): ReadonlyMap<K, V> {
  const all = new Map(base);
  for (const [key, value] of over) {
    if (value === undefined) all.delete(key);
    else all.set(key, value);
  }
  return all;
}

/** The graph of all that is known: the base's own arrays where nothing lies over it. Milliseconds: who asks often keeps it by the view. */
export function graphOf({ base, channels }: NetworkView): Graph {
  return patchGraph(base.graph, channels);
}

/** Up to `count` channels in the order of their ids, from the first that is not below `from` to before `end`. */
export function channelsFrom({ base, channels }: NetworkView, from: bigint, end: bigint, count: number): readonly PublicChannel[] {
  const over = [...channels.values()].filter((each) => each !== undefined);
  const found = over.filter(({ shortChannelId }) => shortChannelId >= from && shortChannelId < end);
  const { shortChannelIds } = base.graph;
  let taken = 0;
  for (let at = firstFrom(shortChannelIds, from); at < shortChannelIds.length && taken < count; at++) {
    const shortChannelId = shortChannelIds[at] as bigint;
    if (shortChannelId >= end) break;
    if (channels.has(shortChannelId)) continue;
    found.push(base.channels.get(shortChannelId) as PublicChannel);
    taken++;
  }
  found.sort((a, b) => (a.shortChannelId < b.shortChannelId ? -1 : 1));
  return found.slice(0, count);
}

/** All nodes in the order of their ids, from the first that is not below `from`. */
export function nodesFrom({ base, nodes }: NetworkView, from: PublicKey): readonly (readonly [PublicKey, PublicNode])[] {
  const found = [...merged(base.nodes, nodes)].filter(([nodeId]) => nodeId >= from);
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
