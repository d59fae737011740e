import { toHex } from '../core/crypto/bytes.ts';
import { decode, encode } from '../core/wire/codec.ts';
import type { Codec, Result } from '../core/wire/codec.ts';
import { Reader, WireFailure } from '../core/wire/reader-writer.ts';
import { sizeOf } from './size.ts';
import { promise } from './target.ts';
import { sameBytes } from '../sim/deterministic/bytes.ts';

/** Decoded values may be so many times as large as their bytes: a record of four bytes becomes an object with two properties. */
const MAX_GROWTH = 16;
const MAX_STEPS_PER_BYTE = 4;
/** Fixed fields, each once, whatever the input: what they hold, and how many reads they take. */
const FIXED_SIZE = 2048;
const FIXED_STEPS = 400;
const MAX_DETAIL = 300;

/** Bytes that count how many of them are copied. */
class CountedBytes extends Uint8Array {
  copied = 0;

  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    const out = Uint8Array.prototype.slice.call(new Uint8Array(this.buffer, this.byteOffset, this.length), start, end);
    this.copied += out.length;
    return out as Uint8Array<ArrayBuffer>;
  }
}

/** Counts what decoding reads and copies: time that does not depend on the machine. */
class CountingReader extends Reader {
  private readonly counted: CountedBytes;
  private reads = 0;

  constructor(bytes: Uint8Array) {
    const counted = new CountedBytes(bytes);
    super(counted);
    this.counted = counted;
  }

  get steps(): number {
    return this.reads + this.counted.copied;
  }

  override take(count: number): number {
    this.reads++;
    return super.take(count);
  }
}

function shown(bytes: Uint8Array): string {
  return bytes.length <= 64 ? toHex(bytes) : `${toHex(bytes.subarray(0, 64))}… (${bytes.length} bytes)`;
}

export function linearWork(codec: Codec<unknown>, bytes: Uint8Array): void {
  const reader = new CountingReader(bytes);
  try {
    codec.read(reader);
  } catch (failure) {
    if (!(failure instanceof WireFailure)) throw failure;
  }
  promise(
    reader.steps <= MAX_STEPS_PER_BYTE * bytes.length + FIXED_STEPS,
    'decoding is linear',
    () => `${reader.steps} reads and copies for ${bytes.length} bytes`,
  );
}

/** What holds for every value that was decoded from `bytes`, whatever the codec: `encoded` is its encoding. */
export function faithful(bytes: Uint8Array, value: unknown, encoded: Uint8Array): void {
  promise(sameBytes(encoded, bytes), 'decode, encode: the same bytes', () => `${shown(bytes)} came back as ${shown(encoded)}`);
  const size = sizeOf(value);
  promise(size <= MAX_GROWTH * bytes.length + FIXED_SIZE, 'decoded size', () => `${bytes.length} bytes became a value of ${size}`);
}

/** Every promise of a codec, on any bytes. */
export function keepsCodecPromises<T>(codec: Codec<T>, bytes: Uint8Array): Result<T> {
  // Decoded from a buffer that is then overwritten: a value must not share its input's memory.
  const buffer = bytes.slice();
  const result = decode(codec, buffer);
  buffer.fill(0xa5);
  if (result.ok) faithful(bytes, result.value, encode(codec, result.value));
  else promise(result.error.detail.length <= MAX_DETAIL, 'errors are short', () => `${result.error.detail.length} characters`);
  linearWork(codec, bytes);
  return result;
}
