import { toHex } from '../core/crypto/bytes.ts';
import { decode, encode } from '../core/wire/codec.ts';
import type { Codec, Result } from '../core/wire/codec.ts';
import { Reader, WireFailure } from '../core/wire/io.ts';
import { sizeOf } from './size.ts';
import { promise } from './target.ts';

/** Decoded values may be so many times as large as their bytes: a record of four bytes becomes an object with two properties. */
const MAX_GROWTH = 16;
const MAX_STEPS_PER_BYTE = 2;
/** Fixed fields, each once, whatever the input. */
const FIXED = 2048;
const MAX_DETAIL = 300;

/** Counts what decoding reads: time that does not depend on the machine. */
class CountingReader extends Reader {
  steps = 0;

  override take(count: number): number {
    this.steps++;
    return super.take(count);
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
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
    reader.steps <= MAX_STEPS_PER_BYTE * bytes.length + FIXED,
    'decoding is linear',
    () => `${reader.steps} reads of ${bytes.length} bytes`,
  );
}

/** What holds for every value that was decoded from `bytes`, whatever the codec: `encoded` is its encoding. */
export function faithful(bytes: Uint8Array, value: unknown, encoded: Uint8Array): void {
  promise(sameBytes(encoded, bytes), 'decode, encode: the same bytes', () => `${shown(bytes)} came back as ${shown(encoded)}`);
  const size = sizeOf(value);
  promise(size <= MAX_GROWTH * bytes.length + FIXED, 'decoded size', () => `${bytes.length} bytes became a value of ${size}`);
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
