import type { FeatureName } from './features.ts';
import { Reader, WireFailure, written } from './reader-writer.ts';
import type { WireError, Writer } from './reader-writer.ts';

/** What a codec is made of, as data: test generators, printers and documentation derive from it. */
export type Schema =
  | { readonly kind: 'unsigned'; readonly bits: 8 | 16 | 32 | 53 | 64; readonly format?: 'short_channel_id' }
  | { readonly kind: 'signed'; readonly bits: 8 | 16 | 32 | 64 }
  | { readonly kind: 'truncated'; readonly bits: 16 | 32 | 64 }
  | { readonly kind: 'bigSize' }
  | { readonly kind: 'bool' }
  /** A compressed point; where it says so, a direction and a short_channel_id may stand for it. */
  | { readonly kind: 'point'; readonly orShortChannelId?: true }
  /** Hex of a fixed number of bytes. */
  | { readonly kind: 'bytes'; readonly length: number }
  /** `Uint8Array` of a fixed number of bytes. */
  | { readonly kind: 'blob'; readonly length: number }
  /** Hex behind its length. */
  | { readonly kind: 'prefixedBytes'; readonly prefixBits: 16 | 32; readonly max: number }
  /** Hex up to the end of the message or record. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'utf8'; readonly max: number }
  | { readonly kind: 'array'; readonly count: ArrayCount; readonly item: Schema }
  | { readonly kind: 'constant'; readonly value: string | number | boolean }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'option'; readonly item: Schema }
  | { readonly kind: 'struct'; readonly fields: readonly FieldSchema[]; readonly records?: readonly RecordSchema[] }
  | { readonly kind: 'union'; readonly property: string; readonly variants: readonly VariantSchema[] };

/** How many items: behind a count of so many bits, up to the end, or always the same. */
export type ArrayCount =
  | { readonly kind: 'prefix'; readonly bits: 8 | 16 | 32; readonly max: number }
  | { readonly kind: 'rest' }
  | { readonly kind: 'fixed'; readonly length: number };

type FieldSchema = { readonly name: string; readonly schema: Schema };
/** A TLV record that a struct knows; skipped where its feature, if it belongs to one, was not negotiated. */
export type RecordSchema = {
  readonly name: string;
  readonly type: bigint;
  readonly feature: FeatureName | undefined;
  readonly schema: Schema;
};
type VariantSchema = { readonly name: string; readonly tag: number; readonly schema: Schema };

/**
 * One declaration of how a value stands in bytes. `read` throws only `WireFailure`; `write` throws RangeError for a value that the
 * type or the field's range forbids. Encodings are canonical: a value has one encoding, and other bytes are refused.
 */
export interface Codec<T> {
  readonly schema: Schema;
  /** The least number of bytes that an encoding has. */
  readonly minSize: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

export type TypeOf<C> = C extends Codec<infer T> ? T : never;

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: WireError };

/** Decodes all of `bytes`; never throws on any bytes. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T> {
  const reader = new Reader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.remaining > 0) throw new WireFailure('trailing', `${reader.remaining} bytes left over`);
    return { ok: true, value };
  } catch (failure) {
    if (failure instanceof WireFailure) return { ok: false, error: failure.toError() };
    throw failure;
  }
}

/** Throws RangeError when the value is outside of what its fields can hold: that is a bug of the caller. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return written((writer) => codec.write(writer, value));
}
