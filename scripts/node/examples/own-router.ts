import { exactRoute } from '../../../core/routing/route.ts';
import type { RouteRequest } from '../../../core/routing/route.ts';
import type { Graph } from '../../../core/routing/graph.ts';
import type { Router } from '../../../core/routing/router.ts';

/** A router of one's own, in a few lines: the way with the fewest hops, whatever it costs. */
export class FewestHops implements Router {
  route(request: RouteRequest, graph: Graph): ReturnType<Router['route']> {
    const [from, to] = [graph.nodeIndex.get(request.from), graph.nodeIndex.get(request.to)];
    if (from === undefined || to === undefined || from === to) return { ok: false, why: 'unknown_node' };
    // From the recipient backwards: how each node that is reached goes on, by the number of a direction of a channel.
    const onwards = new Map<number, number>();
    let reached = [to];
    for (let hops = 0; reached.length > 0 && hops < request.maxHops && !onwards.has(from); hops++) {
      reached = reached.flatMap((node) => [...this.#into(graph, node, request)].filter((edge) => this.#isNew(graph, onwards, to, edge)));
      reached = reached.map((edge) => graph.from[edge] as number);
    }
    if (!onwards.has(from)) return { ok: false, why: 'no_route' };
    const edges: number[] = [];
    for (let node = from; node !== to; node = graph.to[edges.at(-1) as number] as number) edges.push(onwards.get(node) as number);
    const route = exactRoute(graph, edges, request);
    const carries = route.hops.every(({ amountMsat }, i) => Number(amountMsat) <= (graph.htlcMaximumMsat[edges[i] as number] as number));
    if (!carries || (route.hops[0]?.cltvDelta ?? 0) > request.maxCltvDelta) return { ok: false, why: 'no_route' };
    return route.feeMsat <= request.maxFeeMsat ? { ok: true, route } : { ok: false, why: 'fee_too_high' };
  }

  /** Directions into a node that may be used, and carry the amount at least without what is paid on the way. */
  *#into(graph: Graph, node: number, { amountMsat, excluded }: RouteRequest): Generator<number> {
    for (const edge of graph.edges.subarray(graph.starts[node], graph.starts[node + 1])) {
      const amount = Number(amountMsat);
      const fits = amount >= (graph.htlcMinimumMsat[edge] as number) && amount <= (graph.htlcMaximumMsat[edge] as number);
      if (graph.usable[edge] === 1 && fits && !excluded.has(edge)) yield edge;
    }
  }

  #isNew(graph: Graph, onwards: Map<number, number>, to: number, edge: number): boolean {
    const source = graph.from[edge] as number;
    if (source === to || onwards.has(source)) return false;
    onwards.set(source, edge);
    return true;
  }
}
