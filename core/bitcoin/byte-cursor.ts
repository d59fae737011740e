/**
 * Reads Bitcoin's little-endian numbers and lengths from the front of bytes that a stranger sent. What is not there reads as zero and is
 * remembered: `broken` is asked once, at the end, and nothing throws. Nobody loops for a count that the bytes left can't hold (`count`).
 */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at: number;
  broken = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Whether everything was there, and nothing is left. */
  get ended(): boolean {
    return !this.broken && this.left === 0;
  }

  /** Where the next `length` bytes begin; they are passed over. */
  skip(length: number): number {
    const start = this.at;
    if (length > this.left) this.broken = true;
    this.at = this.broken ? this.bytes.length : start + length;
    return start;
  }

  /** A part of the same memory. Empty where it is not there. */
  take(length: number): Uint8Array {
    const start = this.skip(length);
    return this.broken ? this.bytes.subarray(0, 0) : this.bytes.subarray(start, start + length);
  }

  u8(): number {
    const start = this.skip(1);
    return this.broken ? 0 : this.#view.getUint8(start);
  }

  u16(): number {
    const start = this.skip(2);
    return this.broken ? 0 : this.#view.getUint16(start, true);
  }

  u32(): number {
    const start = this.skip(4);
    return this.broken ? 0 : this.#view.getUint32(start, true);
  }

  /** Bitcoin's variable-length integer, in its shortest form. Beyond 32 bits there is nothing that could be so long. */
  compactSize(): number {
    const first = this.u8();
    const value = first < 0xfd ? first : first === 0xfd ? this.u16() : first === 0xfe ? this.u32() : this.#beyond();
    const least = first < 0xfd ? 0 : first === 0xfd ? 0xfd : 0x1_0000;
    if (value < least) this.broken = true;
    return this.broken ? 0 : value;
  }

  #beyond(): number {
    this.broken = true;
    return 0;
  }

  /** How many items follow that have at least so many bytes each: zero, and broken, where they can't all be there. */
  count(leastBytes: number): number {
    const count = this.compactSize();
    if (count * leastBytes > this.left) this.broken = true;
    return this.broken ? 0 : count;
  }
}
