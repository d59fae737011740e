import { within, WireFailure } from './reader-writer.ts';
import type { Reader, Writer } from './reader-writer.ts';
import type { ArrayCount, Codec, TypeOf } from './schema.ts';
import { tlvReader } from './tlv.ts';
import type { Records, RecordsValue } from './tlv.ts';

export type Expand<T> = T extends unknown ? { [K in keyof T]: T[K] } : never;

/** A codec for the properties of an object, which can also stand behind one that tells it from others. */
export interface ObjectCodec<T> extends Codec<T> {
  /** What reads an object whose first property has this value, of which the bytes say nothing. */
  readerOf(property: string, value: string): (reader: Reader) => unknown;
}

/** In a struct, the property is absent when there is no value. */
export interface OptionCodec<T> extends Codec<T | undefined> {
  readonly optional: true;
}

/** One byte says whether the value follows. In a struct, the property is always there, so that all its values have one shape. */
export function maybe<T>(item: Codec<T>): Codec<T | undefined> {
  return {
    schema: { kind: 'option', item: item.schema },
    minSize: 1,
    read(reader) {
      const present = reader.u8();
      if (present > 1) throw new WireFailure('bad-value', `${present} is neither 0 nor 1`);
      return present === 1 ? item.read(reader) : undefined;
    },
    write(writer, value) {
      writer.u8(value === undefined ? 0 : 1);
      if (value !== undefined) item.write(writer, value);
    },
  };
}

/** `maybe`, with the property absent when there is no value. */
export function option<T>(item: Codec<T>): OptionCodec<T> {
  return { ...maybe(item), optional: true };
}

/** A claimed count never allocates: items are read until they are there or the bytes end. */
function readWhile<T>(item: Codec<T>, reader: Reader, more: (have: number) => boolean): T[] {
  const out: T[] = [];
  try {
    while (more(out.length)) out.push(item.read(reader));
  } catch (failure) {
    throw within(failure, String(out.length));
  }
  return out;
}

function arrayOf<T>(item: Codec<T>, count: ArrayCount): Codec<readonly T[]> {
  if (item.minSize === 0) throw new RangeError('an array of items that may be empty has no bound');
  const prefixBytes = count.kind === 'prefix' ? count.bits / 8 : 0;
  return {
    schema: { kind: 'array', count, item: item.schema },
    minSize: count.kind === 'fixed' ? count.length * item.minSize : prefixBytes,
    read(reader) {
      if (count.kind === 'fixed') return readWhile(item, reader, (have) => have < count.length);
      if (count.kind === 'prefix') {
        const length = count.bits === 8 ? reader.u8() : count.bits === 16 ? reader.u16() : reader.u32();
        if (length > count.max) throw new WireFailure('too-long', `${length} items, at most ${count.max} allowed`);
        return readWhile(item, reader, (have) => have < length);
      }
      return readWhile(item, reader, () => reader.remaining > 0);
    },
    write(writer, values) {
      if (count.kind === 'fixed' && values.length !== count.length) throw new RangeError(`${values.length} items, not ${count.length}`);
      if (count.kind === 'prefix') {
        if (values.length > count.max) throw new RangeError(`${values.length} items, at most ${count.max} allowed`);
        if (count.bits === 8) writer.u8(values.length);
        else if (count.bits === 16) writer.u16(values.length);
        else writer.u32(values.length);
      }
      for (const value of values) item.write(writer, value);
    },
  };
}

/** Items behind a u16 count, as in the messages. */
export function array<T>(item: Codec<T>, max = 0xffff): Codec<readonly T[]> {
  return arrayOf(item, { kind: 'prefix', bits: 16, max });
}

/** Items behind a count of one byte: the hops of a blinded path. */
export function fewItems<T>(item: Codec<T>): Codec<readonly T[]> {
  return arrayOf(item, { kind: 'prefix', bits: 8, max: 0xff });
}

/** Items behind a u32 count, for stored state. `max` is the limit that has a name in the rules. */
export function list<T>(item: Codec<T>, max: number): Codec<readonly T[]> {
  return arrayOf(item, { kind: 'prefix', bits: 32, max });
}

/** Items up to the end of the record. */
export function restArray<T>(item: Codec<T>): Codec<readonly T[]> {
  return arrayOf(item, { kind: 'rest' });
}

/** Always `length` items. */
export function fixedArray<T>(item: Codec<T>, length: number): Codec<readonly T[]> {
  return arrayOf(item, { kind: 'fixed', length });
}

export type Fields = Readonly<Record<string, Codec<unknown>>>;
type OptionalNames<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F];
export type FieldsValue<F extends Fields> = Expand<
  { readonly [K in Exclude<keyof F, OptionalNames<F>>]: TypeOf<F[K]> } & {
    readonly [K in OptionalNames<F>]?: Exclude<TypeOf<F[K]>, undefined>;
  }
>;

type Properties = Readonly<Record<string, unknown>>;

/** Where more properties than these are added by name, engines keep the object as a slow dictionary. */
const MAX_ADDED = 16;

function objectCodec<T>(fields: Fields, records: Records | undefined): ObjectCodec<T> {
  const names = Object.keys(fields);
  const codecs = Object.values(fields);
  const optional = codecs.map((codec) => 'optional' in codec);
  const extension = records === undefined ? undefined : tlvReader(records);

  function readInto(reader: Reader, target: Record<string, unknown>): void {
    let i = 0;
    try {
      for (; i < codecs.length; i++) {
        const value = (codecs[i] as Codec<unknown>).read(reader);
        if (value !== undefined || !optional[i]) target[names[i] as string] = value;
      }
    } catch (failure) {
      throw within(failure, names[i] as string);
    }
    extension?.readInto(reader, target);
  }

  function write(writer: Writer, value: T): void {
    const properties = value as Properties;
    for (let i = 0; i < codecs.length; i++) (codecs[i] as Codec<unknown>).write(writer, properties[names[i] as string]);
    extension?.write(writer, properties);
  }

  return {
    schema: {
      kind: 'struct',
      fields: names.map((name, i) => ({ name, schema: (codecs[i] as Codec<unknown>).schema })),
      ...(extension === undefined ? {} : { records: extension.schema }),
    },
    minSize: codecs.reduce((sum, codec) => sum + codec.minSize, 0),
    readerOf(property, value) {
      const required = names.filter((_, i) => !optional[i]).map((name) => [name, undefined]);
      const template: Properties | undefined = names.length > MAX_ADDED ? Object.fromEntries([[property, value], ...required]) : undefined;
      return (reader) => {
        const target: Record<string, unknown> = template === undefined ? {} : { ...template };
        target[property] = value;
        readInto(reader, target);
        return target;
      };
    },
    read(reader) {
      const target: Record<string, unknown> = {};
      readInto(reader, target);
      return target as T;
    },
    write,
  };
}

/** Fields one after the other, in the order of declaration. */
export function struct<F extends Fields>(fields: F): ObjectCodec<FieldsValue<F>> {
  return objectCodec(fields, undefined);
}

/** Fields, then a TLV stream up to the end whose known records are optional properties. */
export function structWithRecords<F extends Fields, R extends Records>(
  fields: F,
  records: R,
): ObjectCodec<Expand<FieldsValue<F> & RecordsValue<R>>> {
  return objectCodec(fields, records);
}

/** BOLT 1 `tlv_stream`: nothing but records, up to the end. */
export function tlvStream<R extends Records>(records: R): ObjectCodec<RecordsValue<R>> {
  return objectCodec({}, records);
}

export type Variant<F extends Fields> = { readonly tag: number; readonly codec: ObjectCodec<FieldsValue<F>> };
type Variants = Readonly<Record<string, { readonly tag: number; readonly codec: ObjectCodec<unknown> }>>;
type UnionValue<P extends string, V extends Variants> = {
  [K in keyof V & string]: Expand<{ readonly [Q in P]: K } & TypeOf<V[K]['codec']>>;
}[keyof V & string];

/** One case of a union: the tag, a byte, is what stands in storage and never changes its meaning. */
export function variant<F extends Fields>(tag: number, fields: F): Variant<F> {
  return { tag, codec: struct(fields) };
}

/** A value that is one of several structs, told apart by the string in `property` (`kind`, `phase`). */
export function union<const P extends string, V extends Variants>(property: P, variants: V): Codec<UnionValue<P, V>> {
  const entries = Object.entries(variants).map(([name, { tag, codec }]) => ({ name, tag, codec, read: codec.readerOf(property, name) }));
  const byTag = new Map(entries.map((entry) => [entry.tag, entry]));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  if (byTag.size !== entries.length) throw new RangeError('two variants with one tag');
  return {
    schema: { kind: 'union', property, variants: entries.map(({ name, tag, codec }) => ({ name, tag, schema: codec.schema })) },
    minSize: 1 + Math.min(...entries.map((entry) => entry.codec.minSize)),
    read(reader) {
      const tag = reader.u8();
      const entry = byTag.get(tag);
      if (entry === undefined) throw new WireFailure('bad-value', `unknown tag ${tag}`).within(property);
      try {
        return entry.read(reader) as UnionValue<P, V>;
      } catch (failure) {
        throw within(failure, entry.name);
      }
    },
    write(writer, value) {
      const name = (value as Properties)[property];
      const entry = typeof name === 'string' ? byName.get(name) : undefined;
      if (entry === undefined) throw new RangeError(`unknown ${property} ${String(name)}`);
      writer.u8(entry.tag);
      entry.codec.write(writer, value);
    },
  };
}
