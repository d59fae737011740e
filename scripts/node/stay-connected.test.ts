import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { DemoChain, DemoNode } from './examples/demo-node.ts';
import { stayConnected } from './stay-connected.ts';
import { listen } from './tcp.ts';

const LOOPBACK = '127.0.0.1';
const QUICK = { firstMs: 10, mostMs: 40, heldMs: 0 };
const stops: (() => void)[] = [];

afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** A port that nobody listens at. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('a node dials until its peer is there, and again when the connection is lost, and no more once it is told to stop', async () => {
  const chain = new DemoChain();
  const [a, b] = [new DemoNode(chain), new DemoNode(chain)];
  const port = await freePort();
  const { stop } = stayConnected(a.host, b.host.nodeId, { hostname: LOOPBACK, port }, QUICK);
  stops.push(stop);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(a.host.state.peers.size).toBe(0);

  const { server } = await listen(b.host, { hostname: LOOPBACK, port });
  stops.push(() => server.close());
  const bothConnected = (): void => {
    for (const [node, peer] of [
      [a, b],
      [b, a],
    ] as const)
      expect(node.host.state.peers.get(peer.host.nodeId)?.features).toBeDefined();
  };
  await vi.waitFor(bothConnected);
  // The peer goes, and comes back.
  b.host.stop();
  await vi.waitFor(() => expect(b.host.state.peers.size).toBe(0));
  await vi.waitFor(bothConnected);

  stop();
  await new Promise((resolve) => setTimeout(resolve, 30));
  bothConnected();
  b.host.stop();
  await vi.waitFor(() => expect(a.host.state.peers.size).toBe(0));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(a.host.state.peers.size + b.host.state.peers.size).toBe(0);
});

it('waits double up to the most, and begin anew after a connection that held', async () => {
  const waits: number[] = [];
  const real = globalThis.setTimeout;
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms?: number) => {
    if (ms !== undefined && ms >= 500) waits.push(ms);
    return real(work, ms !== undefined && ms >= 500 ? 0 : ms);
  }) as never);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const [a, b] = [new DemoNode(new DemoChain()), new DemoNode(new DemoChain())];
  const { stop } = stayConnected(a.host, b.host.nodeId, { hostname: LOOPBACK, port: await freePort() }, { firstMs: 1000, mostMs: 8000 });
  stops.push(stop);
  await vi.waitFor(() =>
    expect(waits.filter((ms) => [1000, 2000, 4000, 8000].includes(ms)).slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 8000, 8000]),
  );
  stop();
  spy.mockRestore();
  vi.restoreAllMocks();
});
