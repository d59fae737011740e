/// <reference types="node" />
import type { PublicKey } from '../../../core/crypto/bytes.ts';
import { buildGraph } from '../../../core/routing/graph.ts';
import type { Graph, GraphChannel } from '../../../core/routing/graph.ts';
import { DijkstraRouter } from '../../../core/routing/router.ts';
import { stream } from '../../../sim/deterministic/random.ts';
import type { Figure } from './measure.ts';

/** As many as the public network has. */
const NODES = 15_000;
const CHANNELS = 50_000;
const ROUTES = 200;

const idOf = (n: number): PublicKey => `02${n.toString(16).padStart(64, '0')}` as PublicKey;

/** A few nodes have most channels. */
function publicNetwork(): readonly GraphChannel[] {
  const random = stream('bench', 'network');
  return Array.from({ length: CHANNELS }, (_, i) => {
    const hub = random.int(1 + random.int(1 + random.int(NODES)));
    const other = random.int(NODES);
    const [a, b] = [Math.min(hub, other), Math.max(hub, other) + (hub === other ? 1 : 0)];
    const policy = () => ({
      cltvExpiryDelta: 40 + 20 * random.int(6),
      htlcMinimumMsat: 1n,
      htlcMaximumMsat: BigInt(1 + random.int(1_000)) * 1_000_000n,
      feeBaseMsat: random.int(2) * 1000,
      feeProportionalMillionths: 1 + random.int(2000),
      disabled: random.int(20) === 0,
    });
    return { shortChannelId: BigInt(i), nodeId1: idOf(a), nodeId2: idOf(b), capacitySat: 1_000_000n, policy1: policy(), policy2: policy() };
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function bytesOf(graph: Graph): number {
  return Object.values(graph).reduce<number>((sum, field) => sum + (ArrayBuffer.isView(field) ? field.byteLength : 0), 0);
}

/** The graph of a network of the public one's size: how long it takes to build, what it holds, and how long a way through it is looked for. */
export function routeFigures(): readonly Figure[] {
  const channels = publicNetwork();
  const begun = performance.now();
  const graph = buildGraph(channels);
  const built = performance.now() - begun;
  const random = stream('bench', 'routes');
  const router = new DijkstraRouter();
  const limits = { finalCltvDelta: 40, maxFeeMsat: 10n ** 9n, maxCltvDelta: 2016, maxHops: 20, excluded: new Set<number>() };
  let found = 0;
  const times = Array.from({ length: ROUTES }, () => {
    const request = { from: idOf(random.int(NODES)), to: idOf(random.int(NODES)), amountMsat: 50_000_000n, ...limits };
    const start = performance.now();
    if (router.route(request, graph).ok) found++;
    return performance.now() - start;
  });
  if (found < ROUTES / 2) throw new Error(`${found} routes of ${ROUTES}`);
  const figure = (name: string, value: number, unit: string): Figure => ({ name, crypto: '', value, unit, cpuShare: 1 });
  return [
    figure('graph-built', built, 'ms'),
    figure('graph-arrays', bytesOf(graph) / (2 * CHANNELS), 'bytes/direction'),
    figure('route-median', median(times), 'ms'),
  ];
}
