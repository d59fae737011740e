import type { Hex } from '../../core/crypto/bytes.ts';
import type { Schema } from '../../core/wire/codec.ts';
import { messageRegistry } from '../../core/wire/messages/index.ts';
import type { Message } from '../../core/wire/messages/index.ts';

/** Values that a fuzzer's peer puts where others belong: what a number `how` from 0 to 255 makes of a value, by its schema. */

type Struct = Schema & { readonly kind: 'struct' };
type Properties = Readonly<Record<string, unknown>>;

/** A hex string of that many bytes may stand in one field. */
const LONG_BYTES = 40_000;

function alteredInteger(most: bigint, value: bigint, how: number): bigint {
  const choices = [0n, 1n, most, most - 1n, value + 1n, value - 1n, value * 2n, value / 2n, most / 2n + 1n, value * 1000n, value / 1000n];
  const chosen = choices[how] ?? BigInt(how);
  return chosen < 0n || chosen > most ? most : chosen;
}

function alteredBytes(hex: Hex, how: number): Hex {
  const { length } = hex;
  if (how === 0) return '00'.repeat(length / 2);
  if (how === 1) return 'ff'.repeat(length / 2);
  const at = length === 0 ? 0 : 2 * (how % (length / 2));
  return hex.slice(0, at) + (hex.slice(at, at + 2) === '00' ? '01' : '00') + hex.slice(at + 2);
}

function alteredLength(hex: Hex, how: number): Hex {
  const choices = ['', `${hex}00`, hex.slice(2), hex + hex, 'ff'.repeat(LONG_BYTES), '00'.repeat(LONG_BYTES)];
  return choices[how] ?? alteredBytes(hex, how);
}

function alteredArray({ item }: Schema & { readonly kind: 'array' }, items: readonly unknown[], how: number): readonly unknown[] {
  const first = items[0] ?? plainValue(item);
  const choices = [[], items.slice(1), [...items, first], [...items].reverse(), Array.from({ length: 483 }, () => first)];
  return choices[how] ?? Array.from({ length: how % 32 }, () => first);
}

/** The simplest value of a schema. */
export function plainValue(schema: Schema): unknown {
  switch (schema.kind) {
    case 'unsigned':
    case 'truncated':
    case 'signed':
      return schema.bits === 64 ? 0n : 0;
    case 'bigSize':
      return 0n;
    case 'bool':
      return false;
    case 'point':
      return `02${'01'.repeat(32)}`;
    case 'bytes':
      return '00'.repeat(schema.length);
    case 'blob':
      return new Uint8Array(schema.length);
    case 'prefixedBytes':
    case 'rest':
    case 'utf8':
      return '';
    case 'array':
      return schema.count.kind === 'fixed' ? Array.from({ length: schema.count.length }, () => plainValue(schema.item)) : [];
    case 'constant':
      return schema.value;
    case 'oneOf':
      return schema.values[0];
    case 'option':
      return undefined;
    case 'struct':
      return Object.fromEntries(schema.fields.map(({ name, schema: field }) => [name, plainValue(field)]));
    case 'union': {
      const [first] = schema.variants;
      return { [schema.property]: first?.name, ...(first === undefined ? {} : (plainValue(first.schema) as object)) };
    }
  }
}

function alteredValue(schema: Schema, value: unknown, how: number): unknown {
  switch (schema.kind) {
    case 'unsigned': {
      const most = 2n ** BigInt(schema.bits) - 1n;
      const altered = alteredInteger(most, BigInt(value as number | bigint), how);
      return typeof value === 'bigint' ? altered : Number(altered);
    }
    case 'bigSize':
      return alteredInteger(2n ** 64n - 1n, value as bigint, how);
    case 'point': {
      const x = (value as Hex).slice(2);
      return how === 2 ? `03${x}` : how === 3 ? `02${how.toString(16).padStart(64, '0')}` : `02${alteredBytes(x, how)}`;
    }
    case 'bytes':
      return alteredBytes(value as Hex, how);
    case 'blob':
      return (value as Uint8Array).map(() => how);
    case 'prefixedBytes':
    case 'rest':
      return alteredLength(value as Hex, how);
    case 'array':
      return schema.count.kind === 'fixed' ? value : alteredArray(schema, value as readonly unknown[], how);
    case 'struct':
      return alteredStruct(schema, value as Properties, how, how >> 4);
    default:
      return value;
  }
}

function alteredStruct(schema: Struct, value: Properties, which: number, how: number): Properties {
  const all = [...schema.fields, ...(schema.records ?? [])];
  const field = all[which % Math.max(1, all.length)];
  if (field === undefined) return value;
  const { name } = field;
  const isRecord = which % all.length >= schema.fields.length;
  if (isRecord && value[name] === undefined) return { ...value, [name]: alteredValue(field.schema, plainValue(field.schema), how) };
  if (isRecord && how === 255) {
    const { [name]: _gone, ...rest } = value;
    return rest;
  }
  return { ...value, [name]: alteredValue(field.schema, value[name], how) };
}

/** The message with field or record number `which` made something else; `how` 255 takes a record away. */
export function altered(message: Message, which: number, how: number): Message {
  const declaration = messageRegistry.find(({ name }) => name === message.type);
  return alteredStruct(declaration?.codec.schema as Struct, message, which, how) as unknown as Message;
}
