import type { Hex } from '../crypto/bytes.ts';
import { within, WireFailure } from './reader-writer.ts';
import type { Reader, Writer } from './reader-writer.ts';
import type { Codec, RecordSchema, TypeOf } from './schema.ts';
import type { FeatureName } from './features.ts';

/** A record that nobody here understands, kept so that the stream re-encodes exactly (BOLT 1: signatures cover extensions). */
export type TlvRecord = { readonly type: bigint; readonly value: Hex };

/** A record of a TLV stream: its type and the encoding of its value; and the feature without which it means nothing, if it is an odd one. */
export type RecordCodec<T> = { readonly type: bigint; readonly codec: Codec<T>; readonly feature: FeatureName | undefined };
export type Records = Readonly<Record<string, RecordCodec<unknown>>>;
export type RecordsValue<R extends Records> = {
  readonly [K in keyof R]?: TypeOf<R[K]['codec']>;
} & { readonly unknownTlvs?: readonly TlvRecord[] };

/** Where `feature` was not negotiated, whoever reads the record skips it, however it is filled: its type must be odd. */
export function record<T>(type: number | bigint, codec: Codec<T>, feature?: FeatureName): RecordCodec<T> {
  if (feature !== undefined && BigInt(type) % 2n === 0n) throw new RangeError(`record ${type} is even: it can't be skipped`);
  return { type: BigInt(type), codec, feature };
}

const NONE: readonly TlvRecord[] = [];
/** Above every type. */
const TYPE_LIMIT = 1n << 64n;

type Known = RecordSchema & { readonly codec: Codec<unknown> };

/** Reads the value of a known record: BOLT 1: its length must be exactly what the encoding needs. */
function readValue(reader: Reader, end: number, { name, codec }: Known): unknown {
  const outerEnd = reader.end;
  reader.end = end;
  try {
    const value = codec.read(reader);
    if (reader.remaining > 0) throw new WireFailure('trailing', `${reader.remaining} bytes left over in the record`);
    return value;
  } catch (failure) {
    throw within(failure, name);
  } finally {
    reader.end = outerEnd;
  }
}

function writeRecord(writer: Writer, type: bigint, writeValue: () => void): void {
  writer.bigSize(type);
  const start = writer.position;
  writeValue();
  writer.prefixLength(start);
}

/** The reading and writing of a TLV stream whose known records are properties of an object. */
export function tlvReader(records: Records): {
  readonly schema: readonly RecordSchema[];
  readInto(reader: Reader, target: Record<string, unknown>): void;
  write(writer: Writer, properties: Readonly<Record<string, unknown>>): void;
} {
  const known: readonly Known[] = Object.entries(records)
    .map(([name, { type, codec, feature }]) => ({ name, type, codec, feature, schema: codec.schema }))
    .sort((a, b) => (a.type < b.type ? -1 : 1));
  const byType = new Map(known.map((entry) => [entry.type, entry]));
  if (byType.size !== known.length) throw new RangeError('two records of one type');

  /** BOLT 1: an unknown even type fails the stream. Ours to write are only those that may be ignored. */
  function isKeepable(type: bigint): boolean {
    return (type & 1n) === 1n && !byType.has(type);
  }

  return {
    schema: known.map(({ name, type, feature, schema }) => ({ name, type, feature, schema })),

    readInto(reader, target) {
      const unknown: TlvRecord[] = [];
      for (let previous = -1n; reader.remaining > 0;) {
        const type = reader.bigSize();
        if (type <= previous) throw new WireFailure('tlv-order', `type ${type} after ${previous}`);
        previous = type;
        const length = reader.bigSize();
        const entry = byType.get(type);
        if (length > reader.remaining) {
          const failure = new WireFailure('truncated', `record ${type} of ${length} bytes, ${reader.remaining} left`);
          throw entry === undefined ? failure : failure.within(entry.name);
        }
        const end = reader.position + Number(length);
        if (entry?.feature !== undefined && !reader.speaks(entry.feature)) reader.position = end;
        else if (entry !== undefined) target[entry.name] = readValue(reader, end, entry);
        else if (isKeepable(type)) unknown.push({ type, value: reader.hex(Number(length)) });
        else throw new WireFailure('unknown-even-tlv', `type ${type}`);
      }
      if (unknown.length > 0) target['unknownTlvs'] = unknown;
    },

    write(writer, properties) {
      const unknown = (properties['unknownTlvs'] as readonly TlvRecord[] | undefined) ?? NONE;
      let next = 0;
      const writeUnknownBelow = (limit: bigint): void => {
        for (let entry = unknown[next]; entry !== undefined && entry.type < limit; entry = unknown[++next]) {
          const { type, value } = entry;
          const previous = unknown[next - 1];
          if (!isKeepable(type) || (previous !== undefined && previous.type >= type)) {
            throw new RangeError(`record ${type} doesn't belong among the unknown ones here`);
          }
          writeRecord(writer, type, () => writer.hex(value));
        }
      };
      for (const { name, type, codec } of known) {
        const value = properties[name];
        if (value === undefined) continue;
        writeUnknownBelow(type);
        writeRecord(writer, type, () => codec.write(writer, value));
      }
      writeUnknownBelow(TYPE_LIMIT);
      if (next !== unknown.length) throw new RangeError('record type beyond 64 bits');
    },
  };
}
