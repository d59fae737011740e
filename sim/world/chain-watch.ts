import { samePoint } from '../../core/chain/update.ts';
import type { BlockTransaction, ChainBlock, ChainInput, ChainPoint } from '../../core/chain/update.ts';
import type { Outpoint, Tx } from '../../core/bitcoin/tx.ts';
import type { Txid } from '../../core/crypto/bytes.ts';
import { INITIAL_POINT, sameOutpoint } from './chain.ts';
import type { Block, Chain } from './chain.ts';

/** What one node has seen of the chain, and what it watches. */
export class ChainWatch {
  /** The newest block that it has seen. After a restart each of its channels may have been stored at another, and this is the lowest. */
  seen: ChainPoint;
  private others: readonly ChainPoint[];
  private readonly txids: Set<Txid>;
  private readonly outpoints: Outpoint[];

  constructor(from?: ChainWatch) {
    this.seen = from?.seen ?? INITIAL_POINT;
    this.others = from?.others ?? [];
    this.txids = new Set(from?.txids);
    this.outpoints = from === undefined ? [] : [...from.outpoints];
  }

  get seenHeight(): number {
    return this.seen.height;
  }

  watchTx(id: Txid): void {
    this.txids.add(id);
  }

  watchSpend(outpoint: Outpoint): void {
    if (!this.outpoints.some((known) => sameOutpoint(known, outpoint))) this.outpoints.push(outpoint);
  }

  /** The same of an output that blocks which it has seen may have spent already: those are told again. */
  watchFrom(chain: Chain, outpoint: Outpoint, fromHeight: number): void {
    this.watchSpend(outpoint);
    for (
      let block = chain.block(fromHeight);
      block !== undefined && block.height <= this.seen.height;
      block = chain.block(block.height + 1)
    )
      if (block.transactions.some(({ tx }) => tx.inputs.some((input) => sameOutpoint(outpoint, input))))
        this.others = [...this.others, { height: block.height - 1, hash: block.parent }];
  }

  /** Goes on from the blocks at which states were stored. */
  resume(points: readonly ChainPoint[]): void {
    const [lowest, ...others] = points.toSorted((a, b) => a.height - b.height);
    if (lowest === undefined) return;
    this.seen = lowest;
    this.others = others.filter((point) => !samePoint(point, lowest));
  }

  saw(tip: ChainPoint): void {
    this.seen = tip;
    this.others = [];
  }

  /** The first block that it has not seen. */
  unseen(chain: Chain): Block | undefined {
    const { seen } = this;
    const still = seen.height === INITIAL_POINT.height || chain.block(seen.height)?.hash === seen.hash;
    return chain.block((still && this.others.length === 0 ? seen.height : this.fork(chain).height) + 1);
  }

  private fork(chain: Chain): ChainPoint {
    return [this.seen, ...this.others].map((point) => chain.forkBelow(point)).reduce((a, b) => (b.height < a.height ? b : a));
  }

  /**
   * What it is told next: one block. All at once as far as it had seen another branch, or as one of its states was stored: a height that was
   * seen is not left again.
   */
  next(chain: Chain): ChainInput | undefined {
    if (this.unseen(chain) === undefined) return undefined;
    const fork = this.fork(chain);
    const blocks: ChainBlock[] = [];
    const highest = Math.max(fork.height + 1, this.seen.height, ...this.others.map(({ height }) => height));
    let tip = fork;
    for (let block = chain.block(fork.height + 1); block !== undefined && block.height <= highest; block = chain.block(block.height + 1)) {
      const { height, hash } = block;
      const transactions = this.relevant(block);
      if (transactions.length > 0) blocks.push({ height, hash, transactions });
      tip = { height, hash };
    }
    return { kind: 'chain', fork, blocks, tip };
  }

  /** The transactions of a block that this node asked for. */
  private relevant(block: Block): BlockTransaction[] {
    const out: BlockTransaction[] = [];
    for (const [index, entry] of block.transactions.entries()) {
      if (this.txids.has(entry.txid) || this.spendsWatched(entry.tx)) out.push({ index, tx: entry.tx });
    }
    return out;
  }

  private spendsWatched(tx: Tx): boolean {
    return tx.inputs.some((input) => this.outpoints.some((known) => sameOutpoint(known, input)));
  }
}
