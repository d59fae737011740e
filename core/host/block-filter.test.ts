import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { txid } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, Script, Txid } from '../crypto/bytes.ts';
import { BlockFilter } from './block-filter.ts';

const crypto = createFakeCrypto();
const AT = { height: 7, hash: '77'.repeat(32) as Hash32 };

function spending(from: Txid, vout: number): Tx {
  const input = { txid: from, vout, sequence: 0xffffffff, scriptSig: '' as Script, witness: [] };
  return { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat: 1000n, script: '51' as Script }] };
}

describe('of a block', () => {
  const [first, second, third] = [1, 2, 3].map((n) => spending(n.toString(16).padStart(64, '0') as Txid, n)) as [Tx, Tx, Tx];
  const child = spending(txid(crypto, second), 0);
  const block = [first, second, third, child];

  it('nothing is told where nothing is watched', () => {
    expect(new BlockFilter(crypto).filter(AT, block)).toEqual({ ...AT, transactions: [] });
  });

  it('what is watched is told, with its place, and what spends a watched output, also within the block', () => {
    const filter = new BlockFilter(crypto);
    filter.watchTx(txid(crypto, third));
    filter.watchSpend({ txid: txid(crypto, second), vout: 0 });
    filter.watchSpend({ txid: txid(crypto, second), vout: 1 });
    expect(filter.filter(AT, block).transactions).toEqual([
      { index: 2, tx: third },
      { index: 3, tx: child },
    ]);
  });

  it('another output of the same transaction is nobody’s concern', () => {
    const filter = new BlockFilter(crypto);
    filter.watchSpend({ txid: txid(crypto, second), vout: 1 });
    expect(filter.filter(AT, block).transactions).toEqual([]);
  });

  it('what spends of a spend of the watched is told with it: the node asks for it when it hears of the first', () => {
    const filter = new BlockFilter(crypto);
    filter.watchSpend({ txid: txid(crypto, first), vout: 1 });
    const parent = spending(txid(crypto, first), 1);
    const heir = spending(txid(crypto, parent), 0);
    const last = spending(txid(crypto, heir), 0);
    expect(filter.filter(AT, [second, parent, third, heir, last]).transactions.map(({ index }) => index)).toEqual([1, 3, 4]);
    expect(filter.filter(AT, [heir, last]).transactions).toEqual([]);
  });
});
