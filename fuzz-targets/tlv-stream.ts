import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import {
  bigSize,
  encode,
  hash32,
  point,
  record,
  restArray,
  restBytes,
  shortChannelId,
  struct,
  tlvStream,
  tu16,
  tu32,
  tu64,
  u16,
  u64,
  utf8,
} from '../core/wire/codec.ts';
import type { ObjectCodec } from '../core/wire/codec.ts';
import type { Schema } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { keepsCodecPromises } from './codec-promises.ts';
import { bigSizeBytes, dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { varied } from './vary.ts';

/** A stream with a record of every kind of value: BOLT 1, Type-Length-Value Format, with more types than its test vectors have. */
const codec = tlvStream({
  amountMsat: record(1, tu64),
  scid: record(2, shortChannelId),
  nested: record(3, struct({ nodeId: point, amount1Msat: u64, amount2Msat: u64 })),
  cltvDelta: record(4, u16),
  small: record(5, tu16),
  medium: record(6, tu32),
  number: record(8, bigSize),
  hashes: record(11, restArray(hash32)),
  blob: record(12, restBytes()),
  text: record(254, struct({ first: utf8(64), rest: restBytes() })),
  large: record(65_536, u16),
  largest: record(0xffff_ffff_ffff_ffffn, tu64),
});
type Value = typeof codec extends ObjectCodec<infer T> ? T : never;
type Struct = Schema & { readonly kind: 'struct' };

/** A BigSize by the letter of BOLT 1, independent of the codec: its value and size, undefined when it is cut short or not minimal. */
export function readBigSize(bytes: Uint8Array, at: number): { readonly value: bigint; readonly size: number } | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first < 0xfd) return { value: BigInt(first), size: 1 };
  const size = first === 0xfd ? 3 : first === 0xfe ? 5 : 9;
  if (at + size > bytes.length) return undefined;
  const value = BigInt(`0x${toHex(bytes.subarray(at + 1, at + size))}`);
  return bigSizeBytes(value).length === size ? { value, size } : undefined;
}

/** Whether the stream is in form: whole records of strictly increasing type. */
function inForm(bytes: Uint8Array): boolean {
  let previous = -1n;
  for (let at = 0; at < bytes.length;) {
    const type = readBigSize(bytes, at);
    if (type === undefined || type.value <= previous) return false;
    previous = type.value;
    const length = readBigSize(bytes, at + type.size);
    if (length === undefined) return false;
    at += type.size + length.size;
    if (length.value > BigInt(bytes.length - at)) return false;
    at += Number(length.value);
  }
  return true;
}

/** Empty records that nobody knows. */
function manyRecords(count: number): Uint8Array {
  return Uint8Array.from(Array.from({ length: count }, (_, i) => [...bigSizeBytes(BigInt(301 + 2 * i)), 0]).flat());
}

export const tlvStreamTarget: FuzzTarget = {
  name: 'tlv-stream',
  about: 'a TLV stream with records of every kind of value',
  maxLength: 4096,
  fuzz(bytes) {
    const result = keepsCodecPromises(codec, bytes);
    if (result.ok) promise(inForm(bytes), 'a stream out of form is refused', () => toHex(bytes));
    else if (['tlv-order', 'non-minimal'].includes(result.error.kind) && result.error.field === '')
      promise(!inForm(bytes), 'a stream in form is not refused for its form', () => `${result.error.detail}: ${toHex(bytes)}`);
  },
  dictionary: dictionaryOf(codec.schema),
  structure: fc.oneof(
    { weight: 9, arbitrary: arbitraryOf(codec).map((value) => encode(codec, value)) },
    { weight: 1, arbitrary: fc.nat(300).map(manyRecords) },
  ),
  vary(bytes, int) {
    const result = keepsCodecPromises(codec, bytes);
    return result.ok ? encode(codec, varied(codec.schema as Struct, result.value, int) as Value) : undefined;
  },
  describe(bytes) {
    const result = keepsCodecPromises(codec, bytes);
    if (result.ok) return JSON.stringify(toJson(result.value));
    return `refused at ${result.error.field === '' ? 'the stream' : result.error.field}: ${result.error.kind}, ${result.error.detail}`;
  },
};
