import { describe, expect, it } from 'vitest';
import file from '../../corpus/vectors/bip158-filters.json' with { type: 'json' };
import { readBlock } from '../bitcoin/block.ts';
import type { Block } from '../bitcoin/block.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Hash32, Script } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { filterHash, filterHeader, isFiltered, matchesAny, missingFrom, readFilter, writeFilter } from './compact-filter.ts';
import type { CompactFilter } from './compact-filter.ts';
import { SipHash } from './siphash.ts';

describe('SipHash-2-4', () => {
  // The paper's own example, and the reference implementation's first and ninth.
  it.each([
    [15, 0xa129ca6149be45e5n],
    [0, 0x726fdb47dd0e0e31n],
    [8, 0x93f5f5799a932462n],
  ])('of %i bytes', (length, hash) => {
    const key = Uint8Array.from({ length: 16 }, (_, i) => i);
    expect(new SipHash(key).hash(Uint8Array.from({ length }, (_, i) => i))).toBe(hash);
  });
});

describe.each(file.vectors)('the filter of block $height of testnet3 ($name)', (vector) => {
  const { block: hex, previousScripts, previousHeader, filter, header } = vector;
  const blockHash = vector.blockHash as Hash32;
  const { transactions } = readBlock(noble, fromHex(hex)) as Block;
  const scripts = new Set([...transactions.flatMap((tx) => tx.scripts), ...(previousScripts as Script[])].filter(isFiltered));
  const read = readFilter(fromHex(filter)) as CompactFilter;

  it('is that of its scripts', () => {
    expect(writeFilter(blockHash, scripts)).toBe(filter);
    expect(read.values).toHaveLength(scripts.size);
  });

  it('has each of them, and nothing else', () => {
    for (const script of scripts) expect(matchesAny(read, blockHash, [script])).toBe(true);
    expect(missingFrom(read, blockHash, scripts)).toEqual([]);
    const strangers = ['00140102', '51', `0020${blockHash}`] as Script[];
    expect(matchesAny(read, blockHash, strangers)).toBe(false);
    expect(missingFrom(read, blockHash, [...scripts, ...strangers])).toEqual(strangers);
    expect(matchesAny(read, blockHash, [...strangers, ...scripts])).toBe(scripts.size > 0);
  });

  it('is committed to with all before it', () => {
    expect(filterHeader(noble, filterHash(noble, fromHex(filter)), previousHeader as Hash32)).toBe(header);
  });

  it('is none where a byte is missing or too much', () => {
    const bytes = fromHex(filter);
    expect(readFilter(bytes.subarray(0, -1))).toBeUndefined();
    expect(readFilter(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });
});
