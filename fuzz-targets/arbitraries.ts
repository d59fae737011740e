import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import type { Codec, RecordSchema, Schema, TlvRecord } from '../core/wire/codec.ts';
import type { MessageDeclaration } from '../core/wire/message.ts';
import { messageRegistry } from '../core/wire/messages/index.ts';
import type { Message, MessageName } from '../core/wire/messages/index.ts';

/**
 * Generators derived from the declarations of core: whatever a codec can encode, in sizes that keep runs fast.
 * Values are structurally valid and otherwise arbitrary: points may lie on no curve, amounts may be absurd.
 */

const MOST_BYTES = 80;
const MOST_ITEMS = 3;

function hexOf(constraints: { readonly minLength?: number; readonly maxLength: number }): fc.Arbitrary<string> {
  return fc.uint8Array(constraints).map((bytes) => toHex(bytes));
}

const MANY_BYTES = 200;

/** Exactly so many bytes; of many, a few that repeat: nobody looks at each, and drawing them takes its time. */
function exactly(length: number): fc.Arbitrary<Uint8Array> {
  if (length <= MANY_BYTES) return fc.uint8Array({ minLength: length, maxLength: length });
  return fc.uint8Array({ minLength: 3, maxLength: 3 }).map((some) => Uint8Array.from({ length }, (_, i) => some[i % 3] as number));
}

function integer(bits: number, signed: boolean): fc.Arbitrary<number> {
  return signed ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }) : fc.integer({ min: 0, max: 2 ** bits - 1 });
}

function bigInteger(signed: boolean): fc.Arbitrary<bigint> {
  return signed ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
}

function items(schema: Schema & { readonly kind: 'array' }): fc.Arbitrary<readonly unknown[]> {
  const { count } = schema;
  const minLength = count.kind === 'fixed' ? count.length : 0;
  const maxLength = count.kind === 'fixed' ? count.length : count.kind === 'prefix' ? Math.min(count.max, MOST_ITEMS) : MOST_ITEMS;
  return fc.array(arbitraryValue(schema.item), { minLength, maxLength });
}

/** Any well-formed text. fast-check's own strings build tables of all of Unicode first. */
function text(maxLength: number): fc.Arbitrary<string> {
  const point = fc.oneof(
    fc.nat(0x7f),
    fc.nat(0xd7ff),
    fc.integer({ min: 0xe000, max: 0xffff }),
    fc.integer({ min: 0x10000, max: 0x10ffff }),
  );
  return fc.array(point, { maxLength }).map((points) => String.fromCodePoint(...points));
}

/** Records that a receiver ignores and keeps: odd, unknown to `known`, strictly increasing. */
function unknownRecords(known: readonly RecordSchema[]): fc.Arbitrary<readonly TlvRecord[]> {
  const type = fc
    .oneof(fc.bigInt({ min: 0n, max: 300n }), bigInteger(false))
    .map((value) => value | 1n)
    .filter((value) => !known.some((entry) => entry.type === value));
  return fc
    .uniqueArray(fc.record({ type, value: hexOf({ maxLength: 300 }) }, { noNullPrototype: true }), {
      selector: (entry) => entry.type,
      minLength: 1,
      maxLength: 3,
    })
    .map((records) => records.sort((a, b) => (a.type < b.type ? -1 : 1)));
}

function properties(schema: Schema & { readonly kind: 'struct' }, extra: Readonly<Record<string, string>>): fc.Arbitrary<object> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  const required: string[] = [];
  for (const [name, value] of Object.entries(extra)) model[name] = fc.constant(value);
  for (const { name, schema: field } of schema.fields) {
    model[name] = arbitraryValue(field.kind === 'option' ? field.item : field);
    if (field.kind !== 'option') required.push(name);
  }
  for (const { name, schema: value } of schema.records ?? []) model[name] = arbitraryValue(value);
  if (schema.records !== undefined) model['unknownTlvs'] = unknownRecords(schema.records);
  return fc.record(model, { requiredKeys: [...Object.keys(extra), ...required], noNullPrototype: true });
}

/** Values that a codec of this schema can encode. */
export function arbitraryValue(schema: Schema): fc.Arbitrary<unknown> {
  switch (schema.kind) {
    case 'unsigned':
      return schema.bits === 64 ? bigInteger(false) : integer(schema.bits, false);
    case 'signed':
      return schema.bits === 64 ? bigInteger(true) : integer(schema.bits, true);
    case 'truncated':
      return schema.bits === 64 ? bigInteger(false) : integer(schema.bits, false);
    case 'bigSize':
      return bigInteger(false);
    case 'bool':
      return fc.boolean();
    case 'point':
      return fc.tuple(fc.constantFrom('02', '03'), hexOf({ minLength: 32, maxLength: 32 })).map(([prefix, x]) => prefix + x);
    case 'bytes':
      return exactly(schema.length).map((bytes) => toHex(bytes));
    case 'blob':
      return exactly(schema.length);
    case 'prefixedBytes':
      return hexOf({ maxLength: Math.min(schema.max, MOST_BYTES) });
    case 'rest':
      return hexOf({ maxLength: MOST_BYTES });
    case 'utf8':
      return text(Math.min(Math.floor(schema.max / 4), MOST_BYTES));
    case 'array':
      return items(schema);
    case 'constant':
      return fc.constant(schema.value);
    case 'oneOf':
      return fc.constantFrom(...schema.values);
    case 'option':
      return fc.option(arbitraryValue(schema.item), { nil: undefined });
    case 'struct':
      return properties(schema, {});
    case 'union':
      return fc.oneof(
        ...schema.variants.map((entry) =>
          properties(entry.schema as Schema & { readonly kind: 'struct' }, { [schema.property]: entry.name }),
        ),
      );
  }
}

/** `arbitraryValue` with the codec's own type. */
export function arbitraryOf<T>(codec: Codec<T>): fc.Arbitrary<T> {
  return arbitraryValue(codec.schema) as fc.Arbitrary<T>;
}

export function arbitraryMessage({ name, codec }: MessageDeclaration<MessageName, Message>): fc.Arbitrary<Message> {
  return properties(codec.schema as Schema & { readonly kind: 'struct' }, { type: name }) as fc.Arbitrary<Message>;
}

/** Any message of the protocol. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...messageRegistry.map(arbitraryMessage));
