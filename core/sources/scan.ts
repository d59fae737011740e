import type { BlockTransaction, ChainBlock, ChainInput, ChainPoint } from '../chain/update.ts';
import { IRREVOCABLE_DEPTH } from '../chain/view.ts';
import { contains, pointAt, tipHeight } from './header-chain.ts';
import type { HeaderChain } from './header-chain.ts';
import { withWatch } from './watches.ts';
import type { Watch, Watches } from './watches.ts';

/** So many blocks in which nothing is watched are told at once at most, and so many are looked through in one go. */
const MAX_RUN_BLOCKS = 1000;

/**
 * How far a node was told of a chain, and what is to be looked at next, whatever the source. A block counts as told when it was matched against
 * all that is watched, with what the node asked for when it heard of that very block: until then the height does not move.
 */
export interface Scan {
  /** The newest block that the node was told of. */
  readonly told: ChainPoint;
  /** The newest block that the node was told of and that is still in the chain. */
  readonly fork: ChainPoint;
  /** Blocks above `fork` that were looked at, as far as something is watched in them; and the newest of them. */
  readonly looked: { readonly tip: ChainPoint; readonly blocks: readonly ChainBlock[] };
  readonly watches: Watches;
  /** Watches for blocks that the node was told of before it asked, and the first block that has not been looked at for them. */
  readonly late: { readonly from: number; readonly watches: Watches } | undefined;
  /** Nothing below is looked at: what was to be seen there was seen in an earlier life. */
  readonly floor: number;
}

/** Blocks to look at, in order: everything in `from` to `to` that these watches want. */
export interface Look {
  readonly kind: 'late' | 'new';
  readonly from: number;
  readonly to: number;
  readonly watches: Watches;
}

/** `told`: the newest block that the node has seen, durably. `floor`: the first block that late watches look at, by default that block. */
export function createScan(told: ChainPoint, floor: number = told.height): Scan {
  return { told, fork: told, looked: { tip: told, blocks: [] }, watches: new Map(), late: undefined, floor };
}

/** One more watch. What was looked at and not told is looked at again. */
export function watched(scan: Scan, watch: Watch): Scan {
  const watches = withWatch(scan.watches, watch);
  if (watches === scan.watches) return scan;
  const { told, fork, late, floor } = scan;
  const more = { told, fork, looked: { tip: fork, blocks: [] }, watches, late, floor };
  return again(more, withWatch(new Map(), watch), Math.max(floor, watch.fromHeight));
}

/** Something of these watches has turned up in blocks that the node was told of: they are looked at again from this height on. */
export function again({ told, fork, looked, watches, late, floor }: Scan, found: Watches, from: number): Scan {
  if (from > told.height || found.size === 0) return { told, fork, looked, watches, late, floor };
  const all = { from: Math.min(from, late?.from ?? from), watches: new Map([...(late?.watches ?? []), ...found]) };
  return { told, fork, looked: { tip: fork, blocks: [] }, watches, late: all, floor };
}

/** The chain has changed above this block. */
export function forked({ told, fork, looked, watches, late, floor }: Scan, at: ChainPoint): Scan {
  if (at.height >= looked.tip.height) return { told, fork, looked, watches, late, floor };
  const lower = at.height < fork.height ? at : fork;
  // What stands above it now was seen in no life.
  return { told, fork: lower, looked: { tip: lower, blocks: [] }, watches, late, floor: Math.min(floor, lower.height + 1) };
}

/** The node has seen less than it was told, or something else: it is told again from this block on, or from below. */
export function resumed({ watches, late, floor }: Scan, chain: HeaderChain, at: ChainPoint | undefined): Scan {
  const base = pointAt(chain, chain.baseHeight) as ChainPoint;
  const from = at ?? base;
  return settled({ told: from, fork: from, looked: { tip: from, blocks: [] }, watches, late, floor: Math.min(floor, from.height) }, chain);
}

/** Finds a fork in this chain where another chain was told of, and nobody knows where the two part. */
export function settled(scan: Scan, chain: HeaderChain): Scan {
  if (contains(chain, scan.fork) || tipHeight(chain) < scan.fork.height) return scan;
  const height = Math.max(chain.baseHeight, scan.fork.height - IRREVOCABLE_DEPTH);
  return forked(scan, pointAt(chain, height) as ChainPoint);
}

/** What is to be looked at next. Undefined where the node was told of everything. */
export function nextLook({ told, fork, looked, watches, late }: Scan, chain: HeaderChain): Look | undefined {
  if (!contains(chain, looked.tip)) return undefined;
  const best = tipHeight(chain);
  // A reorganisation first: late watches look at the chain as it is.
  if (late !== undefined && fork.height === told.height) {
    const to = Math.min(told.height, late.from + MAX_RUN_BLOCKS - 1);
    return { kind: 'late', from: late.from, to, watches: late.watches };
  }
  const from = looked.tip.height + 1;
  return from > best ? undefined : { kind: 'new', from, to: Math.min(best, from + MAX_RUN_BLOCKS - 1), watches };
}

/** What the node is told, and whether more is to come before it has heard of the whole chain. */
export interface Telling {
  readonly scan: Scan;
  readonly input: ChainInput | undefined;
}

/** Of what was to be looked at, everything up to this height was: nothing in it is watched but these transactions, in the block of that height. */
export function lookedUpTo(scan: Scan, chain: HeaderChain, look: Look, height: number, transactions: readonly BlockTransaction[]): Telling {
  const point = pointAt(chain, height) as ChainPoint;
  const block: ChainBlock[] = transactions.length === 0 ? [] : [{ height, hash: point.hash, transactions }];
  return look.kind === 'late' ? lookedAgain(scan, height, block) : lookedAbove(scan, chain, point, block);
}

function lookedAgain({ told, fork, looked, watches, late, floor }: Scan, height: number, blocks: readonly ChainBlock[]): Telling {
  const rest = late === undefined || height >= told.height ? undefined : { from: height + 1, watches: late.watches };
  const scan = { told, fork, looked, watches, late: rest, floor };
  return { scan, input: blocks.length === 0 ? undefined : { kind: 'chain', fork: told, blocks, tip: told } };
}

/** A height that the node has seen is not left again: what replaces blocks is told as a whole. */
function lookedAbove(scan: Scan, chain: HeaderChain, tip: ChainPoint, news: readonly ChainBlock[]): Telling {
  const { told, fork, watches, late, floor } = scan;
  const blocks = [...scan.looked.blocks, ...news];
  const isBest = tip.height === tipHeight(chain);
  const isDue = blocks.length > 0 || late !== undefined || tip.height - fork.height >= MAX_RUN_BLOCKS;
  const isTold = isBest || (tip.height >= told.height && isDue);
  if (!isTold) return { scan: { told, fork, looked: { tip, blocks }, watches, late, floor }, input: undefined };
  const after = { told: tip, fork: tip, looked: { tip, blocks: [] }, watches, late, floor };
  return { scan: after, input: { kind: 'chain', fork, blocks, tip } };
}
