import { ascii, fromHex } from '../crypto/bytes.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import type { HttpRequest } from './core-protocol.ts';
import { hashOfText, textOfHash } from './json.ts';
import type { MinedBlock, MinedChain } from './mined-chain.fixture.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Bitcoin Core as far as the sources ask it. */
export function coreServer(chain: MinedChain, { method, path, body }: HttpRequest): HttpAnswer {
  if (method === 'GET') return rest(chain, path);
  const asked = JSON.parse(body) as Call | readonly Call[];
  return json(Array.isArray(asked) ? asked.map((call: Call) => rpc(chain, call)).toReversed() : rpc(chain, asked as Call));
}

function json(value: unknown): HttpAnswer {
  return { status: 200, body: ascii(JSON.stringify(value)) };
}

function info({ tip }: MinedChain): object {
  return { chain: 'regtest', blocks: tip.height, bestblockhash: textOfHash(tip.hash) };
}

function rpc(chain: MinedChain, { id, method, params: [first] }: Call): object {
  const block = typeof first === 'number' ? chain.at(first) : chain.all.get(hashOfText(first) as Hash32);
  if (method === 'getblockchaininfo') return { jsonrpc: '2.0', id, result: info(chain) };
  if (block === undefined) return { jsonrpc: '2.0', id, error: { code: -8, message: 'Block height out of range' } };
  const results: Readonly<Record<string, string>> = {
    getblockhash: textOfHash(block.hash),
    getblockheader: block.headerHex,
    getblock: block.bytes,
  };
  return { jsonrpc: '2.0', id, result: results[method] };
}

function rest(chain: MinedChain, path: string): HttpAnswer {
  if (path === '/rest/chaininfo.json') return json(info(chain));
  const [, kind, text, count] = /^\/rest\/(block|headers)\/([0-9a-f]{64})\.bin(?:\?count=([0-9]+))?$/.exec(path) ?? [];
  const block = chain.all.get(hashOfText(text) as Hash32);
  if (block === undefined) return { status: 404, body: ascii('not found') };
  if (kind === 'block') return { status: 200, body: fromHex(block.bytes) };
  const isBest = chain.at(block.height)?.hash === block.hash;
  const headers = isBest ? chain.blocks.slice(block.height, block.height + Number(count)) : [];
  return { status: 200, body: fromHex(headers.map(({ headerHex }: MinedBlock) => headerHex).join('')) };
}
