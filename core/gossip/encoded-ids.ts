import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import { bigSize, decode, encode, restArray, u32 } from '../wire/codec.ts';

/** BOLT 7, Query Messages: arrays behind a byte that says how they are encoded; only plain ones are defined. */
const UNCOMPRESSED = '00';
const ID_DIGITS = 16;

/** Undefined for another encoding, and for what is no whole number of ids. */
export function decodeIds(encoded: Hex): readonly bigint[] | 'encoding' | 'whole' {
  if (!encoded.startsWith(UNCOMPRESSED)) return 'encoding';
  const ids: bigint[] = [];
  if ((encoded.length - 2) % ID_DIGITS !== 0) return 'whole';
  for (let at = 2; at < encoded.length; at += ID_DIGITS) ids.push(BigInt(`0x${encoded.slice(at, at + ID_DIGITS)}`));
  return ids;
}

export function encodeIds(ids: readonly bigint[]): Hex {
  return UNCOMPRESSED + ids.map((id) => id.toString(16).padStart(ID_DIGITS, '0')).join('');
}

const flagsCodec = restArray(bigSize);

/** One of each id; undefined where they are not. */
export function decodeFlags(encoded: Hex, count: number): readonly number[] | undefined {
  const decoded = decode(flagsCodec, fromHex(encoded));
  if (!decoded.ok || decoded.value.length !== count) return undefined;
  return decoded.value.map((flags) => Number(flags & 0x1fn));
}

const timesCodec = restArray(u32);

export function encodeTimes(times: readonly number[]): Hex {
  return toHex(encode(timesCodec, times));
}
