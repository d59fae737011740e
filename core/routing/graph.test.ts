import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PublicKey } from '../crypto/bytes.ts';
import { buildGraph, channelIn, patchGraph } from './graph.ts';
import type { Graph, GraphChannel } from './graph.ts';

const id = (n: number): PublicKey => `02${n.toString(16).padStart(64, '0')}` as PublicKey;

const anyPolicy = fc.record({
  cltvExpiryDelta: fc.nat(100),
  htlcMinimumMsat: fc.bigInt(0n, 5n),
  htlcMaximumMsat: fc.bigInt(0n, 2_000_000n),
  feeBaseMsat: fc.nat(5),
  feeProportionalMillionths: fc.nat(5),
  disabled: fc.boolean(),
});
const anyChannel = (scid: bigint): fc.Arbitrary<GraphChannel> =>
  fc
    .record({
      one: fc.option(anyPolicy),
      two: fc.option(anyPolicy),
      sat: fc.option(fc.bigInt(1n, 2000n)),
    })
    .map(({ one, two, sat }) => ({
      shortChannelId: scid,
      nodeId1: id(Number(scid) % 5),
      nodeId2: id(5 + (Number(scid) % 4)),
      capacitySat: sat ?? undefined,
      policy1: one ?? undefined,
      policy2: two ?? undefined,
    }));

/** What a graph says of each direction, whatever numbers its nodes have; and what leads into each node. */
function told(graph: Graph): readonly unknown[] {
  const edges = Array.from(graph.from, (from, edge) => {
    const { [edge]: to } = graph.to;
    const usable = graph.usable[edge] === 1;
    const policy = [
      graph.feeBaseMsat,
      graph.feeProportionalMillionths,
      graph.cltvExpiryDelta,
      graph.htlcMinimumMsat,
      graph.htlcMaximumMsat,
    ];
    const into = graph.edges.subarray(graph.starts[to as number], graph.starts[(to as number) + 1]);
    const what = usable ? policy.map((values) => values[edge]) : 'unusable';
    return [graph.shortChannelIds[edge >> 1], graph.nodeIds[from], graph.nodeIds[to as number], what, into.includes(edge)];
  });
  return edges;
}

it('a patched graph is the one that is built of what is left, and the first stays as it was', () => {
  const scids = Array.from({ length: 8 }, (_, i) => BigInt(i * i));
  const channels = fc.tuple(...scids.map((scid) => fc.option(anyChannel(scid)))).map((all) => all.filter((each) => each !== null));
  const changes = fc.tuple(...scids.map((scid) => fc.oneof(fc.constant(null), fc.constant('gone' as const), anyChannel(scid))));
  fc.assert(
    fc.property(channels, changes, (before, drawn) => {
      const base = buildGraph(before.toReversed());
      const asBefore = structuredClone(base);
      const changed = new Map<bigint, GraphChannel | undefined>();
      const after = new Map(before.map((channel) => [channel.shortChannelId, channel]));
      for (const [i, change] of drawn.entries()) {
        const scid = scids[i] as bigint;
        if (change === null) continue;
        changed.set(scid, change === 'gone' ? undefined : change);
        if (change === 'gone') after.delete(scid);
        else after.set(scid, change);
      }
      const patched = patchGraph(base, changed);
      expect(told(patched)).toEqual(told(buildGraph([...after.values()])));
      expect(structuredClone(base)).toEqual(asBefore);
      for (const scid of scids) expect(channelIn(patched, scid) !== undefined).toBe(after.has(scid));
    }),
    { seed: 22, numRuns: 80 },
  );
});

it('a policy that is changed alone leaves who is connected to whom to both', () => {
  const [channel] = fc.sample(anyChannel(3n), { seed: 1, numRuns: 1 }) as [GraphChannel];
  const base = buildGraph([channel]);
  const patched = patchGraph(base, new Map([[3n, { ...channel, policy1: undefined }]]));
  expect(patched.edges).toBe(base.edges);
  expect(patchGraph(base, new Map())).toBe(base);
});
