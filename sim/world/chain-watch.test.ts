import { describe, expect, it } from 'vitest';
import type { ChainPoint } from '../../core/chain/update.ts';
import type { Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { EMPTY_SCRIPT, txid } from '../../core/bitcoin/tx.ts';
import type { Tx } from '../../core/bitcoin/tx.ts';
import { ChainWatch } from './chain-watch.ts';
import { Chain, INITIAL_HEIGHT, INITIAL_POINT } from './chain.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';

const crypto = createFakeCrypto();
const script = `0020${'ab'.repeat(32)}` as Script;

function funding(chain: Chain, coin: string): Tx {
  return chain.fundingTx('11'.repeat(32) as SecretKey, coin.repeat(32) as Txid, 100_000n, script);
}
function spend(tx: Tx): Tx {
  const inputs = [{ txid: txid(crypto, tx), vout: 0, sequence: 1, scriptSig: EMPTY_SCRIPT, witness: ['00'] }];
  return { version: 2, locktime: 0, inputs, outputs: [{ amountSat: 1000n, script }] };
}
function at(chain: Chain, above: number): ChainPoint {
  const { height, hash } = chain.block(INITIAL_HEIGHT + above) ?? INITIAL_POINT;
  return { height, hash };
}
function minedBlocks(count: number): Chain {
  const chain = new Chain(crypto);
  for (let i = 0; i < count; i++) chain.mine(i);
  return chain;
}

describe('ChainWatch', () => {
  it('passes on only what the node watches, by transaction and by spent output', () => {
    const chain = new Chain(crypto);
    const tx = funding(chain, '01');
    for (const one of [funding(chain, '03'), tx, spend(tx)]) chain.broadcast(one);
    chain.mine(0);
    const watch = new ChainWatch();
    expect(watch.next(chain)).toEqual({ kind: 'chain', fork: INITIAL_POINT, blocks: [], tip: at(chain, 1) });
    watch.watchTx(txid(crypto, tx));
    expect(watch.next(chain)?.blocks).toEqual([{ ...at(chain, 1), transactions: [{ index: 1, tx }] }]);
    const copy = new ChainWatch(watch);
    watch.watchSpend({ txid: txid(crypto, tx), vout: 0 });
    expect(watch.next(chain)?.blocks[0]?.transactions.map(({ index }) => index)).toEqual([1, 2]);
    expect(copy.next(chain)?.blocks[0]?.transactions.map(({ index }) => index)).toEqual([1]);
  });

  it('tells one block after the other', () => {
    const chain = minedBlocks(2);
    const watch = new ChainWatch();
    expect(watch.unseen(chain)?.height).toBe(INITIAL_HEIGHT + 1);
    watch.saw(at(chain, 1));
    expect(watch.next(chain)).toMatchObject({ fork: at(chain, 1), tip: at(chain, 2) });
    watch.saw(at(chain, 2));
    expect([watch.unseen(chain), watch.next(chain)]).toEqual([undefined, undefined]);
  });

  it('tells of another branch from the fork on, at once as far as it had seen', () => {
    const chain = minedBlocks(4);
    const watch = new ChainWatch();
    watch.saw(at(chain, 3));
    chain.reorganise(3, 9, 'mined');
    expect(watch.unseen(chain)?.height).toBe(INITIAL_HEIGHT + 2);
    expect(watch.next(chain)).toEqual({ kind: 'chain', fork: at(chain, 1), blocks: [], tip: at(chain, 3) });
  });

  it('goes on after a restart from the lowest fork of all that was stored, as far as any of it had come', () => {
    const chain = minedBlocks(4);
    const watch = new ChainWatch();
    watch.resume([at(chain, 3), at(chain, 1), at(chain, 1)]);
    expect(watch.seenHeight).toBe(INITIAL_HEIGHT + 1);
    expect(watch.next(chain)).toMatchObject({ fork: at(chain, 1), tip: at(chain, 3) });
    const before = at(chain, 3);
    chain.reorganise(2, 0, 'mined');
    const kept = new ChainWatch();
    kept.resume([before, at(chain, 4)]);
    expect(kept.next(chain)).toMatchObject({ fork: at(chain, 2), tip: at(chain, 4) });
    kept.resume([]);
    expect(kept.seenHeight).toBe(INITIAL_HEIGHT + 3);
  });
});
