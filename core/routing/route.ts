import type { PublicKey } from '../crypto/bytes.ts';
import { feeOf } from './fees.ts';
import type { Graph } from './graph.ts';

/** One hop: what the HTLC of this channel carries, and until when. */
export interface RouteHop {
  readonly shortChannelId: bigint;
  /** Where it leads. */
  readonly nodeId: PublicKey;
  readonly amountMsat: bigint;
  /** Blocks from now. */
  readonly cltvDelta: number;
}

export interface Route {
  /** In the order of the payment, the payer's own channel first. */
  readonly hops: readonly RouteHop[];
  readonly feeMsat: bigint;
}

/** What is wanted of a router. */
export interface RouteRequest {
  readonly from: PublicKey;
  readonly to: PublicKey;
  readonly amountMsat: bigint;
  /** Blocks that the recipient wants. */
  readonly finalCltvDelta: number;
  readonly maxFeeMsat: bigint;
  /** Blocks, the recipient's included. */
  readonly maxCltvDelta: number;
  /** At most 20: what attribution data reaches. */
  readonly maxHops: number;
  /** Channels not to use, by direction: `edgeOf`. */
  readonly excluded: ReadonlySet<number>;
}

export type NoRoute = 'unknown_node' | 'amount_too_large' | 'no_route' | 'fee_too_high';

/** The path of these edges in exact numbers: amounts and deltas from the recipient backwards. The payer's own channel costs nothing. */
export function exactRoute(graph: Graph, edges: readonly number[], { amountMsat, finalCltvDelta }: RouteRequest): Route {
  const hops: RouteHop[] = [];
  let amount = amountMsat;
  let cltvDelta = finalCltvDelta;
  for (const [i, edge] of edges.toReversed().entries()) {
    if (i > 0) {
      const next = edges[edges.length - i] as number;
      amount += feeOf(amount, {
        feeBaseMsat: graph.feeBaseMsat[next] as number,
        feeProportionalMillionths: graph.feeProportionalMillionths[next] as number,
      });
      cltvDelta += graph.cltvExpiryDelta[next] as number;
    }
    const shortChannelId = graph.shortChannelIds[edge >> 1] as bigint;
    hops.unshift({ shortChannelId, nodeId: graph.nodeIds[graph.to[edge] as number] as PublicKey, amountMsat: amount, cltvDelta });
  }
  return { hops, feeMsat: amount - amountMsat };
}
