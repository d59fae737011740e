import fc from 'fast-check';
import type { Schema } from '../core/wire/codec.ts';
import { arbitraryValue } from './arbitraries.ts';

type Properties = Readonly<Record<string, unknown>>;
type Struct = Schema & { readonly kind: 'struct' };
type Int = (n: number) => number;

const DRAWN_AT_ONCE = 32;
const LONGEST_BYTES = 60_000;
const drawn = new WeakMap<Schema, unknown[]>();

/** Any value of the schema. Drawing many at once is many times cheaper. */
function anyValue(schema: Schema, int: Int): unknown {
  const left = drawn.get(schema);
  if (left !== undefined && left.length > 0) return left.pop();
  const values = fc.sample(arbitraryValue(schema), { numRuns: DRAWN_AT_ONCE, seed: int(0x7fffffff) });
  const value = values.pop();
  drawn.set(schema, values);
  return value;
}

/** Values at the edges, and next to this one. */
function nearby(schema: Schema, value: unknown, int: Int): unknown {
  if (schema.kind === 'unsigned') {
    if (typeof value === 'bigint') {
      const most = 2n ** BigInt(schema.bits) - 1n;
      const choices = [0n, 1n, most, most - 1n, value + 1n, value - 1n, value * 2n, value / 2n];
      const chosen = choices[int(choices.length)] as bigint;
      return chosen < 0n || chosen > most ? most : chosen;
    }
    const most = 2 ** schema.bits - 1;
    const before = value as number;
    const choices = [0, 1, most, most - 1, before + 1, before - 1, before * 2, before >> 1];
    const chosen = choices[int(choices.length)] as number;
    return chosen < 0 || chosen > most ? most : chosen;
  }
  if (schema.kind === 'array' && Array.isArray(value) && schema.count.kind !== 'fixed') {
    const items = value as readonly unknown[];
    const choices = [[], items.slice(1), [...items, ...items.slice(0, 1)], [...items].reverse()];
    return choices[int(choices.length)];
  }
  // As much as a message can hold, now and then: lengths are where limits are forgotten.
  if ((schema.kind === 'prefixedBytes' || schema.kind === 'rest') && int(8) === 0)
    return (int(2) === 0 ? 'ff' : '00').repeat(int(LONGEST_BYTES));
  return anyValue(schema, int);
}

/** A copy of the value in which one field, at any depth, has another value, or one record has come or gone. */
export function varied(schema: Struct, value: object, int: Int): object {
  const properties = value as Properties;
  const records = schema.records ?? [];
  const at = int(schema.fields.length + records.length + (records.length > 0 ? 1 : 0));
  const field = [...schema.fields, ...records][at];
  if (field === undefined) {
    const { unknownTlvs: _dropped, ...rest } = properties;
    return rest;
  }
  const { name } = field;
  const inner = field.schema.kind === 'option' ? field.schema.item : field.schema;
  const before = properties[name];
  if (before === undefined) return { ...properties, [name]: anyValue(inner, int) };
  if ((at >= schema.fields.length || field.schema.kind === 'option') && int(3) === 0) {
    const { [name]: _removed, ...rest } = properties;
    return rest;
  }
  if (inner.kind === 'struct' && inner.fields.length > 0) return { ...properties, [name]: varied(inner, before as object, int) };
  return { ...properties, [name]: int(2) === 0 ? nearby(inner, before, int) : anyValue(inner, int) };
}
