import fc from 'fast-check';
import { fromHex, toHex } from '../core/crypto/bytes.ts';
import type { Hash32, Script } from '../core/crypto/bytes.ts';
import { encodeFilter, matchesAny, readFilter, writeFilter } from '../core/sources/compact-filter.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

const BLOCK = '5a'.repeat(32) as Hash32;
const SCRIPTS = ['51', '0014aabb', `0020${'11'.repeat(32)}`] as Script[];

export const compactFilterTarget: FuzzTarget = {
  name: 'compact-filter',
  about: 'a compact filter of a block (BIP 158)',
  maxLength: 2048,
  fuzz(bytes) {
    const filter = readFilter(bytes);
    if (filter === undefined) return;
    const { values } = filter;
    promise(encodeFilter(filter) === toHex(bytes), 'a filter that is read is written', () => toHex(bytes));
    promise(
      values.every((value, i) => value >= (values[i - 1] ?? 0)),
      'numbers ascend',
      () => values.join(' '),
    );
    promise(sizeOf(filter) <= 16 * bytes.length + 256, 'decoded size', () => `${bytes.length} bytes became ${sizeOf(filter)}`);
    const some = SCRIPTS.some((script) => matchesAny(filter, BLOCK, [script]));
    promise(some === matchesAny(filter, BLOCK, SCRIPTS), 'several scripts match where one does', () => toHex(bytes));
  },
  dictionary: ['00', '01', '02', 'fd', 'fdfd00', 'fe00000100', 'ffffff', '000000'].map(fromHex),
  structure: fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 34 }), { maxLength: 30 })
    .map((scripts) => fromHex(writeFilter(BLOCK, new Set(scripts.map((script) => toHex<Script>(script)))))),
  describe(bytes) {
    const filter = readFilter(bytes);
    return filter === undefined ? `${bytes.length} bytes, no filter` : `${filter.values.length} numbers: ${filter.values.join(' ')}`;
  },
  reaches(bytes) {
    const filter = readFilter(bytes);
    return filter === undefined ? ['refused'] : ['read', ...(matchesAny(filter, BLOCK, SCRIPTS) ? ['matches'] : [])];
  },
};
