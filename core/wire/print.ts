import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import type { Schema, TlvRecord } from './codec.ts';
import { messageRegistry } from './messages/index.ts';
import type { Message } from './messages/index.ts';
import { printShortChannelId } from './short-channel-id.ts';

/** What `JSON.stringify` takes as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Any decoded value or state as JSON: amounts and ids become decimal strings, bytes become hex, absent stays absent. */
export function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([name, item]) => [name, toJson(item)]),
    );
  }
  return value as Json;
}

/** BOLT 1: text from a peer is shown verbatim only when every character is printable ASCII. */
export function printableText(data: Hex): string | undefined {
  const bytes = fromHex(data);
  return bytes.every((byte) => byte >= 32 && byte < 127) ? String.fromCharCode(...bytes) : undefined;
}

const SHOWN_DIGITS = 8;

function printHex(hex: Hex): string {
  return hex.length <= 2 * SHOWN_DIGITS ? `0x${hex}` : `0x${hex.slice(0, SHOWN_DIGITS)}…(${hex.length / 2})`;
}

/** A value of this schema as short, readable text on one line. Long hex is cut to its first digits and its length in bytes. */
function printValue(schema: Schema, value: unknown): string {
  switch (schema.kind) {
    case 'unsigned':
      return schema.format === 'short_channel_id' ? printShortChannelId(value as bigint) : String(value);
    case 'signed':
    case 'truncated':
    case 'bigSize':
    case 'bool':
    case 'constant':
    case 'oneOf':
      return String(value);
    case 'utf8':
      return JSON.stringify(value);
    case 'point':
    case 'bytes':
    case 'prefixedBytes':
    case 'rest':
      return printHex(value as Hex);
    case 'blob':
      return `<${(value as Uint8Array).length} bytes>`;
    case 'array':
      return `[${(value as readonly unknown[]).map((item) => printValue(schema.item, item)).join(' ')}]`;
    case 'option':
      return value === undefined ? '-' : printValue(schema.item, value);
    case 'struct':
      return `{${printProperties(schema, value)}}`;
    case 'union':
      return printUnion(schema, value);
  }
}

function printUnion(schema: Schema & { readonly kind: 'union' }, value: unknown): string {
  const name = (value as Readonly<Record<string, unknown>>)[schema.property];
  const variant = schema.variants.find((entry) => entry.name === name);
  return variant === undefined ? String(name) : `${variant.name}${printValue(variant.schema, value)}`;
}

function printProperties(schema: Schema & { readonly kind: 'struct' }, value: unknown): string {
  const properties = value as Readonly<Record<string, unknown>>;
  const known = [...schema.fields, ...(schema.records ?? [])]
    .filter(({ name }) => properties[name] !== undefined)
    .map((entry) => `${entry.name}=${printValue(entry.schema, properties[entry.name])}`);
  const unknown = (properties['unknownTlvs'] as readonly TlvRecord[] | undefined) ?? [];
  return [...known, ...unknown.map(({ type, value: bytes }) => `tlv${type}=${printHex(bytes)}`)].join(' ');
}

const schemas: ReadonlyMap<string, Schema> = new Map(messageRegistry.map(({ name, codec }) => [name, codec.schema]));

/** A message as short, readable text on one line: its name, then `field=value` in the order of the wire. */
export function printMessage(message: Message): string {
  const schema = schemas.get(message.type) as Schema & { readonly kind: 'struct' };
  const text = 'data' in message ? printableText(message.data) : undefined;
  return [message.type, printProperties(schema, message), ...(text === undefined ? [] : [JSON.stringify(text)])].join(' ');
}
