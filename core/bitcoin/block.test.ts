import { describe, expect, it } from 'vitest';
import file from '../../corpus/vectors/bip158-filters.json' with { type: 'json' };
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hex } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { MinedChain, spendingTx } from '../sources/mined-chain.fixture.ts';
import { readBlock, readSlicedTx, wholeTx } from './block.ts';
import type { Block } from './block.ts';
import { merkleParent, merkleRoot, rootOfBranch } from './merkle.ts';
import { serialiseTx, txid } from './tx.ts';
import type { Txid } from '../crypto/bytes.ts';
import type { Script } from '../crypto/bytes.ts';

const blocks = file.vectors.map(({ name, block, blockHash }) => ({ name, block, blockHash }));
const withWitness = blocks.find(({ name }) => name === 'Includes witness data') as (typeof blocks)[number];

function read(hex: Hex): Block {
  const block = readBlock(noble, fromHex(hex));
  if (typeof block === 'string') throw new Error(block);
  return block;
}

function changed(hex: Hex, at: number): Hex {
  const bytes = fromHex(hex);
  bytes[at] = (bytes[at] as number) ^ 1;
  return toHex(bytes);
}

describe('a block of testnet3', () => {
  it.each(blocks)('is read and checked: $name', ({ block, blockHash }) => {
    const { header, transactions } = read(block);
    expect(header.hash).toBe(blockHash);
    for (const sliced of transactions) {
      const tx = wholeTx(sliced);
      expect(tx && txid(noble, tx)).toBe(sliced.txid);
      expect(tx && serialiseTx(tx)).toBe(toHex(sliced.bytes));
      expect(tx?.outputs.map(({ script }) => script)).toEqual(sliced.scripts);
      expect(tx?.inputs.map(({ txid: id, vout }) => ({ txid: id, vout }))).toEqual(sliced.spends);
      expect(readSlicedTx(noble, sliced.bytes)).toEqual(sliced);
    }
  });

  it('is refused with any byte that is not committed to', () => {
    const { block } = withWitness;
    for (let at = 80; at < block.length / 2; at += 7) expect(typeof readBlock(noble, fromHex(changed(block, at)))).toBe('string');
    expect(readBlock(noble, fromHex(block + '00'))).toBe('bytes');
    for (let end = 0; end < block.length; end += 22) expect(readBlock(noble, fromHex(block.slice(0, end)))).toBe('bytes');
  });
});

describe('what a block commits to', () => {
  const spent = { txid: '11'.repeat(32) as Txid, vout: 3 };
  const chain = new MinedChain();
  const { bytes } = chain.mine([spendingTx([spent], ['51' as Script]), spendingTx([spent], ['52' as Script])]);

  it('is its witnesses, too', () => {
    expect(readBlock(noble, fromHex(bytes))).toMatchObject({ transactions: [{}, {}, {}] });
    // The witness item of the last transaction, before its locktime.
    expect(readBlock(noble, fromHex(changed(bytes, bytes.length / 2 - 5)))).toBe('witness');
  });

  it('is a list of transactions, of which none may be doubled at the end', () => {
    const doubled = merkleParent(
      noble,
      merkleParent(noble, 'aa'.repeat(32), 'bb'.repeat(32)),
      merkleParent(noble, 'cc'.repeat(32), 'cc'.repeat(32)),
    );
    const leaves = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32));
    expect(merkleRoot(noble, leaves)).toBe(doubled);
    expect(merkleRoot(noble, [...leaves, leaves[2] as Hex])).toBeUndefined();
    expect(merkleRoot(noble, ['aa'.repeat(32)])).toBe('aa'.repeat(32));
  });

  it('is proved by a branch, for its place and no other', () => {
    const [a, b, c] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [Hex, Hex, Hex];
    const root = merkleRoot(noble, [a, b, c]);
    const branch = [a, merkleParent(noble, c, c)];
    expect(rootOfBranch(noble, b, 1, branch)).toBe(root);
    expect(rootOfBranch(noble, b, 0, branch)).not.toBe(root);
    expect(rootOfBranch(noble, c, 2, [c, merkleParent(noble, a, b)])).toBe(root);
    // The copy that makes the row even is no transaction.
    expect(rootOfBranch(noble, c, 3, [c, merkleParent(noble, a, b)])).toBeUndefined();
    expect(rootOfBranch(noble, b, 4, branch)).toBeUndefined();
    expect(rootOfBranch(noble, b, -1, branch)).toBeUndefined();
  });
});
