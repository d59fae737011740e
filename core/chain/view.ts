import type { Outpoint } from '../bitcoin/tx.ts';
import type { Hash32, Txid } from '../crypto/bytes.ts';
import { inChainOrder, samePoint } from './update.ts';
import type { ChainPoint, ChainRefusal, ChainUpdate, ConfirmedTx } from './update.ts';

/**
 * What one channel knows of the chain: the transactions of the best chain that touch it, and the newest block. Everything that depends on the
 * chain is asked of it each time, and nothing of it is remembered as a flag: a reorganisation is a shorter list.
 */
export interface View {
  readonly tip: ChainPoint;
  /** In the order of the chain. */
  readonly transactions: readonly ConfirmedTx[];
}

/** No reorganisation is expected to be deeper: what has so many confirmations is acted upon. */
export const SAFE_DEPTH = 6;
/** BOLT 5, General Nomenclature: what is so deep is irrevocable, and need not be watched any more. */
export const IRREVOCABLE_DEPTH = 100;

export function emptyView(tip: ChainPoint): View {
  return { tip, transactions: [] };
}

/** Why this view cannot take the update: the blocks that both name are not the same. */
export function misfitOf(view: View, { fork, points, transactions }: ChainUpdate): ChainRefusal | undefined {
  const { tip } = view;
  if (fork.height > tip.height) {
    return { misfit: 'hole', detail: `it begins at height ${fork.height}, the newest block seen is ${tip.height}`, resumeAt: tip };
  }
  for (const point of points) {
    if (point.height > fork.height) break;
    const known = hashAt(view, point.height);
    if (known !== undefined && known !== point.hash)
      return unknownFork(view, point.height, `another block was seen at height ${point.height}`);
  }
  for (const told of transactions) {
    const kept = view.transactions.find((known) => known.height <= fork.height && contradict(known, told));
    if (kept !== undefined)
      return unknownFork(view, kept.height, `a transaction of height ${told.height} contradicts one of ${kept.height}`);
  }
  return undefined;
}

function unknownFork(view: View, below: number, detail: string): ChainRefusal {
  const newest = view.transactions.findLast(({ height }) => height < below);
  const resumeAt = newest === undefined ? undefined : { height: newest.height, hash: newest.blockHash };
  return { misfit: 'unknown-fork', detail, resumeAt };
}

/** The hash of the block that was seen at this height; of most heights nothing is kept. */
function hashAt({ tip, transactions }: View, height: number): Hash32 | undefined {
  return tip.height === height ? tip.hash : transactions.find((known) => known.height === height)?.blockHash;
}

/** No chain has both: one transaction in two places, or two that spend the same output. */
function contradict(a: ConfirmedTx, b: ConfirmedTx): boolean {
  if (a.txid === b.txid) return a.height !== b.height;
  return a.tx.inputs.some((spent) => spends(b, spent));
}

function spends({ tx }: ConfirmedTx, { txid, vout }: Outpoint): boolean {
  return tx.inputs.some((input) => input.txid === txid && input.vout === vout);
}

/**
 * The view after an update, with those of its transactions that touch the channel. The same value where nothing changes. A refusal where it
 * does not fit.
 */
export function applyUpdate(view: View, update: ChainUpdate, touches: (confirmed: ConfirmedTx) => boolean): View | ChainRefusal {
  const misfit = misfitOf(view, update);
  if (misfit !== undefined) return misfit;
  const tip = samePoint(view.tip, update.tip) ? view.tip : update.tip;
  const transactions = fold(view.transactions, update, touches);
  return tip === view.tip && transactions === view.transactions ? view : { tip, transactions };
}

function fold(
  seen: readonly ConfirmedTx[],
  { fork, transactions: told }: ChainUpdate,
  touches: (confirmed: ConfirmedTx) => boolean,
): readonly ConfirmedTx[] {
  const last = seen.at(-1);
  if (told.length === 0 && (last === undefined || last.height <= fork.height)) return seen;
  const result = seen.filter(({ height }) => height <= fork.height);
  for (const confirmed of told) {
    if (!touches(confirmed)) continue;
    // What comes again keeps its identity.
    const again = seen.find(({ txid, blockHash }) => txid === confirmed.txid && blockHash === confirmed.blockHash);
    if (again === undefined || again.height > fork.height) result.push(again ?? confirmed);
  }
  result.sort(inChainOrder);
  return result.length === seen.length && result.every((confirmed, at) => confirmed === seen[at]) ? seen : result;
}

/** Where a transaction of this channel stands in the chain. */
export function confirmation({ transactions }: View, txid: Txid): ConfirmedTx | undefined {
  return transactions.find((confirmed) => confirmed.txid === txid);
}

/** How many blocks confirm it, its own counted as one; 0 while it is not in the chain. */
export function depth(view: View, txid: Txid): number {
  const confirmed = confirmation(view, txid);
  return confirmed === undefined ? 0 : view.tip.height - confirmed.height + 1;
}

/** The transaction in the chain that spends an output. */
export function spendOf({ transactions }: View, outpoint: Outpoint): ConfirmedTx | undefined {
  return transactions.find((confirmed) => spends(confirmed, outpoint));
}
