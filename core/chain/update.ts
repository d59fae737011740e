import { plainTx, txid } from '../bitcoin/tx.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { Hash32, Txid } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';

/** One block of one chain. `hash` in wire order, as everywhere in core. */
export interface ChainPoint {
  readonly height: number;
  readonly hash: Hash32;
}

/** A transaction of a block, with its place there. */
export interface BlockTransaction {
  readonly index: number;
  readonly tx: Tx;
}

/** A block with those of its transactions that somebody watches, as far as they are known. */
export interface ChainBlock extends ChainPoint {
  readonly transactions: readonly BlockTransaction[];
}

/**
 * The one form in which the chain enters, whatever the source: everything above `fork` is gone, these blocks have come, the newest is `tip`.
 *
 * Blocks stand in the order of their heights; those in which nothing is watched may be left out. The same again changes nothing. A block at
 * or below `fork` is one that was seen before: its transactions join it. So a source may tell heights first and transactions later, or each
 * transaction alone; one that has a transaction before its height tells the block as its tip.
 */
export interface ChainInput {
  readonly kind: 'chain';
  readonly fork: ChainPoint;
  readonly blocks: readonly ChainBlock[];
  readonly tip: ChainPoint;
}

/** An input whose parts fit together, with the transactions' ids. */
export interface ChainUpdate {
  readonly kind: 'chain';
  readonly fork: ChainPoint;
  /** In the order of the chain, each once. */
  readonly transactions: readonly ConfirmedTx[];
  /** Every block that the source named, `fork` and `tip` among them, in the order of their heights. */
  readonly points: readonly ChainPoint[];
  readonly tip: ChainPoint;
}

/** A transaction in a block. */
export interface ConfirmedTx extends BlockTransaction {
  readonly height: number;
  readonly blockHash: Hash32;
  readonly txid: Txid;
}

/**
 * Why an input is not taken; nothing of it is.
 *
 * - `malformed`: its parts contradict each other.
 * - `hole`: it begins above what was seen.
 * - `unknown-fork`: it builds on a block that is not the one that was seen, or leaves in the chain what contradicts it.
 */
export interface ChainRefusal {
  readonly misfit: 'malformed' | 'hole' | 'unknown-fork';
  readonly detail: string;
  /** What to send instead begins here: if this block is not in the source's chain, further down. Absent where nothing is known below. */
  readonly resumeAt: ChainPoint | undefined;
}

export function isChainRefusal(value: object): value is ChainRefusal {
  return 'misfit' in value;
}

export function samePoint(a: ChainPoint, b: ChainPoint): boolean {
  return a.height === b.height && a.hash === b.hash;
}

export function inChainOrder(a: ConfirmedTx, b: ConfirmedTx): number {
  return a.height - b.height || a.index - b.index;
}

/** Checks what needs no knowledge of the chain, and computes the ids: once, for all who then fold the update. */
export function readChainInput(crypto: Crypto, input: ChainInput): ChainUpdate | ChainRefusal {
  const { kind, fork, blocks, tip } = input;
  const points: ChainPoint[] = [];
  for (const { height, hash } of [fork, ...blocks, tip].toSorted((a, b) => a.height - b.height)) {
    const last = points.at(-1);
    if (last?.height !== height) points.push({ height, hash });
    else if (last.hash !== hash) return malformed(`two blocks at height ${height}`);
  }
  if ((points.at(-1) as ChainPoint).height > tip.height) return malformed(`the tip is below the last block: ${tip.height}`);
  const transactions = new Map<Txid, ConfirmedTx>();
  for (const [at, { height, hash, transactions: watched }] of blocks.entries()) {
    if (at > 0 && height <= (blocks[at - 1] as ChainBlock).height) return malformed(`heights out of order: ${height}`);
    for (const { index, tx } of watched) {
      const id = txid(crypto, tx);
      const earlier = transactions.get(id);
      if (earlier === undefined) transactions.set(id, { height, index, blockHash: hash, txid: id, tx: plainTx(tx) });
      else if (earlier.height !== height) return malformed(`a transaction in two blocks, at heights ${earlier.height} and ${height}`);
    }
  }
  return { kind, fork, transactions: [...transactions.values()].sort(inChainOrder), points, tip };
}

function malformed(detail: string): ChainRefusal {
  return { misfit: 'malformed', detail, resumeAt: undefined };
}
