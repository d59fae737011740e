import type { Hex } from '../crypto/bytes.ts';

const BYTE: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

const TWO_32 = 0x1_0000_0000;

/** One byte, 0..255. */
export function u8(n: number): Hex {
  return BYTE[n & 255] as string;
}

/** Two bytes, little endian. */
function u16le(n: number): Hex {
  return u8(n) + u8(n >>> 8);
}

/** Four bytes, little endian; `n` in [0, 2^32). */
export function u32le(n: number): Hex {
  return u8(n) + u8(n >>> 8) + u8(n >>> 16) + u8(n >>> 24);
}

/** Eight bytes, little endian; `n` in [0, 2^64). */
export function u64le(n: bigint): Hex {
  // One conversion while the value is a safe integer, which amounts nearly always are.
  const safe = Number(n);
  if (safe <= Number.MAX_SAFE_INTEGER) return u32le(safe % TWO_32) + u32le(Math.floor(safe / TWO_32));
  return u32le(Number(n & 0xffffffffn)) + u32le(Number(n >> 32n));
}

/** Bitcoin's variable-length integer. */
export function compactSize(n: number): Hex {
  if (n < 0xfd) return u8(n);
  if (n <= 0xffff) return 'fd' + u16le(n);
  return 'fe' + u32le(n);
}

/** Length of `hex` in bytes. */
export function byteLength(hex: Hex): number {
  return hex.length / 2;
}

/** Bytes behind their length as a compact size. */
export function varBytes(hex: Hex): Hex {
  return compactSize(byteLength(hex)) + hex;
}
