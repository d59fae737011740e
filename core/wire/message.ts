import type { Reader } from './reader-writer.ts';
import type { Codec, Expand, Fields, FieldsValue, ObjectCodec, Records, RecordsValue } from './codec.ts';
import { structWithRecords } from './codec.ts';

/** One message of the protocol: the two-byte type, the BOLT's name, and how its payload stands in bytes. */
export interface MessageDeclaration<N extends string, T> {
  readonly type: number;
  readonly name: N;
  readonly codec: Codec<T>;
}

export type MessageOf<D> = D extends MessageDeclaration<string, infer T> ? T : never;

/** BOLT 1: every message may end in a TLV stream (the extension), so every declaration has one, if only for records still unknown. */
export function message<const N extends string, F extends Fields, R extends Records = Readonly<Record<never, never>>>(
  type: number,
  name: N,
  fields: F,
  records?: R,
): MessageDeclaration<N, Expand<{ readonly type: N } & FieldsValue<F> & RecordsValue<R>>> {
  type Value = Expand<{ readonly type: N } & FieldsValue<F> & RecordsValue<R>>;
  const body: ObjectCodec<unknown> = structWithRecords(fields, records ?? {});
  return {
    type,
    name,
    codec: {
      schema: body.schema,
      minSize: body.minSize,
      read: body.readerOf('type', name) as (reader: Reader) => Value,
      write: (writer, value) => body.write(writer, value),
    },
  };
}
