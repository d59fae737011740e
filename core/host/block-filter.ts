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

  /**
   * The block as an input of the chain has it: `transactions` are all of the block's, in its order. What spends of a transaction that spends what is
   * watched is told, too: a node that hears of the one will ask for the other, and a block is matched against what it adds itself.
   */
  filter({ height, hash }: ChainPoint, transactions: readonly Tx[]): ChainBlock {
    const followed = new Set<Txid>();
    const watched = transactions.flatMap((tx, index): readonly BlockTransaction[] => (this.#concerns(tx, followed) ? [{ index, tx }] : []));
    return { height, hash, transactions: watched };
  }

  /** Whether somebody watches the transaction, or an output that it spends. */
  #concerns(tx: Tx, followed: Set<Txid>): boolean {
    if (tx.inputs.some(({ txid: id, vout }) => followed.has(id) || this.#outpoints.get(id)?.has(vout) === true)) {
      followed.add(txid(this.#crypto, tx));
      return true;
    }
    return this.#txids.size > 0 && this.#txids.has(txid(this.#crypto, tx));
  }
}
