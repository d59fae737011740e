import { ByteCursor } from '../bitcoin/byte-cursor.ts';
import { compactSize, u32le, u64le } from '../bitcoin/encode.ts';
import { readHeader } from '../bitcoin/header.ts';
import type { BlockHeader } from '../bitcoin/header.ts';
import { ascii, fromHex, toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { append, join, NO_FRAGMENTS } from '../wire/fragments.ts';
import type { Fragments } from '../wire/fragments.ts';

/** Since then peers speak of headers; what we need besides is told by services. */
const PROTOCOL_VERSION = 70016;
const FRAME_BYTES = 24;
const BASIC_FILTER = '00';
/** With witnesses (BIP 144). */
const WITNESS_BLOCK = 0x40000002;
const BLOCK = 2;
const MAX_HEADERS = 2000;
const MAX_INVENTORY = 50_000;
/** The longest message that we ask for is a block, and no other is longer than this. */
const MAX_PAYLOAD_BYTES = 4_000_000;

/** What a peer must offer: whole blocks, witnesses, compact filters. */
const NEEDED_SERVICES = 1 | 8 | 64;

export type P2pMessage =
  | { readonly kind: 'version'; readonly serves: boolean }
  | { readonly kind: 'verack' }
  | { readonly kind: 'ping'; readonly nonce: Hex }
  | { readonly kind: 'headers'; readonly headers: readonly BlockHeader[] }
  /** Somebody has a block. */
  | { readonly kind: 'new_block' }
  | { readonly kind: 'filter_hashes'; readonly stop: Hash32; readonly previous: Hash32; readonly hashes: readonly Hash32[] }
  | { readonly kind: 'filter'; readonly blockHash: Hash32; readonly bytes: Uint8Array }
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  | { readonly kind: 'not_found' }
  /** One that we don't care about. */
  | { readonly kind: 'other' };

export type P2pQuestion =
  | { readonly kind: 'headers'; readonly locator: readonly Hash32[] }
  | { readonly kind: 'filter_hashes'; readonly from: number; readonly stop: Hash32 }
  | { readonly kind: 'filters'; readonly from: number; readonly stop: Hash32 }
  | { readonly kind: 'block'; readonly hash: Hash32 };

function framed(hashes: HashFunctions, magic: Hex, command: string, payload: Hex): Uint8Array {
  const checksum = toHex(hash256(hashes, fromHex(payload)).subarray(0, 4));
  const name = toHex(ascii(command)).padEnd(24, '0');
  return fromHex(magic + name + u32le(payload.length / 2) + checksum + payload);
}

export function versionMessage(hashes: HashFunctions, magic: Hex, nowMs: number): Uint8Array {
  const nobody = '00'.repeat(26);
  const agent = toHex(ascii('/fulgurite/'));
  const seconds = u64le(BigInt(Math.floor(nowMs / 1000)));
  const start = u32le(PROTOCOL_VERSION) + u64le(0n) + seconds + nobody + nobody + u64le(0n);
  // No transactions that nobody asked for.
  return framed(hashes, magic, 'version', `${start}${compactSize(agent.length / 2)}${agent}${u32le(0)}00`);
}

export function verackMessage(hashes: HashFunctions, magic: Hex): Uint8Array {
  return framed(hashes, magic, 'verack', '');
}

export function pongMessage(hashes: HashFunctions, magic: Hex, nonce: Hex): Uint8Array {
  return framed(hashes, magic, 'pong', nonce);
}

export function questionMessage(hashes: HashFunctions, magic: Hex, question: P2pQuestion): Uint8Array {
  switch (question.kind) {
    case 'headers': {
      const { locator } = question;
      const payload = u32le(PROTOCOL_VERSION) + compactSize(locator.length) + locator.join('') + '00'.repeat(32);
      return framed(hashes, magic, 'getheaders', payload);
    }
    case 'filter_hashes':
      return framed(hashes, magic, 'getcfheaders', BASIC_FILTER + u32le(question.from) + question.stop);
    case 'filters':
      return framed(hashes, magic, 'getcfilters', BASIC_FILTER + u32le(question.from) + question.stop);
    case 'block':
      return framed(hashes, magic, 'getdata', compactSize(1) + u32le(WITNESS_BLOCK) + question.hash);
  }
}

/** The bytes of a peer that have not become messages yet. */
export interface Unread {
  readonly fragments: Fragments;
  /** How many bytes there must be before anything can be read. */
  readonly wanted: number;
}

export const NOTHING_UNREAD: Unread = { fragments: NO_FRAGMENTS, wanted: FRAME_BYTES };

/** The messages that these bytes complete, and what is left. A text where no peer of this network sends such bytes. */
export function readMessages(
  hashes: HashFunctions,
  magic: Hex,
  before: Unread,
  bytes: Uint8Array,
): { readonly messages: readonly P2pMessage[]; readonly unread: Unread } | string {
  const length = before.fragments.length + bytes.length;
  if (length < before.wanted) return { messages: [], unread: { fragments: append(before.fragments, bytes), wanted: before.wanted } };
  const all = join(before.fragments, bytes);
  const messages: P2pMessage[] = [];
  let at = 0;
  let wanted = FRAME_BYTES;
  while (length - at >= wanted) {
    const payloadLength = new ByteCursor(all, at + 16).u32();
    if (toHex(all.subarray(at, at + 4)) !== magic) return 'another magic';
    if (payloadLength > MAX_PAYLOAD_BYTES) return `a message of ${payloadLength} bytes`;
    wanted = FRAME_BYTES + payloadLength;
    if (length - at < wanted) break;
    const payload = all.subarray(at + FRAME_BYTES, at + wanted);
    const checksum = hash256(hashes, payload);
    for (let i = 0; i < 4; i++) if (checksum[i] !== all[at + 20 + i]) return 'a wrong checksum';
    const message = readMessage(hashes, commandOf(all, at + 4), payload);
    if (message === undefined) return `a message ${commandOf(all, at + 4)} of ${payloadLength} bytes`;
    messages.push(message);
    at += wanted;
    wanted = FRAME_BYTES;
  }
  return { messages, unread: { fragments: append(NO_FRAGMENTS, all.subarray(at)), wanted } };
}

function commandOf(bytes: Uint8Array, at: number): string {
  let text = '';
  for (let i = at; i < at + 12 && bytes[i] !== 0; i++) text += String.fromCharCode(bytes[i] as number);
  return text.replace(/[^a-z0-9]/g, '.');
}

/** Undefined where the payload is not that of the command. */
function readMessage(hashes: HashFunctions, command: string, payload: Uint8Array): P2pMessage | undefined {
  switch (command) {
    case 'version':
      return readVersion(payload);
    case 'verack':
      return { kind: 'verack' };
    case 'ping':
      return payload.length === 8 ? { kind: 'ping', nonce: toHex(payload) } : undefined;
    case 'headers':
      return readHeadersMessage(hashes, payload);
    case 'inv':
      return readInventory(payload);
    case 'cfheaders':
      return readFilterHashes(payload);
    case 'cfilter':
      return readFilterMessage(payload);
    case 'block':
      return { kind: 'block', bytes: payload.slice() };
    case 'notfound':
      return { kind: 'not_found' };
    default:
      return { kind: 'other' };
  }
}

function readVersion(payload: Uint8Array): P2pMessage | undefined {
  const cursor = new ByteCursor(payload);
  const version = cursor.u32();
  const services = cursor.u32();
  return cursor.broken
    ? undefined
    : { kind: 'version', serves: version >= PROTOCOL_VERSION - 1 && (services & NEEDED_SERVICES) === NEEDED_SERVICES };
}

function readHeadersMessage(hashes: HashFunctions, payload: Uint8Array): P2pMessage | undefined {
  const cursor = new ByteCursor(payload);
  const count = cursor.count(81);
  if (count > MAX_HEADERS) return undefined;
  const headers: BlockHeader[] = [];
  for (let i = 0; i < count; i++) {
    headers.push(readHeader(hashes, payload, cursor.skip(80)) as BlockHeader);
    // The number of transactions, which a header has none of.
    if (cursor.u8() !== 0) return undefined;
  }
  return cursor.ended ? { kind: 'headers', headers } : undefined;
}

function readInventory(payload: Uint8Array): P2pMessage | undefined {
  const cursor = new ByteCursor(payload);
  const count = cursor.count(36);
  if (count > MAX_INVENTORY) return undefined;
  let hasBlock = false;
  for (let i = 0; i < count; i++) {
    hasBlock ||= (cursor.u32() & 0xffff) === BLOCK;
    cursor.skip(32);
  }
  return cursor.ended ? { kind: hasBlock ? 'new_block' : 'other' } : undefined;
}

function readFilterHashes(payload: Uint8Array): P2pMessage | undefined {
  const cursor = new ByteCursor(payload);
  const type = cursor.u8();
  const [stop, previous] = [toHex<Hash32>(cursor.take(32)), toHex<Hash32>(cursor.take(32))];
  const count = cursor.count(32);
  const hashes = Array.from({ length: Math.min(count, MAX_HEADERS) }, () => toHex<Hash32>(cursor.take(32)));
  return cursor.ended && type === 0 ? { kind: 'filter_hashes', stop, previous, hashes } : undefined;
}

function readFilterMessage(payload: Uint8Array): P2pMessage | undefined {
  const cursor = new ByteCursor(payload);
  const type = cursor.u8();
  const blockHash = toHex<Hash32>(cursor.take(32));
  const bytes = cursor.take(cursor.compactSize()).slice();
  return cursor.ended && type === 0 ? { kind: 'filter', blockHash, bytes } : undefined;
}
