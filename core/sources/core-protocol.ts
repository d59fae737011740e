import type { BlockHeader } from '../bitcoin/header.ts';
import { readHeaders } from '../bitcoin/header.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { bytesOf, hashOfText, isHeight, isRecord, quoted, readJson, textOfHash } from './json.ts';
import type { JsonRecord } from './json.ts';

/** Bitcoin Core's two doors: JSON-RPC with a user's name, and REST for everybody whom its port lets in. */
export type CoreDoor = 'rpc' | 'rest';

/** What is asked of it. */
export type CoreQuestion =
  | { readonly kind: 'info' }
  /** Of its best chain, the blocks at these heights. Over REST headers are asked for by where they begin. */
  | { readonly kind: 'hashes'; readonly from: number; readonly count: number }
  | { readonly kind: 'headers'; readonly hashes: readonly Hash32[] }
  /** Headers of its best chain from this block on; none where the block is not in it. */
  | { readonly kind: 'headers_from'; readonly hash: Hash32; readonly count: number }
  | { readonly kind: 'block'; readonly hash: Hash32 };

/** An HTTP request, but for the host, and the name and password, that the caller knows. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Empty for GET, else JSON. */
  readonly body: string;
}

export interface CoreInfo {
  readonly kind: 'info';
  readonly chain: string;
  readonly height: number;
  readonly hash: Hash32;
}
export type CoreAnswer =
  | CoreInfo
  | { readonly kind: 'hashes'; readonly hashes: readonly Hash32[] }
  | { readonly kind: 'headers'; readonly headers: readonly BlockHeader[] }
  | { readonly kind: 'block'; readonly bytes: Uint8Array };
export type CoreFailure = { readonly kind: 'fault'; readonly rule: 'source.failed' | 'source.unreadable'; readonly detail: string };

export function requestOf(door: CoreDoor, question: CoreQuestion): HttpRequest {
  return door === 'rpc' ? rpcRequest(question) : restRequest(question);
}

function restRequest(question: CoreQuestion): HttpRequest {
  const get = (path: string): HttpRequest => ({ method: 'GET', path: `/rest/${path}`, body: '' });
  switch (question.kind) {
    case 'info':
      return get('chaininfo.json');
    case 'headers_from':
      return get(`headers/${textOfHash(question.hash)}.bin?count=${question.count}`);
    case 'block':
      return get(`block/${textOfHash(question.hash)}.bin`);
    case 'hashes':
    case 'headers':
      throw new Error(`REST is not asked for ${question.kind}`);
  }
}

function rpcRequest(question: CoreQuestion): HttpRequest {
  const call = (method: string, params: readonly unknown[], id = 0): object => ({ jsonrpc: '2.0', id, method, params });
  const post = (value: object): HttpRequest => ({ method: 'POST', path: '/', body: JSON.stringify(value) });
  switch (question.kind) {
    case 'info':
      return post(call('getblockchaininfo', []));
    case 'hashes':
      return post(Array.from({ length: question.count }, (_, i) => call('getblockhash', [question.from + i], i)));
    case 'headers':
      return post(question.hashes.map((hash, i) => call('getblockheader', [textOfHash(hash), false], i)));
    case 'block':
      return post(call('getblock', [textOfHash(question.hash), 0]));
    case 'headers_from':
      throw new Error('RPC is asked for headers by their hashes');
  }
}

/** What the answer to a question says, whatever its bytes are. */
export function readAnswer(
  hashes: HashFunctions,
  door: CoreDoor,
  question: CoreQuestion,
  status: number,
  body: Uint8Array,
): CoreAnswer | CoreFailure {
  return door === 'rpc' ? rpcAnswer(hashes, question, body) : restAnswer(hashes, question, status, body);
}

function unreadable(detail: string): CoreFailure {
  return { kind: 'fault', rule: 'source.unreadable', detail };
}

function failed(detail: string): CoreFailure {
  return { kind: 'fault', rule: 'source.failed', detail };
}

function restAnswer(hashes: HashFunctions, question: CoreQuestion, status: number, body: Uint8Array): CoreAnswer | CoreFailure {
  if (status !== 200) return failed(`HTTP ${status} for ${question.kind}`);
  if (question.kind === 'block') return { kind: 'block', bytes: body };
  if (question.kind === 'info') return infoOf(readJson(body));
  const headers = body.length > 80 * 2000 ? undefined : readHeaders(hashes, body);
  return headers === undefined ? unreadable(`${body.length} bytes of headers`) : { kind: 'headers', headers };
}

function infoOf(value: unknown): CoreAnswer | CoreFailure {
  if (!isRecord(value)) return unreadable('no getblockchaininfo');
  const { chain, blocks: height } = value;
  const hash = hashOfText(value['bestblockhash']);
  if (typeof chain !== 'string' || !isHeight(height) || hash === undefined) return unreadable('getblockchaininfo');
  return { kind: 'info', chain, height, hash };
}

function rpcAnswer(hashes: HashFunctions, question: CoreQuestion, body: Uint8Array): CoreAnswer | CoreFailure {
  const value = readJson(body);
  switch (question.kind) {
    case 'info': {
      const result = resultOf(value);
      return result.ok ? infoOf(result.value) : result.failure;
    }
    case 'block': {
      const result = resultOf(value);
      if (!result.ok) return result.failure;
      const bytes = bytesOf(result.value);
      return bytes === undefined ? unreadable('getblock') : { kind: 'block', bytes };
    }
    case 'hashes': {
      const all = each(value, question.count, hashOfText);
      return 'kind' in all ? all : { kind: 'hashes', hashes: all };
    }
    case 'headers': {
      const all = each(value, question.hashes.length, (one) => oneHeader(hashes, one));
      return 'kind' in all ? all : { kind: 'headers', headers: all };
    }
    case 'headers_from':
      return unreadable('RPC is not asked for this');
  }
}

function oneHeader(hashes: HashFunctions, value: unknown): BlockHeader | undefined {
  const bytes = bytesOf(value);
  const headers = bytes === undefined ? undefined : readHeaders(hashes, bytes);
  return headers?.length === 1 ? headers[0] : undefined;
}

type RpcResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: CoreFailure };

function resultOf(value: unknown): RpcResult {
  if (!isRecord(value)) return { ok: false, failure: unreadable('no JSON-RPC') };
  const { error, result } = value;
  if (error === undefined || error === null) return { ok: true, value: result };
  return { ok: false, failure: failed(quoted(isRecord(error) ? error['message'] : error)) };
}

/** The results of a batch, in the order of their calls; a server may answer in another. */
function each<T>(value: unknown, count: number, read: (value: unknown) => T | undefined): readonly T[] | CoreFailure {
  if (!Array.isArray(value)) {
    const result = resultOf(value);
    return result.ok ? unreadable('no batch') : result.failure;
  }
  const byId = new Map<unknown, JsonRecord>();
  for (const one of value as readonly unknown[]) if (isRecord(one)) byId.set(one['id'], one);
  const results: T[] = [];
  for (let id = 0; id < count; id++) {
    const result = resultOf(byId.get(id));
    if (!result.ok) return result.failure;
    const one = read(result.value);
    if (one === undefined) return unreadable(`part ${id} of a batch`);
    results.push(one);
  }
  return results;
}
