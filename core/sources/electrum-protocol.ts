import type { SlicedTx } from '../bitcoin/block.ts';
import { readSlicedTx } from '../bitcoin/block.ts';
import { readHeader, readHeaders } from '../bitcoin/header.ts';
import type { BlockHeader } from '../bitcoin/header.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Script, Txid } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { bytesOf, hashOfText, hexOf, isHeight, isRecord, quoted, readJson, textOfHash } from './json.ts';

/** What is asked of a server, and a name for what it was. */
export type ElectrumQuestion =
  | { readonly kind: 'version' }
  | { readonly kind: 'tip' }
  | { readonly kind: 'headers'; readonly from: number }
  | { readonly kind: 'status'; readonly script: Script }
  /** `status`: what the server has said that its hash is. */
  | { readonly kind: 'history'; readonly script: Script; readonly status: Hex }
  | { readonly kind: 'transaction'; readonly txid: Txid }
  | { readonly kind: 'proof'; readonly txid: Txid; readonly height: number };

/** A header, and the height that the server gives it. */
export interface ServerTip {
  readonly height: number;
  readonly header: BlockHeader;
}
/** A transaction that touches a script; `height` is 0 or less where no block has it. */
export interface HistoryEntry {
  readonly txid: Txid;
  readonly height: number;
}
/** Where a transaction stands in its block, and the neighbours of its path to the merkle root. */
export interface MerkleProof {
  readonly place: number;
  readonly branch: readonly Hash32[];
}

export type ElectrumAnswer =
  | { readonly kind: 'version' }
  | { readonly kind: 'tip'; readonly tip: ServerTip }
  | { readonly kind: 'headers'; readonly headers: readonly BlockHeader[] }
  | { readonly kind: 'status'; readonly status: Hex | undefined }
  | { readonly kind: 'history'; readonly entries: readonly HistoryEntry[] }
  | { readonly kind: 'transaction'; readonly tx: SlicedTx }
  | { readonly kind: 'proof'; readonly proof: MerkleProof };

/** A line of a server, as far as it can be told without knowing what was asked. */
export type ElectrumLine =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly detail: string }
  | { readonly kind: 'new_tip'; readonly tip: ServerTip }
  | { readonly kind: 'new_status'; readonly scriptHash: Hash32 }
  | { readonly kind: 'unreadable' };

/** The most headers that servers give at once. */
const MAX_HEADERS = 2016;
const MAX_BRANCH = 32;

/** By which servers find a script. */
export function scriptHash(hashes: HashFunctions, script: Script): Hash32 {
  return sha256Hex<Hash32>(hashes, script);
}

/** A question as the line that asks it. */
export function lineOf(hashes: HashFunctions, id: number, question: ElectrumQuestion): Uint8Array {
  const [method, params] = call(hashes, question);
  return ascii(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
}

function call(hashes: HashFunctions, question: ElectrumQuestion): readonly [string, readonly unknown[]] {
  switch (question.kind) {
    case 'version':
      return ['server.version', ['fulgurite', '1.4']];
    case 'tip':
      return ['blockchain.headers.subscribe', []];
    case 'headers':
      return ['blockchain.block.headers', [question.from, MAX_HEADERS]];
    case 'status':
      return ['blockchain.scripthash.subscribe', [textOfHash(scriptHash(hashes, question.script))]];
    case 'history':
      return ['blockchain.scripthash.get_history', [textOfHash(scriptHash(hashes, question.script))]];
    case 'transaction':
      return ['blockchain.transaction.get', [textOfHash(question.txid)]];
    case 'proof':
      return ['blockchain.transaction.get_merkle', [textOfHash(question.txid), question.height]];
  }
}

export function readLine(hashes: HashFunctions, line: Uint8Array): ElectrumLine {
  const value = readJson(line);
  if (!isRecord(value)) return { kind: 'unreadable' };
  const { id, method, params, error } = value;
  if (typeof method === 'string') return notification(hashes, method, params);
  if (typeof id !== 'number') return { kind: 'unreadable' };
  if (error !== undefined && error !== null) return { kind: 'error', id, detail: quoted(isRecord(error) ? error['message'] : error) };
  return { kind: 'result', id, value: value['result'] };
}

function notification(hashes: HashFunctions, method: string, params: unknown): ElectrumLine {
  const first: unknown = Array.isArray(params) ? params[0] : undefined;
  if (method === 'blockchain.headers.subscribe') {
    const tip = tipOfValue(hashes, first);
    return tip === undefined ? { kind: 'unreadable' } : { kind: 'new_tip', tip };
  }
  const hash = method === 'blockchain.scripthash.subscribe' ? hashOfText(first) : undefined;
  return hash === undefined ? { kind: 'unreadable' } : { kind: 'new_status', scriptHash: hash };
}

function tipOfValue(hashes: HashFunctions, value: unknown): ServerTip | undefined {
  if (!isRecord(value)) return undefined;
  const bytes = bytesOf(value['hex']);
  const header = bytes?.length === 80 ? readHeader(hashes, bytes) : undefined;
  const { height } = value;
  return header === undefined || !isHeight(height) ? undefined : { height, header };
}

/** What a result says to a question; undefined where it is no answer to it. */
export function readResult(hashes: HashFunctions, question: ElectrumQuestion, value: unknown): ElectrumAnswer | undefined {
  switch (question.kind) {
    case 'version':
      return { kind: 'version' };
    case 'tip': {
      const tip = tipOfValue(hashes, value);
      return tip && { kind: 'tip', tip };
    }
    case 'headers':
      return headersOf(hashes, value);
    case 'status': {
      const status = value === null ? undefined : hexOf(value);
      return value !== null && status?.length !== 64 ? undefined : { kind: 'status', status };
    }
    case 'history': {
      const entries = Array.isArray(value) ? (value as readonly unknown[]).map(entryOf) : [undefined];
      return entries.includes(undefined) ? undefined : { kind: 'history', entries: entries as readonly HistoryEntry[] };
    }
    case 'transaction': {
      const bytes = bytesOf(value);
      const tx = bytes && readSlicedTx(hashes, bytes);
      return tx && { kind: 'transaction', tx };
    }
    case 'proof':
      return proofOf(value);
  }
}

function headersOf(hashes: HashFunctions, value: unknown): ElectrumAnswer | undefined {
  const bytes = isRecord(value) ? bytesOf(value['hex']) : undefined;
  const headers = bytes === undefined || bytes.length > 80 * MAX_HEADERS ? undefined : readHeaders(hashes, bytes);
  return headers && { kind: 'headers', headers };
}

function entryOf(value: unknown): HistoryEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { tx_hash: text, height } = value;
  const txid = hashOfText(text);
  if (txid === undefined || typeof height !== 'number' || !Number.isSafeInteger(height)) return undefined;
  return { txid: txid as string as Txid, height };
}

function proofOf(value: unknown): ElectrumAnswer | undefined {
  if (!isRecord(value)) return undefined;
  const { merkle, pos: place } = value;
  if (!Array.isArray(merkle) || merkle.length > MAX_BRANCH || !isHeight(place)) return undefined;
  const branch = (merkle as readonly unknown[]).map(hashOfText);
  return branch.includes(undefined) ? undefined : { kind: 'proof', proof: { place, branch: branch as readonly Hash32[] } };
}

/** The status of a script with this history: none where it has none. */
export function statusOf(hashes: HashFunctions, entries: readonly HistoryEntry[]): Hex | undefined {
  if (entries.length === 0) return undefined;
  const text = entries.map(({ txid, height }) => `${textOfHash(txid)}:${height}:`).join('');
  return toHex(hashes.sha256(ascii(text)));
}

/** Whether the script that the last item of this witness shows is the one that a P2WSH output commits to; other outputs show none. */
export function showsScript(hashes: HashFunctions, output: Script, witness: readonly Hex[]): boolean {
  if (!output.startsWith('0020') || output.length !== 68) return true;
  const shown = witness.at(-1);
  return shown !== undefined && toHex(hashes.sha256(fromHex(shown))) === output.slice(4);
}
