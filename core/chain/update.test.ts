import { describe, expect, it } from 'vitest';
import { noble } from '../crypto/noble.fixture.ts';
import { at, block, idOf, input, read, txOf } from './chain.fixture.ts';
import { readChainInput } from './update.ts';
import type { ChainInput } from './update.ts';

const [a, b, c] = [txOf(1), txOf(2), txOf(3)] as const;

function refused(given: ChainInput): string {
  const read = readChainInput(noble, given);
  if (!('misfit' in read)) return 'taken';
  expect(read.misfit).toBe('malformed');
  expect(read.resumeAt).toBeUndefined();
  return read.detail;
}

describe('readChainInput', () => {
  it('gives the transactions their ids and the order of the chain', () => {
    const update = read(input(at(10), at(14), block(at(11), b, a), block(at(13), c)));
    expect(update.transactions.map(({ height, index, txid }) => [height, index, txid])).toEqual([
      [11, 1, idOf(a)],
      [11, 2, idOf(b)],
      [13, 3, idOf(c)],
    ]);
    expect(update.points).toEqual([at(10), at(11), at(13), at(14)]);
    expect(update).toMatchObject({ kind: 'chain', fork: at(10), tip: at(14) });
  });

  it('takes blocks at and below the fork, a tip with nothing above it, and a transaction twice in a block', () => {
    expect(read(input(at(10), at(10))).points).toEqual([at(10)]);
    expect(read(input(at(10), at(10), block(at(8), a), block(at(10), b))).transactions).toHaveLength(2);
    expect(read(input(at(10), at(11), block(at(11), a, a))).transactions).toHaveLength(1);
  });

  it('refuses what contradicts itself', () => {
    expect(refused(input(at(10), at(12), block(at(12)), block(at(11))))).toBe('heights out of order: 11');
    expect(refused(input(at(10), at(12), block(at(11)), block(at(11))))).toBe('heights out of order: 11');
    expect(refused(input(at(10), at(11), block(at(12))))).toBe('the tip is below the last block: 11');
    expect(refused(input(at(10), at(9)))).toBe('the tip is below the last block: 9');
    expect(refused(input(at(10), at(10, 1)))).toBe('two blocks at height 10');
    expect(refused(input(at(10), at(12), block(at(12, 1))))).toBe('two blocks at height 12');
    expect(refused(input(at(10), at(12), block(at(10, 1))))).toBe('two blocks at height 10');
    expect(refused(input(at(10), at(12), block(at(11), a), block(at(12), a)))).toBe('a transaction in two blocks, at heights 11 and 12');
  });
});
