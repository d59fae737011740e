import { fromHex } from '../core/crypto/bytes.ts';
import { CHAIN_HASHES } from '../core/node/config.ts';
import type { Schema } from '../core/wire/codec.ts';

/** Byte strings out of the declarations: what a fuzzer would have to guess. */

export function bigSizeBytes(value: bigint): Uint8Array {
  const digits = (bytes: number): string => value.toString(16).padStart(2 * bytes, '0');
  if (value < 0xfdn) return fromHex(digits(1));
  if (value < 0x10000n) return fromHex(`fd${digits(2)}`);
  return fromHex(value < 0x100000000n ? `fe${digits(4)}` : `ff${digits(8)}`);
}

export function u16Bytes(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** The least number of bytes that a value of this schema takes. */
function leastSize(schema: Schema): number {
  switch (schema.kind) {
    case 'unsigned':
    case 'signed':
      return Math.ceil(schema.bits / 8);
    case 'point':
      return 33;
    case 'bytes':
    case 'blob':
      return schema.length;
    case 'prefixedBytes':
      return schema.prefixBits / 8;
    case 'struct':
      return schema.fields.reduce((sum, field) => sum + leastSize(field.schema), 0);
    case 'array':
      return schema.count.kind === 'fixed'
        ? schema.count.length * leastSize(schema.item)
        : schema.count.kind === 'prefix'
          ? schema.count.bits / 8
          : 0;
    case 'truncated':
    case 'rest':
    case 'constant':
      return 0;
    case 'bigSize':
    case 'bool':
    case 'oneOf':
    case 'option':
    case 'utf8':
    case 'union':
      return 1;
  }
}

/** A value of this schema that is all zeros, where zeros are one. */
function zeros(schema: Schema): Uint8Array {
  const bytes = new Uint8Array(leastSize(schema));
  if (schema.kind === 'point') bytes[0] = 2;
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function* tokens(schema: Schema): Generator<Uint8Array> {
  switch (schema.kind) {
    case 'struct':
      for (const field of schema.fields) yield* tokens(field.schema);
      for (const { type, schema: value } of schema.records ?? []) {
        const body = zeros(value);
        yield bigSizeBytes(type);
        yield join(bigSizeBytes(type), bigSizeBytes(BigInt(body.length)), body);
        yield* tokens(value);
      }
      break;
    case 'union':
      for (const { tag, schema: value } of schema.variants) {
        yield Uint8Array.of(tag);
        yield* tokens(value);
      }
      break;
    case 'array':
      if (schema.count.kind === 'prefix' && schema.count.bits === 32) yield Uint8Array.of(0, 0, 0, 1);
      yield zeros(schema.item);
      yield* tokens(schema.item);
      break;
    case 'option':
      yield Uint8Array.of(1);
      yield* tokens(schema.item);
      break;
    case 'point':
    case 'bytes':
    case 'blob':
      yield zeros(schema);
      break;
    case 'utf8':
      // Longer than needed, half of a pair, past the last.
      yield* ['c080', 'e08080', 'f0808080', 'eda080', 'f4908080'].map(fromHex);
      break;
    default:
  }
}

/** Lengths and values at the edges of every integer, minimal and not. */
const EDGES = [
  '0000',
  '0001',
  'ffff',
  '7fff',
  '8000',
  'fc',
  'fd00fc',
  'fd00fd',
  'fdffff',
  'fe0000ffff',
  'fe00010000',
  'feffffffff',
  'ff00000000ffffffff',
  'ff0000000100000000',
  'ffffffffffffffffff',
  'ffffffff',
  '00000000',
  '7fffffffffffffff',
  '8000000000000000',
];

/** Tokens of a schema and the edges of integers, each once, shortest first. */
export function dictionaryOf(schema: Schema, extra: readonly Uint8Array[] = []): readonly Uint8Array[] {
  const byText = new Map<string, Uint8Array>();
  for (const token of [...tokens(schema), ...EDGES.map(fromHex), ...extra, fromHex(CHAIN_HASHES.regtest)]) {
    if (token.length > 0 && token.length <= 1400) byText.set(token.join(), token);
  }
  return [...byText.values()].sort((a, b) => a.length - b.length);
}
