import { describe, expect, it } from 'vitest';
import type { ChainPoint } from '../../core/chain/update.ts';
import type { Hash32, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import { EMPTY_SCRIPT, serialiseTx, txid } from '../../core/bitcoin/tx.ts';
import type { Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import { noble } from '../../core/crypto/noble.fixture.ts';
import { Chain, INITIAL_HEIGHT, INITIAL_POINT, MAX_REORG_DEPTH } from './chain.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { checkPolicy } from '../model/relay-policy.ts';
import { verifySpend } from '../interpreter/bitcore.ts';

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

describe('a reorganisation', () => {
  /** The funding in the first of three blocks, its spend in the second. */
  function mined(): { readonly chain: Chain; readonly tx: Tx; readonly child: Tx } {
    const { chain, tx } = funded();
    const child = spend(tx);
    for (const one of [tx, child]) {
      chain.broadcast(one);
      chain.mine(1);
    }
    chain.mine(2);
    return { chain, tx, child };
  }
  const heights = ({ confirmed }: Chain): readonly number[] => confirmed.map(({ height }) => height - INITIAL_HEIGHT);

  it('replaces the newest blocks by one more, and no hash comes twice', () => {
    const { chain } = mined();
    const before = chain.blocks.map(({ hash }) => hash);
    expect(chain.reorganise(2, 7, 'waiting')).toBe(true);
    expect(chain.height).toBe(INITIAL_HEIGHT + 4);
    const after = chain.blocks.map(({ hash }) => hash);
    expect(after[0]).toBe(before[0]);
    expect(new Set([...before, ...after]).size).toBe(6);
    for (const [i, { parent }] of chain.blocks.entries()) expect(parent).toBe(i === 0 ? INITIAL_POINT.hash : after[i - 1]);
    expect(chain.block(INITIAL_HEIGHT + 4)?.minedMs).toBe(7);
  });

  it('mines again, gives back to the mempool, or loses what was confirmed', () => {
    const again = mined();
    again.chain.reorganise(3, 0, 'mined');
    expect([heights(again.chain), again.chain.mempool]).toEqual([[1, 1], []]);
    const waiting = mined();
    waiting.chain.reorganise(2, 0, 'waiting');
    expect([heights(waiting.chain), waiting.chain.mempool]).toEqual([[1], [waiting.child]]);
    waiting.chain.mine(0);
    expect(heights(waiting.chain)).toEqual([1, 5]);
    const lost = mined();
    lost.chain.reorganise(2, 0, 'lost');
    expect([heights(lost.chain), lost.chain.mempool]).toEqual([[1], []]);
    expect(lost.chain.broadcast(spend(lost.tx, 9))).toBe('accepted');
  });

  it('takes out of the mempool what spends something that is lost', () => {
    const { chain, tx } = funded();
    chain.broadcast(tx);
    chain.mine(0);
    chain.broadcast(spend(tx));
    chain.reorganise(1, 0, 'lost');
    expect(chain.mempool).toEqual([]);
  });

  it('is bounded', () => {
    const { chain } = mined();
    expect(chain.reorganise(0, 0, 'mined')).toBe(false);
    expect(chain.reorganise(4, 0, 'mined')).toBe(false);
    for (let i = 0; i < MAX_REORG_DEPTH; i++) chain.mine(0);
    expect(chain.reorganise(MAX_REORG_DEPTH + 1, 0, 'mined')).toBe(false);
    expect(chain.reorganise(MAX_REORG_DEPTH, 0, 'mined')).toBe(true);
  });

  it('leaves a way from every block that ever was to the chain', () => {
    const { chain } = mined();
    const [first, , third] = chain.blocks.map(pointOf) as [ChainPoint, ChainPoint, ChainPoint];
    expect(chain.forkBelow(third)).toEqual(third);
    chain.reorganise(1, 0, 'mined');
    const other = chain.tip;
    chain.reorganise(3, 0, 'mined');
    expect(chain.forkBelow(third)).toEqual(first);
    expect(chain.forkBelow(other)).toEqual(first);
    expect(chain.fork().forkBelow(other)).toEqual(first);
    expect(() => chain.forkBelow({ height: INITIAL_HEIGHT + 1, hash: 'ab'.repeat(32) as Hash32 })).toThrow('was ever mined');
  });
});

function pointOf({ height, hash }: ChainPoint): ChainPoint {
  return { height, hash };
}
