import { describe, expect, it } from 'vitest';
import type { Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { EMPTY_SCRIPT, serialiseTx, txid } from '../../core/bitcoin/tx.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import { noble } from '../../core/crypto/noble.ts';
import { Chain, ChainWatch, INITIAL_HEIGHT } from './chain.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { checkPolicy } from '../interpreter/standardness.ts';
import { verifySpend } from '../interpreter/verify.ts';

const crypto = createFakeCrypto();
const secret = '11'.repeat(32) as SecretKey;
const script = `0020${'ab'.repeat(32)}` as Script;

function funded(coin = '01'): { readonly chain: Chain; readonly tx: Tx } {
  const chain = new Chain(crypto);
  return { chain, tx: chain.fundingTx(secret, coin.repeat(32) as Txid, 100_000n, script) };
}
function spend(tx: Tx, sequence = 1): Tx {
  const inputs = [{ txid: txid(crypto, tx), vout: 0, sequence, scriptSig: EMPTY_SCRIPT, witness: ['00'] }];
  return { version: 2, locktime: 0, inputs, outputs: [{ amountSat: 1000n, script }] };
}

describe('Chain', () => {
  it('takes a transaction into the mempool, and from there into the next block', () => {
    const { chain, tx } = funded();
    expect(chain.height).toBe(INITIAL_HEIGHT);
    expect(chain.broadcast(tx)).toBe('accepted');
    expect(chain.broadcast(tx)).toBe('known');
    expect(chain.mempool).toEqual([tx]);
    chain.mine(5);
    expect(chain.mempool).toEqual([]);
    expect(chain.confirmed).toEqual([{ height: INITIAL_HEIGHT + 1, tx }]);
    expect(chain.block(INITIAL_HEIGHT + 1)?.minedMs).toBe(5);
    expect(chain.block(INITIAL_HEIGHT + 2)).toBeUndefined();
    expect(chain.broadcast(tx)).toBe('known');
  });

  it('lets the first of two conflicting spends win, confirmed or not', () => {
    const { chain, tx } = funded();
    chain.broadcast(tx);
    expect(chain.broadcast(spend(tx, 1))).toBe('accepted');
    expect(chain.broadcast(spend(tx, 2))).toBe('conflict');
    chain.mine(0);
    expect(chain.broadcast(spend(tx, 3))).toBe('conflict');
  });

  it('refuses what spends nothing that is known', () => {
    const { chain, tx } = funded();
    expect(chain.broadcast(spend(tx))).toBe('missing-inputs');
  });

  it('finds outputs in blocks, in the mempool and in wallets', () => {
    const { chain, tx } = funded();
    const [coin] = tx.inputs;
    expect(chain.output({ txid: coin?.txid as Txid, vout: 0 })?.amountSat).toBe(202_000n);
    expect(chain.output({ txid: txid(crypto, tx), vout: 0 })).toBeUndefined();
    chain.broadcast(tx);
    expect(chain.output({ txid: txid(crypto, tx), vout: 0 })).toEqual(tx.outputs[0]);
  });

  it('makes funding transactions that spend their coin for real, and are relayed', () => {
    const chain = new Chain(noble);
    const tx = chain.fundingTx(secret, '01'.repeat(32) as Txid, 100_000n, script);
    const prevouts = tx.inputs.map((input) => chain.output(input) as TxOutput);
    expect(verifySpend(noble, serialiseTx(tx), prevouts)).toEqual({ ok: true });
    expect(checkPolicy(serialiseTx(tx), prevouts)).toEqual({ ok: true });
    const [first] = prevouts as [TxOutput];
    expect(verifySpend(noble, serialiseTx(tx), [{ ...first, amountSat: first.amountSat + 1n }]).ok).toBe(false);
  });

  it('puts the funding output first for some coins and second for others', () => {
    const at = (coin: string): number => funded(coin).tx.outputs.findIndex((output) => output.script === script);
    expect(new Set(['11', 'a1', '21', 'b1', 'c1'].map(at))).toEqual(new Set([0, 1]));
  });

  it('forks into an independent copy', () => {
    const { chain, tx } = funded();
    const fork = chain.fork();
    chain.broadcast(tx);
    chain.mine(0);
    expect([fork.height, fork.mempool.length]).toEqual([INITIAL_HEIGHT, 0]);
    expect(fork.broadcast(tx)).toBe('accepted');
  });
});

describe('ChainWatch', () => {
  it('passes on only what the node watches, by transaction and by spent output', () => {
    const { chain, tx } = funded();
    const other = chain.fundingTx(secret, '03'.repeat(32) as Txid, 50_000n, script);
    for (const one of [other, tx, spend(tx)]) chain.broadcast(one);
    chain.mine(0);
    const block = chain.block(INITIAL_HEIGHT + 1);
    if (block === undefined) throw new Error('no block');
    const watch = new ChainWatch();
    expect(watch.relevant(block)).toEqual([]);
    watch.watchTx(txid(crypto, tx));
    expect(watch.relevant(block)).toEqual([{ index: 1, tx }]);
    const copy = new ChainWatch(watch);
    watch.watchSpend({ txid: txid(crypto, tx), vout: 0 });
    expect(watch.relevant(block).map(({ index }) => index)).toEqual([1, 2]);
    expect(copy.relevant(block).map(({ index }) => index)).toEqual([1]);
  });
});
