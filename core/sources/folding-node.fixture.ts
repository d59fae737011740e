import type { Tx } from '../bitcoin/tx.ts';
import { isChainRefusal, readChainInput } from '../chain/update.ts';
import type { ChainInput, ChainPoint, ChainRefusal, ChainUpdate, ConfirmedTx } from '../chain/update.ts';
import { applyUpdate, emptyView } from '../chain/view.ts';
import type { View } from '../chain/view.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Script, Txid } from '../crypto/bytes.ts';
import { idOf } from './mined-chain.fixture.ts';
import type { MinedChain } from './mined-chain.fixture.ts';
import type { Watch } from './watches.ts';

/** Follows some transactions and everything that spends of them, as a watcher follows a channel; what it watches it reads off its view. */
export class FoldingNode {
  view: View;
  readonly #roots: readonly Tx[];
  readonly #rootIds: readonly Txid[];
  #asked = new Set<string>();
  /** The most that it was told in one go. */
  longest = 0;

  constructor(start: ChainPoint, roots: readonly Tx[]) {
    this.view = emptyView(start);
    this.#roots = roots;
    this.#rootIds = roots.map(idOf);
  }

  /** After a crash: the view is what was stored, and everything is asked for again. */
  restart(view: View): void {
    this.view = view;
    this.#asked = new Set();
  }

  take(input: ChainInput): ChainRefusal | undefined {
    const update = readChainInput(noble, input);
    if (isChainRefusal(update)) return update;
    this.longest = Math.max(this.longest, input.tip.height - input.fork.height);
    const next = applyUpdate(this.view, update, this.#touching(update));
    if (isChainRefusal(next)) return next;
    this.view = next;
    return undefined;
  }

  #touching({ fork, transactions }: ChainUpdate): (confirmed: ConfirmedTx) => boolean {
    const followed = new Set<string>(this.#rootIds);
    const touches = ({ txid, tx }: ConfirmedTx): boolean => {
      if (!followed.has(txid) && !tx.inputs.some((spent) => followed.has(spent.txid))) return false;
      followed.add(txid);
      return true;
    };
    for (const confirmed of this.view.transactions) if (confirmed.height <= fork.height) touches(confirmed);
    const touched = new Set(transactions.filter(touches));
    return (confirmed) => touched.has(confirmed);
  }

  /** What it has not asked for since it started. */
  watches(): readonly Watch[] {
    const all = [
      ...this.#roots.flatMap((tx, i) => {
        const txid = this.#rootIds[i] as Txid;
        return [{ kind: 'tx', txid, script: scriptOf(tx, 0), fromHeight: 0 } as const, ...spends(tx, txid, 0)];
      }),
      ...this.view.transactions.flatMap(({ tx, txid, height }) => spends(tx, txid, height)),
    ];
    return all.filter((watch) => {
      const key = JSON.stringify(watch);
      const isNew = !this.#asked.has(key);
      this.#asked.add(key);
      return isNew;
    });
  }

  /** The view of who has seen the whole chain at once. */
  static rebuilt(chain: MinedChain, roots: readonly Tx[]): View {
    const [{ height, hash }, ...above] = chain.blocks as [MinedChain['tip'], ...MinedChain['blocks']];
    const node = new FoldingNode({ height, hash }, roots);
    const blocks = above.map((block) => ({
      height: block.height,
      hash: block.hash,
      transactions: block.txs.map((tx, index) => ({ index, tx })),
    }));
    const refusal = node.take({ kind: 'chain', fork: { height, hash }, blocks, tip: { height: chain.tip.height, hash: chain.tip.hash } });
    if (refusal !== undefined) throw new Error(refusal.detail);
    return node.view;
  }
}

function scriptOf(tx: Tx, vout: number): Script {
  return (tx.outputs[vout] as Tx['outputs'][number]).script;
}

function spends(tx: Tx, txid: Txid, fromHeight: number): readonly Watch[] {
  return tx.outputs.map(({ script }, vout) => ({ kind: 'spend', outpoint: { txid, vout }, script, fromHeight }));
}
