import { expect, it } from 'vitest';
import type { PublicKey } from '../../../core/crypto/bytes.ts';
import { buildGraph } from '../../../core/routing/graph.ts';
import type { GraphChannel } from '../../../core/routing/graph.ts';
import { DijkstraRouter } from '../../../core/routing/router.ts';
import type { Router } from '../../../core/routing/router.ts';
import { FewestHops } from './own-router.ts';

const id = (n: number): PublicKey => `02${n.toString(16).padStart(64, '0')}` as PublicKey;

function channel(shortChannelId: bigint, a: number, b: number, feeBaseMsat: number): GraphChannel {
  const limits = { htlcMinimumMsat: 1n, htlcMaximumMsat: 1_000_000n, disabled: false };
  const policy = { cltvExpiryDelta: 10, feeBaseMsat, feeProportionalMillionths: 0, ...limits };
  return { shortChannelId, nodeId1: id(a), nodeId2: id(b), capacitySat: 1000n, policy1: policy, policy2: policy };
}

it('a router of one’s own goes its own way, and what it says is payable', () => {
  // From 1 to 4: dear over 2, cheap over 3 and 5.
  const graph = buildGraph([
    channel(1n, 1, 2, 900),
    channel(2n, 2, 4, 900),
    channel(3n, 1, 3, 1),
    channel(4n, 3, 5, 1),
    channel(5n, 4, 5, 1),
  ]);
  const wanted = { from: id(1), to: id(4), amountMsat: 5000n, finalCltvDelta: 9, maxFeeMsat: 1000n, maxCltvDelta: 100, maxHops: 20 };
  const way = (router: Router, change = {}): unknown => {
    const found = router.route({ ...wanted, excluded: new Set<number>(), ...change }, graph);
    return found.ok ? [found.route.feeMsat, ...found.route.hops.map(({ shortChannelId }) => shortChannelId)] : found.why;
  };
  expect(way(new DijkstraRouter())).toEqual([2n, 3n, 4n, 5n]);
  expect(way(new FewestHops())).toEqual([900n, 1n, 2n]);
  expect(way(new FewestHops(), { maxFeeMsat: 899n })).toBe('fee_too_high');
  expect(way(new FewestHops(), { maxHops: 1 })).toBe('no_route');
  expect(way(new FewestHops(), { amountMsat: 1_000_000n })).toBe('no_route');
  expect(way(new FewestHops(), { to: id(9) })).toBe('unknown_node');
});
