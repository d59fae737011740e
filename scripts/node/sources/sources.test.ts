/// <reference types="node" />
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { noble } from '../../../core/crypto/noble.fixture.ts';
import { coreServer } from '../../../core/sources/core-server.fixture.ts';
import { ElectrumServer } from '../../../core/sources/electrum-server.fixture.ts';
import { FoldingNode } from '../../../core/sources/folding-node.fixture.ts';
import { NETWORKS } from '../../../core/sources/networks.ts';
import { P2pPeer } from '../../../core/sources/p2p-peer.fixture.ts';
import { Scenario } from '../../../core/sources/scenarios.fixture.ts';
import { DEFAULT_SOURCE_LIMITS } from '../../../core/sources/sources-vocabulary.ts';
import type { SourceEnv, SourceStart } from '../../../core/sources/sources-vocabulary.ts';
import { fromBitcoinCore } from './bitcoin-core.ts';
import { fromCompactFilters } from './compact-filters.ts';
import { fromElectrum } from './electrum.ts';
import type { ServerAddress } from './lines.ts';
import type { RunningSource, SourceListener } from './running.ts';

const limits = { ...DEFAULT_SOURCE_LIMITS, staleAfterMs: 1e15, pollMs: 20, retryMs: 20 };
const env: SourceEnv = { crypto: noble, network: NETWORKS.regtest, limits };

/** A node that is told by a source over real sockets, of a chain that grows and is reorganised. */
async function follows(
  start: (told: SourceStart, listener: SourceListener) => RunningSource,
  scenario: Scenario,
  changed: () => void,
): Promise<string[]> {
  const { height, hash } = scenario.chain.blocks[0] as Scenario['chain']['tip'];
  const node = new FoldingNode({ height, hash }, scenario.roots);
  const troubles: string[] = [];
  const watch = (): void => {
    for (const one of node.watches()) source.watch(one);
  };
  const listener: SourceListener = {
    chain: (input) => {
      const refusal = node.take(input);
      if (refusal !== undefined) source.refused(refusal);
      watch();
    },
    trouble: (rule) => troubles.push(rule),
  };
  const source = start({ told: { height, hash }, base: { height: 0, header: NETWORKS.regtest.genesis }, nowMs: Date.now() }, listener);
  watch();
  for (const reorg of [0, 0, 3]) {
    scenario.happens({ reorg, mined: [[0, 1], [2], [], [3]], again: true, restart: false });
    changed();
    source.hint();
    const rebuilt = FoldingNode.rebuilt(scenario.chain, scenario.roots);
    await expect.poll(() => node.view, { timeout: 30_000, interval: 5 }).toEqual(rebuilt);
  }
  source.stop();
  return troubles;
}

const servers: (Server | HttpServer)[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function addressOf(server: Server | HttpServer): Promise<ServerAddress> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { hostname: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Answers bytes with bytes. */
function speaking(answer: (bytes: Uint8Array) => Uint8Array): Server {
  return createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (bytes: Uint8Array) => socket.write(answer(bytes)));
    socket.on('error', () => undefined);
  });
}

describe('over the loopback address', { timeout: 60_000 }, () => {
  it.each(['rpc', 'rest'] as const)('Bitcoin Core is asked over %s, with a name and a password', async (door) => {
    const scenario = new Scenario(1);
    const logins = new Set<string | undefined>();
    const server = createHttp((request: IncomingMessage, response: ServerResponse) => {
      let body = '';
      logins.add(request.headers.authorization);
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const answer = coreServer(scenario.chain, { method: request.method as 'GET', path: request.url ?? '', body });
        response.writeHead(answer.status).end(answer.body);
      });
    });
    const { port } = await addressOf(server);
    const core = { url: `http://127.0.0.1:${port}`, door, login: { user: 'a', password: 'b' } };
    expect(
      await follows(
        (start, listener) => fromBitcoinCore(env, start, core, listener),
        scenario,
        () => undefined,
      ),
    ).toEqual([]);
    expect([...logins]).toEqual(['Basic YTpi']);
    server.closeAllConnections();
  });

  it('Bitcoin Core that is not there is told of, and asked again', async () => {
    const troubles: string[] = [];
    const { port, ...rest } = await addressOf(speaking((bytes) => bytes));
    servers.splice(0).forEach((server) => server.close());
    const start = {
      told: { height: 0, hash: new Scenario(1).chain.tip.hash },
      base: { height: 0, header: NETWORKS.regtest.genesis },
      nowMs: Date.now(),
    };
    const listener = { chain: () => undefined, trouble: (rule: string) => troubles.push(rule) };
    const source = fromBitcoinCore(env, start, { url: `http://${rest.hostname}:${port}`, door: 'rest' }, listener);
    await expect.poll(() => troubles.length, { timeout: 30_000, interval: 5 }).toBeGreaterThan(1);
    source.stop();
    expect(new Set(troubles)).toEqual(new Set(['source.failed']));
  });

  it('a server of Electrum’s protocol follows one that lies', async () => {
    const scenario = new Scenario(1);
    const [liar, honest] = [new ElectrumServer(scenario.chain), new ElectrumServer(scenario.chain)];
    liar.lie = (method, result) => (method.endsWith('get_merkle') ? 'nonsense' : result);
    const addresses = [
      await addressOf(speaking((bytes) => liar.answer(bytes))),
      await addressOf(speaking((bytes) => honest.answer(bytes))),
    ];
    const troubles = await follows(
      (start, listener) => fromElectrum(env, start, addresses, listener),
      scenario,
      () => void [liar, honest].map((server) => server.index()),
    );
    expect(troubles).toEqual(['source.unreadable']);
    expect(() => fromElectrum(env, {} as SourceStart, [], {} as SourceListener)).toThrow('no server');
  });

  it('peers with compact filters are asked, as many as are needed', async () => {
    const scenario = new Scenario(1);
    const peers = Array.from({ length: 3 }, () => new P2pPeer(scenario.chain));
    const addresses = await Promise.all(peers.map(async (peer) => addressOf(speaking((bytes) => peer.answer(bytes)))));
    const troubles = await follows(
      (start, listener) => fromCompactFilters(env, start, addresses, listener, 2),
      scenario,
      () => undefined,
    );
    expect(troubles.filter((rule) => rule !== 'source.too_few_peers')).toEqual([]);
    expect(() => fromCompactFilters(env, {} as SourceStart, addresses.slice(1, 2), {} as SourceListener)).toThrow('one peer alone');
  });
});
