import { readBlock, wholeTx } from '../bitcoin/block.ts';
import type { Block, BlockFault } from '../bitcoin/block.ts';
import { readHeader } from '../bitcoin/header.ts';
import type { BlockHeader } from '../bitcoin/header.ts';
import type { BlockTransaction } from '../chain/update.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { contains, extend, headerAt, headerChain, pointAt, tipHeight, tipOf } from './header-chain.ts';
import type { Extension, HeaderChain } from './header-chain.ts';
import type { SourceRule } from './rules.ts';
import { createScan, forked, lookedUpTo, nextLook, resumed, settled, watched } from './scan.ts';
import type { Look, Scan } from './scan.ts';
import type { SourceEffect, SourceEnv, SourceInput, SourceStart } from './sources-vocabulary.ts';
import { Matcher } from './watches.ts';

/** What every source keeps: the headers that it has checked, and how far the node was told. */
export interface Following {
  readonly chain: HeaderChain;
  readonly scan: Scan;
  readonly nowMs: number;
  /** The node has not yet taken what it was told last. */
  readonly hearing: boolean;
  /** The newest block that was called stale. */
  readonly stale: Hash32 | undefined;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** A source under way through one input: its state is a copy, to write to. */
export interface Run<S extends Following, Effect> {
  readonly env: SourceEnv;
  readonly state: Draft<S>;
  readonly effects: (Effect | SourceEffect)[];
}

/** @throws RangeError where the base is no header, above what was told, or at a height that is no multiple of 2016. */
export function startFollowing({ crypto, network }: SourceEnv, { told, floor, base, nowMs }: SourceStart): Following {
  const header = readHeader(crypto, fromHex(base.header));
  if (header === undefined) throw new RangeError('the base is no header');
  if (base.height > told.height) throw new RangeError(`headers begin at ${base.height}, above ${told.height}`);
  const scan = createScan(told, Math.max(floor ?? told.height, base.height + 1));
  return { chain: headerChain(network.work, base.height, header), scan, nowMs, hearing: false, stale: undefined };
}

/** Of any source: what it adds to is more than this. */
interface AnyRun {
  readonly env: SourceEnv;
  readonly state: Draft<Following>;
  readonly effects: { push(effect: SourceEffect): number };
}

export function trouble({ effects }: AnyRun, rule: SourceRule, detail: string): void {
  effects.push({ kind: 'trouble', rule, detail });
}

/** An input that means the same for every source. */
export function takeCommon({ state }: AnyRun, input: SourceInput): void {
  switch (input.kind) {
    case 'watch':
      state.scan = watched(state.scan, input.watch);
      return;
    case 'told':
      state.hearing = false;
      return;
    case 'chain_refused':
      state.hearing = false;
      state.scan = resumed(state.scan, state.chain, input.refusal.resumeAt);
      return;
    case 'time':
      state.nowMs = Math.max(state.nowMs, input.nowMs);
      return;
    case 'hint':
      return;
  }
}

/** What they come to. Trouble is told where they break a rule; the rest is the caller's to judge. */
export function takeHeaders(run: AnyRun, headers: readonly BlockHeader[]): Extension['kind'] {
  const { state } = run;
  const extension = extend(state.chain, headers);
  if (extension.kind === 'broken') trouble(run, extension.rule, extension.detail);
  if (extension.kind === 'extended') {
    // Headers that don't reach yet what the node was told of take nothing back.
    if (contains(state.chain, state.scan.looked.tip)) state.scan = forked(state.scan, extension.fork);
    state.chain = extension.chain;
  }
  return extension.kind;
}

/** What is to be looked at for the node. Undefined while it has not taken what it was told, and when it has heard of everything. */
export function lookNext(run: AnyRun): Look | undefined {
  const { state } = run;
  state.scan = settled(state.scan, state.chain);
  while (!state.hearing) {
    const look = nextLook(state.scan, state.chain);
    if (look === undefined || look.watches.size > 0) return look;
    tell(run, look, look.to, []);
  }
  return undefined;
}

/** Of a look, everything up to this height was looked at: in the block of that height these transactions are watched. */
export function tell(run: AnyRun, look: Look, height: number, transactions: readonly BlockTransaction[]): void {
  const { state, effects } = run;
  const { scan, input } = lookedUpTo(state.scan, state.chain, look, height, transactions);
  state.scan = scan;
  if (input === undefined) return;
  effects.push({ kind: 'chain', input, more: input.tip.height < tipHeight(state.chain) || scan.late !== undefined });
  state.hearing = true;
}

const BLOCK_RULES: Readonly<Record<BlockFault, SourceRule>> = {
  bytes: 'source.block_bytes',
  merkle: 'source.block_merkle',
  witness: 'source.block_witness',
};

/** The block of this hash, all of whose bytes hold; trouble is told where it is not. */
export function checkedBlock(run: AnyRun, hash: Hash32, bytes: Uint8Array): Block | undefined {
  const block = readBlock(run.env.crypto, bytes);
  if (typeof block === 'string') trouble(run, BLOCK_RULES[block], `block ${hash}, ${bytes.length} bytes`);
  else if (block.header.hash !== hash) trouble(run, 'source.other_block', `${block.header.hash} for ${hash}`);
  else return block;
  return undefined;
}

/** The transactions of a block that are watched by anybody: a late watch may find what another one had no script for. */
export function watchedIn({ state }: AnyRun, { transactions }: Block): readonly BlockTransaction[] {
  const matcher = new Matcher(state.scan.watches);
  return transactions.flatMap((sliced, index) => {
    const tx = matcher.concerns(sliced) ? wholeTx(sliced) : undefined;
    return tx === undefined ? [] : [{ index, tx }];
  });
}

/** Tells of a newest block that is very old, once. */
export function checkAge(run: AnyRun): void {
  const { env, state } = run;
  const tip = tipOf(state.chain);
  const ageMs = state.nowMs - (headerAt(state.chain, tip.height) as BlockHeader).time * 1000;
  if (ageMs <= env.limits.staleAfterMs || state.stale === tip.hash) return;
  state.stale = tip.hash;
  trouble(run, 'source.stale', `block ${tip.height} is ${Math.floor(ageMs / 60_000)} minutes old`);
}

/** Where headers are asked for: so far below the newest, and not below the base. */
export function startBelow({ chain }: Following, back: number): { readonly height: number; readonly hash: Hash32 } {
  const height = Math.max(chain.baseHeight, tipHeight(chain) - back);
  return pointAt(chain, height) ?? tipOf(chain);
}
