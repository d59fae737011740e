import { approximateFee } from './fees.ts';
import { channelIn } from './graph.ts';
import type { Graph } from './graph.ts';
import { CostHeap } from './heap.ts';
import { exactRoute } from './route.ts';
import type { NoRoute, Route, RouteRequest } from './route.ts';

/** A user's own router is one, too. What it says is a route is payable by the rules that were announced. */
export interface Router {
  route(request: RouteRequest, graph: Graph): { readonly ok: true; readonly route: Route } | { readonly ok: false; readonly why: NoRoute };
}

/** What a millionth of the amount held for a block is worth, in millionths of the amount: what a payer gives for having its money sooner. */
const DEFAULT_RISK_MILLIONTHS_PER_BLOCK = 0.1;
const MILLION = 1_000_000;

/**
 * The cheapest path by fee and risk: Dijkstra from the recipient backwards, because what a hop carries is known from there. Its working arrays are its own and nothing goes
 * from one search to the next: every search marks what it has touched with its own number.
 *
 * A bound on hops or blocks is held, and the dearer path that would keep it where the cheapest doesn't is not looked for.
 */
export class DijkstraRouter implements Router {
  readonly #risk: number;
  readonly #heap = new CostHeap();
  #search = 0;
  /** By node: the search that reached it, its cost, what must reach it, blocks, hops, and the edge that it goes on by. */
  #reached = new Int32Array(0);
  #done = new Int32Array(0);
  #cost = new Float64Array(0);
  #amount = new Float64Array(0);
  #blocks = new Float64Array(0);
  #hops = new Uint8Array(0);
  #edge = new Int32Array(0);

  constructor(riskMillionthsPerBlock = DEFAULT_RISK_MILLIONTHS_PER_BLOCK) {
    this.#risk = riskMillionthsPerBlock;
  }

  route(request: RouteRequest, graph: Graph): ReturnType<Router['route']> {
    const [from, to] = [graph.nodeIndex.get(request.from), graph.nodeIndex.get(request.to)];
    if (from === undefined || to === undefined || from === to) return { ok: false, why: 'unknown_node' };
    if (request.amountMsat > BigInt(Number.MAX_SAFE_INTEGER)) return { ok: false, why: 'amount_too_large' };
    this.#begin(graph.nodeIds.length);
    if (!this.#run(graph, request, from, to)) return { ok: false, why: 'no_route' };
    const edges: number[] = [];
    for (let node = from; node !== to; node = graph.to[edges.at(-1) as number] as number) edges.push(this.#edge[node] as number);
    const route = exactRoute(graph, edges, request);
    return route.feeMsat <= request.maxFeeMsat ? { ok: true, route } : { ok: false, why: 'fee_too_high' };
  }

  #begin(nodes: number): void {
    this.#heap.clear();
    this.#search++;
    if (this.#reached.length >= nodes) return;
    this.#search = 1;
    this.#reached = new Int32Array(nodes);
    this.#done = new Int32Array(nodes);
    this.#cost = new Float64Array(nodes);
    this.#amount = new Float64Array(nodes);
    this.#blocks = new Float64Array(nodes);
    this.#hops = new Uint8Array(nodes);
    this.#edge = new Int32Array(nodes);
  }

  #run(graph: Graph, request: RouteRequest, from: number, to: number): boolean {
    this.#reach(to, 0, Number(request.amountMsat), request.finalCltvDelta, 0, -1);
    while (this.#heap.size > 0) {
      const node = this.#heap.pop();
      if (this.#done[node] === this.#search) continue;
      this.#done[node] = this.#search;
      if (node === from) return true;
      if ((this.#hops[node] as number) < request.maxHops) this.#relax(graph, request, from, node);
    }
    return false;
  }

  /** Every channel into a node, whose cheapest way on is known. */
  #relax(graph: Graph, { excluded, maxCltvDelta }: RouteRequest, from: number, node: number): void {
    const amount = this.#amount[node] as number;
    const end = graph.starts[node + 1] as number;
    for (let i = graph.starts[node] as number; i < end; i++) {
      const edge = graph.edges[i] as number;
      if (graph.usable[edge] === 0 || excluded.has(edge)) continue;
      if (amount < (graph.htlcMinimumMsat[edge] as number) || amount > (graph.htlcMaximumMsat[edge] as number)) continue;
      const source = graph.from[edge] as number;
      if (this.#done[source] === this.#search) continue;
      // The payer's own channel costs the payer nothing.
      const own = source === from;
      const fee = own ? 0 : approximateFee(amount, graph.feeBaseMsat[edge] as number, graph.feeProportionalMillionths[edge] as number);
      const delta = own ? 0 : (graph.cltvExpiryDelta[edge] as number);
      const carried = amount + fee;
      const blocks = (this.#blocks[node] as number) + delta;
      if (carried > Number.MAX_SAFE_INTEGER || blocks > maxCltvDelta) continue;
      const cost = (this.#cost[node] as number) + fee + (carried * delta * this.#risk) / MILLION;
      this.#reach(source, cost, carried, blocks, (this.#hops[node] as number) + 1, edge);
    }
  }

  #reach(node: number, cost: number, amount: number, blocks: number, hops: number, edge: number): void {
    if (this.#reached[node] === this.#search && (this.#cost[node] as number) <= cost) return;
    this.#reached[node] = this.#search;
    this.#cost[node] = cost;
    this.#amount[node] = amount;
    this.#blocks[node] = blocks;
    this.#hops[node] = hops;
    this.#edge[node] = edge;
    this.#heap.push(cost, node);
  }
}

/** The number of a direction of a channel, for `excluded`: 0 from node_id_1, 1 from node_id_2. Undefined for a channel that isn't in the graph. */
export function edgeOf(graph: Graph, shortChannelId: bigint, direction: 0 | 1): number | undefined {
  const channel = channelIn(graph, shortChannelId);
  return channel === undefined ? undefined : 2 * channel + direction;
}
