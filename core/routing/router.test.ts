import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../sim/deterministic/random.ts';
import type { PublicKey } from '../crypto/bytes.ts';
import { approximateFee, feeOf } from './fees.ts';
import { buildGraph } from './graph.ts';
import type { GraphChannel } from './graph.ts';
import { CostHeap } from './heap.ts';
import type { Route, RouteRequest } from './route.ts';
import { DijkstraRouter, edgeOf } from './router.ts';

const id = (n: number): PublicKey => `02${n.toString(16).padStart(64, '0')}` as PublicKey;
const POLICY = {
  cltvExpiryDelta: 40,
  htlcMinimumMsat: 1n,
  htlcMaximumMsat: 10_000_000_000n,
  feeBaseMsat: 1000,
  feeProportionalMillionths: 100,
  disabled: false,
};
type Policy = typeof POLICY;

function channel(scid: number, a: number, b: number, forth: Partial<Policy> = {}, back: Partial<Policy> = {}): GraphChannel {
  const [low, high] = a < b ? [a, b] : [b, a];
  const [one, two] = a < b ? [forth, back] : [back, forth];
  return {
    shortChannelId: BigInt(scid),
    nodeId1: id(low),
    nodeId2: id(high),
    capacitySat: undefined,
    policy1: { ...POLICY, ...one },
    policy2: { ...POLICY, ...two },
  };
}

function request(from: number, to: number, change: Partial<RouteRequest> = {}): RouteRequest {
  return {
    from: id(from),
    to: id(to),
    amountMsat: 1_000_000n,
    finalCltvDelta: 18,
    maxFeeMsat: 10n ** 12n,
    maxCltvDelta: 2016,
    maxHops: 20,
    excluded: new Set(),
    ...change,
  };
}

/** Whether a payment along the route is accepted by every rule that was announced: from the payer forward, with no code of the router's. */
function payable(channels: readonly GraphChannel[], { hops, feeMsat }: Route, wanted: RouteRequest): string {
  let at = wanted.from;
  const seen = new Set([at]);
  for (const [i, hop] of hops.entries()) {
    const used = channels.find(({ shortChannelId }) => shortChannelId === hop.shortChannelId);
    if (used === undefined) return 'no such channel';
    const policy = used.nodeId1 === at ? used.policy1 : used.policy2;
    if ((used.nodeId1 === at ? used.nodeId2 : used.nodeId1) !== hop.nodeId) return 'it leads elsewhere';
    if (policy === undefined || policy.disabled) return 'disabled';
    if (hop.amountMsat < policy.htlcMinimumMsat || hop.amountMsat > policy.htlcMaximumMsat) return 'limits';
    if (used.capacitySat !== undefined && hop.amountMsat > used.capacitySat * 1000n) return 'capacity';
    const before = hops[i - 1];
    if (before !== undefined) {
      const fee = BigInt(policy.feeBaseMsat) + (hop.amountMsat * BigInt(policy.feeProportionalMillionths)) / 1_000_000n;
      if (before.amountMsat - hop.amountMsat < fee) return 'fee';
      if (before.cltvDelta - hop.cltvDelta < policy.cltvExpiryDelta) return 'delta';
    }
    at = hop.nodeId;
    if (seen.has(at)) return 'a circle';
    seen.add(at);
  }
  const [first, last] = [hops[0], hops.at(-1)];
  if (at !== wanted.to || last?.amountMsat !== wanted.amountMsat || last.cltvDelta !== wanted.finalCltvDelta) return 'it does not arrive';
  if (first === undefined || first.amountMsat - wanted.amountMsat !== feeMsat || feeMsat > wanted.maxFeeMsat) return 'total fee';
  return first.cltvDelta <= wanted.maxCltvDelta && hops.length <= wanted.maxHops ? 'yes' : 'bounds';
}

/** The least fee of every path there is, undefined where there is none. */
function cheapest(channels: readonly GraphChannel[], { from, to, amountMsat }: RouteRequest): bigint | undefined {
  let best: bigint | undefined;
  const walk = (node: PublicKey, amount: bigint, visited: ReadonlySet<PublicKey>): void => {
    if (node === from) {
      if (best === undefined || amount - amountMsat < best) best = amount - amountMsat;
      return;
    }
    for (const used of channels) {
      if (used.nodeId1 !== node && used.nodeId2 !== node) continue;
      const source = used.nodeId1 === node ? used.nodeId2 : used.nodeId1;
      const policy = used.nodeId1 === source ? used.policy1 : used.policy2;
      if (visited.has(source) || policy === undefined || policy.disabled) continue;
      if (amount < policy.htlcMinimumMsat || amount > policy.htlcMaximumMsat) continue;
      walk(source, source === from ? amount : amount + feeOf(amount, policy), new Set([...visited, source]));
    }
  };
  walk(to, amountMsat, new Set([to]));
  return best;
}

function found(router: DijkstraRouter, channels: readonly GraphChannel[], wanted: RouteRequest): Route {
  const result = router.route(wanted, buildGraph(channels));
  if (!result.ok) throw new Error(result.why);
  return result.route;
}

describe('a route', () => {
  const line = [channel(1, 1, 2), channel(2, 2, 3), channel(3, 3, 4)];

  it('along a line pays each hop but the first and the last', () => {
    const route = found(new DijkstraRouter(), line, request(1, 4));
    expect(route).toEqual({
      hops: [
        { shortChannelId: 1n, nodeId: id(2), amountMsat: 1_002_200n, cltvDelta: 98 },
        { shortChannelId: 2n, nodeId: id(3), amountMsat: 1_001_100n, cltvDelta: 58 },
        { shortChannelId: 3n, nodeId: id(4), amountMsat: 1_000_000n, cltvDelta: 18 },
      ],
      feeMsat: 2200n,
    });
    expect(payable(line, route, request(1, 4))).toBe('yes');
  });

  it('to a neighbour costs nothing', () => {
    expect(found(new DijkstraRouter(), line, request(1, 2)).feeMsat).toBe(0n);
  });

  it('is refused by name', () => {
    const why = (channels: readonly GraphChannel[], change: Partial<RouteRequest> = {}) => {
      const result = new DijkstraRouter().route(request(1, 4, change), buildGraph(channels));
      return result.ok ? 'none' : result.why;
    };
    expect(why(line)).toBe('none');
    expect(why(line, { to: id(9) })).toBe('unknown_node');
    expect(why(line, { to: id(1) })).toBe('unknown_node');
    expect(why(line, { amountMsat: 2n ** 53n })).toBe('amount_too_large');
    expect(why(line, { maxFeeMsat: 2199n })).toBe('fee_too_high');
    expect(why(line, { maxHops: 2 })).toBe('no_route');
    expect(why(line, { maxHops: 3, maxCltvDelta: 98, maxFeeMsat: 2200n })).toBe('none');
    expect(why(line, { maxCltvDelta: 97 })).toBe('no_route');
    expect(why(line, { excluded: new Set([edgeOf(buildGraph(line), 2n, 0) as number]) })).toBe('no_route');
    expect(why(line, { excluded: new Set([edgeOf(buildGraph(line), 2n, 1) as number]) })).toBe('none');
    for (const change of [
      { disabled: true },
      { htlcMinimumMsat: 1_001_101n },
      { htlcMaximumMsat: 1_001_099n },
      { htlcMinimumMsat: 11_000_000_000n },
    ])
      expect(why([channel(1, 1, 2), channel(2, 2, 3, change), channel(3, 3, 4)])).toBe('no_route');
    expect(why([channel(1, 1, 2), { ...channel(2, 2, 3), policy1: undefined }, channel(3, 3, 4)])).toBe('no_route');
    // BOLT 7: a maximum beyond the capacity.
    expect(why([channel(1, 1, 2), { ...channel(2, 2, 3), capacitySat: 9_999_999n }, channel(3, 3, 4)])).toBe('no_route');
    expect(edgeOf(buildGraph(line), 9n, 0)).toBeUndefined();
    expect(() => buildGraph([channel(1, 1, 2), channel(1, 2, 3)])).toThrow(RangeError);
  });

  it('prefers what is sooner to what is a little cheaper', () => {
    const slow = { cltvExpiryDelta: 1000, feeBaseMsat: 900 };
    const channels = [channel(1, 1, 2), channel(2, 2, 4), channel(3, 1, 3), channel(4, 3, 4, slow)];
    expect(found(new DijkstraRouter(), channels, request(1, 4)).hops[0]?.shortChannelId).toBe(3n);
    expect(found(new DijkstraRouter(10), channels, request(1, 4)).hops[0]?.shortChannelId).toBe(1n);
  });
});

/** Any small graph; channels of two nodes may be several. */
const anyPolicy: fc.Arbitrary<Partial<Policy>> = fc.record({
  cltvExpiryDelta: fc.nat(200),
  htlcMinimumMsat: fc.constantFrom(1n, 1_000_000n, 1_003_000n),
  htlcMaximumMsat: fc.constantFrom(900_000n, 1_002_000n, 10n ** 10n),
  feeBaseMsat: fc.nat(3000),
  feeProportionalMillionths: fc.nat(5000),
  disabled: fc.nat(9).map((n) => n === 0),
});
const anyGraph = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), anyPolicy, anyPolicy), { minLength: 1, maxLength: 12 })
  .map((drawn) => drawn.filter(([a, b]) => a !== b).map(([a, b, forth, back], i) => channel(i, a, b, forth, back)));

describe('any route', () => {
  it('is payable by the announced rules, whatever was searched for before', () => {
    const router = new DijkstraRouter();
    fc.assert(
      fc.property(anyGraph, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 18, max: 500 }), (channels, maxHops, maxCltvDelta) => {
        const wanted = request(1, 2, { maxHops, maxCltvDelta });
        const result = router.route(wanted, buildGraph(channels));
        expect(result).toEqual(new DijkstraRouter().route(wanted, buildGraph(channels)));
        if (result.ok) expect(payable(channels, result.route, wanted)).toBe('yes');
      }),
      { seed: 18, numRuns: 300 },
    );
  });

  it('that no limit cuts short is the cheapest there is, where time costs nothing', () => {
    fc.assert(
      fc.property(anyGraph, (drawn) => {
        // A minimum may want more than the cheapest way on brings: then no search from the recipient by cost alone knows.
        const channels = drawn.map((each) => ({
          ...each,
          policy1: each.policy1 && { ...each.policy1, htlcMinimumMsat: 1n },
          policy2: each.policy2 && { ...each.policy2, htlcMinimumMsat: 1n },
        }));
        const wanted = request(1, 2, { maxCltvDelta: 100_000 });
        const result = new DijkstraRouter(0).route(wanted, buildGraph(channels));
        const best = channels.some(({ nodeId1 }) => nodeId1 === id(1)) ? cheapest(channels, wanted) : undefined;
        expect(result.ok ? result.route.feeMsat : undefined).toBe(best);
      }),
      { seed: 19, numRuns: 300 },
    );
  });
});

describe('fees in numbers', () => {
  it('are those of BOLT 7 while numbers can count them, and beyond reach after that', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 53n - 1n),
        fc.nat(0xffffffff),
        fc.nat(0xffffffff),
        (amount, feeBaseMsat, feeProportionalMillionths) => {
          const exact = feeOf(amount, { feeBaseMsat, feeProportionalMillionths });
          const fee = approximateFee(Number(amount), feeBaseMsat, feeProportionalMillionths);
          if (exact < 2n ** 53n) expect(BigInt(fee)).toBe(exact);
          else expect(fee).toBe(Infinity);
        },
      ),
      { seed: 20, numRuns: 500 },
    );
  });
});

it('the heap gives the least first, and of equal ones the least node', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(1000)), { maxLength: 3000 }), (items) => {
      const heap = new CostHeap();
      for (const [cost, node] of items) heap.push(cost, node);
      const sorted = items.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, node]) => node);
      expect(items.map(() => heap.pop())).toEqual(sorted);
      expect(heap.size).toBe(0);
    }),
    { seed: 21, numRuns: 20 },
  );
});

it('a graph of the public network’s size is searched', () => {
  const random = stream('routing', 'graph');
  const draw = (n: number): number => random.int(n);
  const nodes = 15_000;
  const channels = Array.from({ length: 50_000 }, (_, i) => {
    // A few nodes have most channels.
    const a = draw(1 + draw(1 + draw(nodes)));
    const b = draw(nodes);
    return channel(i, a === b ? a + 1 : a, b, { feeProportionalMillionths: 1 + draw(2000) });
  });
  const graph = buildGraph(channels);
  const router = new DijkstraRouter();
  const lost = Array.from({ length: 20 }, (_, i) => router.route(request(100 + i, 14_000 - 7 * i), graph)).filter(({ ok }) => !ok);
  expect(lost.length).toBeLessThan(10);
});
