import type { Outpoint, Tx } from '../bitcoin/tx.ts';
import { txid } from '../bitcoin/tx.ts';
import type { BlockTransaction, ChainBlock, ChainPoint } from '../chain/update.ts';
import type { Txid } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';

/** What a node has asked to be told of the chain, for a host that has whole blocks: hand `watch_tx` and `watch_spend` to it. */
export class BlockFilter {
  readonly #crypto: Crypto;
  readonly #txids = new Set<Txid>();
  readonly #outpoints = new Map<Txid, Set<number>>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  watchTx(id: Txid): void {
    this.#txids.add(id);
  }

  watchSpend({ txid: id, vout }: Outpoint): void {
    const known = this.#outpoints.get(id);
    if (known === undefined) this.#outpoints.set(id, new Set([vout]));
    else known.add(vout);
  }

  /** The block as an input of the chain has it: `transactions` are all of the block's, in its order. */
  filter({ height, hash }: ChainPoint, transactions: readonly Tx[]): ChainBlock {
    const watched = transactions.flatMap((tx, index): readonly BlockTransaction[] => (this.#concerns(tx) ? [{ index, tx }] : []));
    return { height, hash, transactions: watched };
  }

  /** Whether somebody watches the transaction, or an output that it spends. */
  #concerns(tx: Tx): boolean {
    if (tx.inputs.some(({ txid: id, vout }) => this.#outpoints.get(id)?.has(vout) === true)) return true;
    return this.#txids.size > 0 && this.#txids.has(txid(this.#crypto, tx));
  }
}
