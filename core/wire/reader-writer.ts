import { readHex, writeHex } from '../crypto/bytes.ts';
import type { FeatureName } from './features.ts';

/** Why bytes were refused. Every kind is a broken BOLT 1 rule of the encoding, or of the canonical form of stored state. */
export type WireErrorKind =
  /** The bytes end inside a field. */
  | 'truncated'
  /** Bytes are left over after the last field, or inside a TLV record. */
  | 'trailing'
  /** An integer, or a record's type or length, is longer than it must be. */
  | 'non-minimal'
  /** TLV types don't strictly increase (this includes duplicates). */
  | 'tlv-order'
  /** A TLV record of unknown, even type. */
  | 'unknown-even-tlv'
  /** A value outside of what the field allows. */
  | 'bad-value'
  /** A length or count beyond the field's limit. */
  | 'too-long';

/** `field` is the path of property names from the outside in, `''` for the value itself. */
export type WireError = { readonly kind: WireErrorKind; readonly field: string; readonly detail: string };

/**
 * What codecs throw while they read. It carries no stack, so that refusing bytes is cheap, and never leaves `decode`.
 * @internal
 */
export class WireFailure {
  readonly kind: WireErrorKind;
  readonly detail: string;
  path = '';

  constructor(kind: WireErrorKind, detail: string) {
    this.kind = kind;
    this.detail = detail;
  }

  within(name: string): this {
    this.path = this.path === '' ? name : `${name}.${this.path}`;
    return this;
  }

  toError(): WireError {
    return { kind: this.kind, field: this.path, detail: this.detail };
  }
}

/** Adds the name of the field that was being read to a failure on its way out. */
export function within(failure: unknown, name: string): unknown {
  return failure instanceof WireFailure ? failure.within(name) : failure;
}

const TWO_32 = 4294967296;

/** Whether a feature has been negotiated. */
export type Speaks = (feature: FeatureName) => boolean;

/** Of stored state, of what is only looked at, and before there is an init: everything known is read. */
function everything(): boolean {
  return true;
}

/** Reads within bounds: every method throws `WireFailure` instead of passing `end`. */
export class Reader {
  readonly bytes: Uint8Array;
  position = 0;
  end: number;
  /** Which features the two sides have negotiated: records of others are skipped. */
  readonly speaks: Speaks;

  constructor(bytes: Uint8Array, speaks: Speaks = everything) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.speaks = speaks;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Claims the next `count` bytes and returns where they start. */
  take(count: number): number {
    const start = this.position;
    if (count > this.end - start) throw new WireFailure('truncated', `${count} bytes expected, ${this.end - start} left`);
    this.position = start + count;
    return start;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u16(): number {
    const start = this.take(2);
    return ((this.bytes[start] as number) << 8) | (this.bytes[start + 1] as number);
  }

  u32(): number {
    return this.u32At(this.take(4));
  }

  u64(): bigint {
    const start = this.take(8);
    const high = this.u32At(start);
    const low = this.u32At(start + 4);
    // One conversion while the value is a safe integer, which amounts and ids nearly always are.
    return high < 0x200000 ? BigInt(high * TWO_32 + low) : (BigInt(high) << 32n) | BigInt(low);
  }

  bigSize(): bigint {
    const first = this.u8();
    if (first < 0xfd) return BigInt(first);
    const value = first === 0xfd ? BigInt(this.u16()) : first === 0xfe ? BigInt(this.u32()) : this.u64();
    const least = first === 0xfd ? 0xfdn : first === 0xfe ? 0x10000n : 0x100000000n;
    if (value < least) throw new WireFailure('non-minimal', `BigSize ${value} in more bytes than needed`);
    return value;
  }

  hex(count: number): string {
    const start = this.take(count);
    return readHex(this.bytes, start, start + count);
  }

  /** A copy: what is decoded neither pins nor shares the input's buffer. */
  blob(count: number): Uint8Array {
    const start = this.take(count);
    const out = new Uint8Array(count);
    out.set(this.bytes.subarray(start, start + count));
    return out;
  }

  private u32At(start: number): number {
    const { bytes } = this;
    return (
      (bytes[start] as number) * 0x1000000 +
      (((bytes[start + 1] as number) << 16) | ((bytes[start + 2] as number) << 8) | (bytes[start + 3] as number))
    );
  }
}

/** Writes into a buffer that grows. A value out of range is the caller's bug: a RangeError. */
export class Writer {
  private bytes: Uint8Array;
  private length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  get capacity(): number {
    return this.bytes.length;
  }

  get position(): number {
    return this.length;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }

  u32(value: number): void {
    const at = this.reserve(4);
    const { bytes } = this;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  u64(value: bigint): void {
    if (value <= 0x1fffffffffffffn) {
      const safe = Number(value);
      this.u32(Math.floor(safe / TWO_32));
      this.u32(safe % TWO_32);
    } else {
      this.u32(Number(value >> 32n));
      this.u32(Number(value & 0xffffffffn));
    }
  }

  bigSize(value: bigint): void {
    if (value < 0xfdn) {
      this.u8(Number(value));
    } else if (value < 0x10000n) {
      this.u8(0xfd);
      this.u16(Number(value));
    } else if (value < 0x100000000n) {
      this.u8(0xfe);
      this.u32(Number(value));
    } else {
      this.u8(0xff);
      this.u64(value);
    }
  }

  hex(value: string): void {
    const at = this.reserve(value.length >>> 1);
    writeHex(value, this.bytes, at);
  }

  blob(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** Puts a BigSize length in front of what was written since `start`. */
  prefixLength(start: number): void {
    const length = this.length - start;
    const width = length < 0xfd ? 1 : length < 0x10000 ? 3 : 5;
    this.reserve(width);
    this.bytes.copyWithin(start + width, start, start + length);
    const end = this.length;
    this.length = start;
    this.bigSize(BigInt(length));
    this.length = end;
  }

  /** What was written, as a copy. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  private reserve(count: number): number {
    const at = this.length;
    const needed = at + count;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.length = needed;
    return at;
  }
}

const KEPT_CAPACITY = 65536;
let spare: Writer | undefined;

/** The bytes that `write` writes. The working buffer is kept for the next call: allocating one costs more than filling it. */
export function written(write: (writer: Writer) => void): Uint8Array {
  const writer = spare ?? new Writer(4096);
  spare = undefined;
  writer.clear();
  write(writer);
  if (writer.capacity <= KEPT_CAPACITY) spare = writer;
  return writer.finish();
}
