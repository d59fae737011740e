import { EMPTY_SCRIPT, txid } from '../bitcoin/tx.ts';
import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import type { Hash32, Script, Txid } from '../crypto/bytes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { applyUpdate } from './view.ts';
import type { View } from './view.ts';
import { isChainRefusal, readChainInput } from './update.ts';
import type { ChainBlock, ChainInput, ChainPoint, ChainUpdate, ConfirmedTx } from './update.ts';

/** Chains for tests: a block is named by its height and a branch, a transaction by a number and what it spends. */

export function hashOf(height: number, branch = 0): Hash32 {
  return `${branch.toString(16).padStart(2, '0')}${height.toString(16).padStart(62, '0')}` as Hash32;
}

export function at(height: number, branch = 0): ChainPoint {
  return { height, hash: hashOf(height, branch) };
}

/** Spends an output of its own that nobody else spends, or this one. */
export function txOf(n: number, spent: Outpoint = { txid: n.toString(16).padStart(64, 'f') as Txid, vout: 0 }): Tx {
  const inputs = [{ ...spent, sequence: 0, scriptSig: EMPTY_SCRIPT, witness: [] }];
  return { version: 2, locktime: n, inputs, outputs: [{ amountSat: 1000n, script: '51' as Script }] };
}

export function idOf(tx: Tx): Txid {
  return txid(noble, tx);
}

export function block({ height, hash }: ChainPoint, ...txs: readonly Tx[]): ChainBlock {
  return { height, hash, transactions: txs.map((tx) => ({ index: tx.locktime, tx })) };
}

export function input(fork: ChainPoint, tip: ChainPoint, ...blocks: readonly ChainBlock[]): ChainInput {
  return { kind: 'chain', fork, blocks, tip };
}

export function read(given: ChainInput): ChainUpdate {
  const update = readChainInput(noble, given);
  if (isChainRefusal(update)) throw new Error(`${update.misfit}: ${update.detail}`);
  return update;
}

/** The view after these inputs, all of which must fit. */
export function taken(
  view: View,
  given: ChainInput | readonly ChainInput[],
  touches: (confirmed: ConfirmedTx) => boolean = () => true,
): View {
  let now = view;
  for (const one of 'kind' in given ? [given] : given) {
    const next = applyUpdate(now, read(one), touches);
    if (isChainRefusal(next)) throw new Error(`${next.misfit}: ${next.detail}`);
    now = next;
  }
  return now;
}
