import { reversed } from '../bitcoin/txid-text.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Txid } from '../crypto/bytes.ts';
import { utf8Decode } from '../wire/utf8.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** Undefined for what is no JSON: the parser reports that by throwing. */
export function readJson(bytes: Uint8Array): unknown {
  const text = utf8Decode(bytes);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isHeight(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 0x8000_0000;
}

/** In lower case; undefined where it is no hex of whole bytes. */
export function hexOf(value: unknown): Hex | undefined {
  return typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(value) ? value.toLowerCase() : undefined;
}

export function bytesOf(value: unknown): Uint8Array | undefined {
  const hex = hexOf(value);
  return hex === undefined ? undefined : fromHex(hex);
}

/** A hash as servers write it, the last byte first. */
export function hashOfText(value: unknown): Hash32 | undefined {
  const hex = hexOf(value);
  return hex?.length === 64 ? (reversed(hex) as Hash32) : undefined;
}

export function textOfHash(hash: Hash32 | Txid): string {
  return reversed(hash);
}

/** So much of a server's words as stands in a report: printable, on one line. */
export function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.slice(0, 100).replace(/[^\x20-\x7e]/g, '.');
}
