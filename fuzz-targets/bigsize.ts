import fc from 'fast-check';
import { toHex } from '../core/crypto/bytes.ts';
import { bigSize, tu16, tu32, tu64 } from '../core/wire/codec.ts';
import { keepsCodecPromises } from './codec-promises.ts';
import { bigSizeBytes, dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';
import { readBigSize } from './tlv-stream.ts';

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** BOLT 1, truncated integers: no more bytes than the type has, and no leading zero. */
function checkTruncated(bytes: Uint8Array): void {
  for (const [codec, size] of [
    [tu16, 2],
    [tu32, 4],
    [tu64, 8],
  ] as const) {
    const result = keepsCodecPromises<number | bigint>(codec, bytes);
    const valid = bytes.length <= size && bytes[0] !== 0;
    promise(result.ok === valid, 'truncated integers are minimal', () => `tu${8 * size} of ${toHex(bytes)}`);
    if (result.ok) promise(BigInt(result.value) === bigEndian(bytes), 'truncated integers are big-endian', () => toHex(bytes));
  }
}

export const bigSizeTarget: FuzzTarget = {
  name: 'bigsize',
  about: 'BigSize and truncated integers, against the letter of BOLT 1',
  maxLength: 32,
  fuzz(bytes) {
    const result = keepsCodecPromises(bigSize, bytes);
    const expected = readBigSize(bytes, 0);
    const valid = expected !== undefined && expected.size === bytes.length;
    promise(result.ok === valid, 'a BigSize is taken when it is minimal', () => toHex(bytes));
    if (result.ok) promise(result.value === expected?.value, 'a BigSize is big-endian', () => `${result.value} of ${toHex(bytes)}`);
    checkTruncated(bytes);
  },
  dictionary: dictionaryOf({ kind: 'bigSize' }),
  structure: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(bigSizeBytes),
  describe(bytes) {
    const result = keepsCodecPromises(bigSize, bytes);
    return result.ok ? `BigSize ${result.value}` : `no BigSize: ${result.error.kind}, ${result.error.detail}`;
  },
};
