import { readHex, toHex } from '../crypto/bytes.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { ByteCursor } from './byte-cursor.ts';

export const HEADER_BYTES = 80;

/** The header of a block; hashes in wire order. `bits` is its target as headers write it, `time` in seconds since 1970. */
export interface BlockHeader {
  readonly hash: Hash32;
  readonly version: number;
  readonly previous: Hash32;
  readonly merkleRoot: Hash32;
  readonly time: number;
  readonly bits: number;
  readonly nonce: number;
}

/** The header that begins at `at`; undefined where there are not so many bytes. */
export function readHeader(hashes: HashFunctions, bytes: Uint8Array, at = 0): BlockHeader | undefined {
  const end = at + HEADER_BYTES;
  if (bytes.length < end) return undefined;
  const cursor = new ByteCursor(bytes, at);
  const version = cursor.u32();
  const previous = readHex<Hash32>(bytes, at + 4, at + 36);
  const merkleRoot = readHex<Hash32>(bytes, at + 36, at + 68);
  cursor.skip(64);
  const [time, bits, nonce] = [cursor.u32(), cursor.u32(), cursor.u32()];
  return { hash: toHex<Hash32>(hash256(hashes, bytes.subarray(at, end))), version, previous, merkleRoot, time, bits, nonce };
}

/** Headers one behind the other, and nothing else; undefined where there is a piece of one. */
export function readHeaders(hashes: HashFunctions, bytes: Uint8Array): readonly BlockHeader[] | undefined {
  if (bytes.length % HEADER_BYTES !== 0) return undefined;
  const headers: BlockHeader[] = [];
  for (let at = 0; at < bytes.length; at += HEADER_BYTES) headers.push(readHeader(hashes, bytes, at) as BlockHeader);
  return headers;
}
