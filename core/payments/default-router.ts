import type { PublicKey } from '../crypto/bytes.ts';
import type { RouteHint } from '../invoice/invoice.ts';
import { feeOf } from '../routing/fees.ts';
import type { Graph } from '../routing/graph.ts';
import type { NoRoute, Route, RouteHop } from '../routing/route.ts';
import { edgeOf } from '../routing/router.ts';
import type { Router } from '../routing/router.ts';
import type { RouteQuestion } from './commands.ts';

/** BOLT 4: as far as attribution data reaches. */
const MAX_HOPS = 20;
/** No part is smaller, but what is left. */
const LEAST_PART_MSAT = 1_000_000n;

export type Routes = { readonly ok: true; readonly routes: readonly Route[] } | { readonly ok: false; readonly why: NoRoute };

/**
 * The question of a payment, answered at once with a graph: the cheapest way where one carries all, else parts, halved until ways carry them.
 * Channels of the node itself are taken as the question tells of them, not as gossip does; a private one only where it leads to the recipient.
 */
export function findRoutes(router: Router, graph: Graph, question: RouteQuestion): Routes {
  const search: Search = { router, graph, question, taken: new Map(), spentMsat: 0n };
  const routes: Route[] = [];
  let missing = question.amountMsat;
  let size = missing;
  while (missing > 0n) {
    const isLast = routes.length === question.maxParts - 1;
    const found = cheapest(search, isLast ? missing : size);
    if (found.ok) {
      routes.push(found.route);
      take(search, found.route);
      missing -= found.route.hops.at(-1)?.amountMsat ?? 0n;
      size = missing;
      continue;
    }
    const half = (size + 1n) / 2n;
    if (isLast || half < LEAST_PART_MSAT) return found;
    size = half;
  }
  return { ok: true, routes };
}

/** A search for one payment: what the routes that were found before take of each channel from each of its ends, and their fees. */
interface Search {
  readonly router: Router;
  readonly graph: Graph;
  readonly question: RouteQuestion;
  readonly taken: Map<string, bigint>;
  spentMsat: bigint;
}

type Found = ReturnType<Router['route']>;

function endOf(shortChannelId: bigint, from: PublicKey): string {
  return `${shortChannelId}/${from}`;
}

function take(search: Search, { hops, feeMsat }: Route): void {
  let from = search.question.from;
  for (const { shortChannelId, nodeId, amountMsat } of hops) {
    const end = endOf(shortChannelId, from);
    search.taken.set(end, (search.taken.get(end) ?? 0n) + amountMsat);
    from = nodeId;
  }
  search.spentMsat += feeMsat;
}

function cheapest(search: Search, amountMsat: bigint): Found {
  const { question } = search;
  let best: Found = direct(search, amountMsat) ?? toNode(search, question.to, amountMsat, question.finalCltvDelta);
  for (const hint of question.routeHints) {
    const found = byHint(search, hint, amountMsat);
    if (found?.ok === true && (!best.ok || found.route.feeMsat < best.route.feeMsat)) best = found;
  }
  return best;
}

/** By a channel with the recipient itself: it costs nothing, and nobody need have heard of it. */
function direct({ question, taken }: Search, amountMsat: bigint): Found | undefined {
  const { channels, from, to, finalCltvDelta, learned } = question;
  const channel = channels.find(({ shortChannelId, peer, minMsat, maxMsat }) => {
    const used = taken.get(endOf(shortChannelId, from)) ?? 0n;
    const limit = learned.limits.find((known) => known.shortChannelId === shortChannelId && known.from === from);
    return peer === to && amountMsat >= minMsat && amountMsat + used <= maxMsat && (limit === undefined || amountMsat <= limit.mostMsat);
  });
  if (channel === undefined) return undefined;
  const hop: RouteHop = { shortChannelId: channel.shortChannelId, nodeId: to, amountMsat, cltvDelta: finalCltvDelta };
  return { ok: true, route: { hops: [hop], feeMsat: 0n } };
}

/** BOLT 11, `r`: to where the hint begins, and on by it. */
function byHint(search: Search, hint: RouteHint, amountMsat: bigint): Found | undefined {
  const { finalCltvDelta, to, learned, from } = search.question;
  const tail: RouteHop[] = [];
  let carried = amountMsat;
  let cltvDelta = finalCltvDelta;
  let next = to;
  for (const { nodeId, shortChannelId, feeBaseMsat, feeProportionalMillionths, cltvExpiryDelta } of hint.toReversed()) {
    if (learned.limits.some((limit) => limit.shortChannelId === shortChannelId && limit.from === nodeId && carried > limit.mostMsat))
      return undefined;
    tail.unshift({ shortChannelId, nodeId: next, amountMsat: carried, cltvDelta });
    carried += feeOf(carried, { feeBaseMsat, feeProportionalMillionths });
    cltvDelta += cltvExpiryDelta;
    next = nodeId;
  }
  if (next === from) return undefined;
  const found = toNode(search, next, carried, cltvDelta, hint.length);
  if (!found.ok) return found;
  const feeMsat = found.route.feeMsat + carried - amountMsat;
  const isAffordable = search.spentMsat + feeMsat <= search.question.maxFeeMsat;
  return isAffordable ? { ok: true, route: { hops: [...found.route.hops, ...tail], feeMsat } } : { ok: false, why: 'fee_too_high' };
}

function toNode(search: Search, to: PublicKey, amountMsat: bigint, finalCltvDelta: number, hopsBehind = 0): Found {
  const { router, graph, question, spentMsat } = search;
  const { from, maxFeeMsat, maxCltvDelta } = question;
  const excluded = excludedFor(search, to, amountMsat);
  const asked = { from, to, amountMsat, finalCltvDelta, maxFeeMsat: maxFeeMsat - spentMsat, maxCltvDelta, maxHops: MAX_HOPS - hopsBehind };
  // What the first channel carries is known when the route is: fees come on top.
  for (;;) {
    const found = router.route({ ...asked, excluded }, graph);
    const [first] = found.ok ? found.route.hops : [];
    if (first === undefined || carries(search, first)) return found;
    for (const direction of [0, 1] as const) excluded.add(edgeOf(graph, first.shortChannelId, direction) as number);
  }
}

function carries({ question, taken }: Search, { shortChannelId, amountMsat }: RouteHop): boolean {
  const channel = question.channels.find((own) => own.shortChannelId === shortChannelId);
  const used = taken.get(endOf(shortChannelId, question.from)) ?? 0n;
  return channel !== undefined && amountMsat >= channel.minMsat && amountMsat + used <= channel.maxMsat;
}

/** Edges that a route of this amount must not use. */
function excludedFor({ graph, question, taken }: Search, to: PublicKey, amountMsat: bigint): Set<number> {
  const excluded = new Set<number>();
  const { from, channels, learned } = question;
  const own = graph.nodeIndex.get(from);
  const usable = new Set(channels.filter(({ maxMsat }) => amountMsat <= maxMsat).map(({ shortChannelId }) => shortChannelId));
  for (const edge of edgesInto(graph, own)) if (!usable.has(graph.shortChannelIds[edge >> 1] as bigint)) excluded.add(edge ^ 1);
  for (const { shortChannelId, from: end, mostMsat } of learned.limits) {
    if (amountMsat <= mostMsat) continue;
    for (const direction of [0, 1] as const) {
      const edge = edgeOf(graph, shortChannelId, direction);
      if (edge !== undefined && graph.nodeIds[graph.from[edge] as number] === end) excluded.add(edge);
    }
  }
  for (const node of learned.nodes) if (node !== to) for (const edge of edgesInto(graph, graph.nodeIndex.get(node))) excluded.add(edge);
  for (const [end, used] of taken) {
    const [scid, node] = end.split('/') as [string, PublicKey];
    for (const direction of [0, 1] as const) {
      const edge = edgeOf(graph, BigInt(scid), direction);
      if (edge === undefined || graph.nodeIds[graph.from[edge] as number] !== node) continue;
      if (Number(used + amountMsat) > (graph.htlcMaximumMsat[edge] as number)) excluded.add(edge);
    }
  }
  return excluded;
}

function edgesInto({ starts, edges }: Graph, node: number | undefined): Int32Array {
  return node === undefined ? edges.subarray(0, 0) : edges.subarray(starts[node], starts[node + 1]);
}
