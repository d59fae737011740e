import type { BlockHeader } from '../bitcoin/header.ts';
import type { ChainPoint } from '../chain/update.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { meetsTarget, requiredBits, RETARGET_BLOCKS, workOf } from './proof-of-work.ts';
import type { WorkRules } from './proof-of-work.ts';

/** Of so many blocks before it, a block's time is later than the median. */
const MEDIAN_BLOCKS = 11;
/** BIP 94: so much earlier than the block before it may the first block of a period be, in seconds. */
const PERIOD_STEP_BACK_SECONDS = 600;

/**
 * The headers that have the most work of all that were shown, each checked: from one that is taken on trust, at a height that is a multiple of
 * `RETARGET_BLOCKS`, to the newest.
 */
export interface HeaderChain {
  readonly rules: WorkRules;
  readonly baseHeight: number;
  readonly headers: readonly BlockHeader[];
}

export type HeaderFault = 'source.unlinked_headers' | 'source.proof_of_work' | 'source.difficulty' | 'source.header_time';

/** What more headers come to. */
export type Extension =
  /** There is more work than before. `fork`: the newest block that was in the chain and still is. */
  | { readonly kind: 'extended'; readonly chain: HeaderChain; readonly fork: ChainPoint }
  /** All of them were there. */
  | { readonly kind: 'known' }
  /** They are valid, and have no more work than what they would replace. */
  | { readonly kind: 'weaker'; readonly fork: ChainPoint }
  /** The first of them builds on nothing that is known. */
  | { readonly kind: 'gap' }
  | { readonly kind: 'broken'; readonly rule: HeaderFault; readonly detail: string };

/** @throws RangeError where the height is no multiple of `RETARGET_BLOCKS`: the next difficulty could not be checked. */
export function headerChain(rules: WorkRules, baseHeight: number, base: BlockHeader): HeaderChain {
  if (!Number.isSafeInteger(baseHeight) || baseHeight < 0 || baseHeight % RETARGET_BLOCKS !== 0)
    throw new RangeError(`headers begin at a multiple of ${RETARGET_BLOCKS}, not at ${baseHeight}`);
  return { rules, baseHeight, headers: [base] };
}

export function tipHeight({ baseHeight, headers }: HeaderChain): number {
  return baseHeight + headers.length - 1;
}

export function tipOf(chain: HeaderChain): ChainPoint {
  return { height: tipHeight(chain), hash: (chain.headers.at(-1) as BlockHeader).hash };
}

export function headerAt({ baseHeight, headers }: HeaderChain, height: number): BlockHeader | undefined {
  return headers[height - baseHeight];
}

export function pointAt(chain: HeaderChain, height: number): ChainPoint | undefined {
  const header = headerAt(chain, height);
  return header === undefined ? undefined : { height, hash: header.hash };
}

export function contains(chain: HeaderChain, { height, hash }: ChainPoint): boolean {
  return headerAt(chain, height)?.hash === hash;
}

/** Blocks of the chain from the newest down, ever further apart, and the first: where another chain meets it is found with few of them. */
export function locator({ headers }: HeaderChain): readonly Hash32[] {
  const hashes: Hash32[] = [];
  let step = 1;
  for (let at = headers.length - 1; at > 0; at -= step) {
    hashes.push((headers[at] as BlockHeader).hash);
    if (hashes.length >= 10) step *= 2;
  }
  return [...hashes, (headers[0] as BlockHeader).hash];
}

/** Headers in the order of their heights, each building on the one before it. The chain is the same value where nothing is won. */
export function extend(chain: HeaderChain, told: readonly BlockHeader[]): Extension {
  const [first] = told;
  if (first === undefined) return { kind: 'known' };
  const parent = chain.headers.findLastIndex(({ hash }) => hash === first.previous);
  // The first header of all, whose parent nobody has, may be told again.
  if (parent < 0 && chain.headers[0]?.hash !== first.hash) return { kind: 'gap' };
  const start = parent + 1;
  let known = 0;
  while (known < told.length && chain.headers[start + known]?.hash === told[known]?.hash) known++;
  if (known === told.length) return { kind: 'known' };
  return branch(chain, start + known, told.slice(known));
}

/** `news` would stand from this place on. */
function branch(chain: HeaderChain, place: number, news: readonly BlockHeader[]): Extension {
  const { rules, baseHeight, headers } = chain;
  const next = headers.slice(0, place);
  for (const header of news) {
    const rule = faultOf(rules, next, header);
    if (rule !== undefined) return { kind: 'broken', rule, detail: `header ${header.hash} at height ${baseHeight + next.length}` };
    next.push(header);
  }
  const fork = { height: baseHeight + place - 1, hash: (next[place - 1] as BlockHeader).hash };
  if (place < headers.length && sumOf(news) <= sumOf(headers.slice(place))) return { kind: 'weaker', fork };
  return { kind: 'extended', chain: { rules, baseHeight, headers: next }, fork };
}

function sumOf(headers: readonly BlockHeader[]): bigint {
  return headers.reduce((sum, { bits }) => sum + workOf(bits), 0n);
}

function faultOf(rules: WorkRules, before: readonly BlockHeader[], header: BlockHeader): HeaderFault | undefined {
  const last = before.at(-1) as BlockHeader;
  if (header.previous !== last.hash) return 'source.unlinked_headers';
  if (header.bits !== requiredBits(rules, before, header.time)) return 'source.difficulty';
  if (!meetsTarget(header)) return 'source.proof_of_work';
  return timeHolds(rules, before, header.time) ? undefined : 'source.header_time';
}

function timeHolds({ fromFirst }: WorkRules, before: readonly BlockHeader[], time: number): boolean {
  const last = before.at(-1) as BlockHeader;
  if (fromFirst && before.length % RETARGET_BLOCKS === 0 && time < last.time - PERIOD_STEP_BACK_SECONDS) return false;
  // Right behind the base the median is of blocks that nobody has shown.
  if (before.length < MEDIAN_BLOCKS) return true;
  const times = before.slice(-MEDIAN_BLOCKS).map((one) => one.time);
  return time > (times.sort((a, b) => a - b)[MEDIAN_BLOCKS >> 1] as number);
}
