import type { Reader } from './reader-writer.ts';
import type { Codec, Expand, Fields, FieldsValue, ObjectCodec, Records, RecordsValue } from './codec.ts';
import { structWithRecords } from './codec.ts';
import type { FeatureName } from './features.ts';

/** What a message belongs to: who handles it is decided by group. */
export type MessageGroup =
  | 'control'
  | 'storage'
  | 'establishment'
  | 'operation'
  | 'retransmission'
  | 'closing'
  | 'simple_closing'
  | 'interactive'
  | 'splicing'
  | 'announcement'
  | 'gossip'
  | 'onion';

/** One message of the protocol: its group, the two-byte type, the BOLT's name, and how its payload stands in bytes. */
export interface MessageDeclaration<N extends string, T, G extends MessageGroup = MessageGroup> {
  readonly group: G;
  /** The features one of which must have been negotiated for it to mean anything; none of them, where everybody speaks it. */
  readonly features: readonly FeatureName[];
  readonly type: number;
  readonly name: N;
  readonly codec: Codec<T>;
}

export type MessageOf<D> = D extends MessageDeclaration<string, infer T> ? T : never;

type Declare<G extends MessageGroup> = <const N extends string, F extends Fields, R extends Records = Readonly<Record<never, never>>>(
  type: number,
  name: N,
  fields: F,
  records?: R,
) => MessageDeclaration<N, Expand<{ readonly type: N } & FieldsValue<F> & RecordsValue<R>>, G>;

/** Declares the messages of one group, which belong to any of these features. */
export function inGroup<const G extends MessageGroup>(group: G, ...features: readonly FeatureName[]): Declare<G> {
  return (type, name, fields, records) => ({ group, features, ...declare(type, name, fields, records) });
}

/** BOLT 1: every message may end in a TLV stream (the extension), so every declaration has one, if only for records still unknown. */
function declare<const N extends string, F extends Fields, R extends Records = Readonly<Record<never, never>>>(
  type: number,
  name: N,
  fields: F,
  records?: R,
): Omit<MessageDeclaration<N, Expand<{ readonly type: N } & FieldsValue<F> & RecordsValue<R>>>, 'group' | 'features'> {
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
