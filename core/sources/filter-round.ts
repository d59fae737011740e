import type { Block } from '../bitcoin/block.ts';
import type { BlockTransaction } from '../chain/update.ts';
import type { Hash32, Script } from '../crypto/bytes.ts';
import { filterHash, filterHeader, isFiltered, matchesAny, missingFrom, readFilter } from './compact-filter.ts';
import { askPeer, isAsked, refuse, setRound } from './filter-state.ts';
import type { FilterRound, FilterRun, PeerName } from './filter-state.ts';
import { watchedIn } from './following.ts';
import { contains, headerAt, pointAt } from './header-chain.ts';
import type { HeaderChain } from './header-chain.ts';
import type { Look } from './scan.ts';
import { scriptsOf, watchOf } from './watches.ts';
import type { Watches } from './watches.ts';

/** Blocks whose filters are asked for together: some two megabytes. */
const MAX_ROUND_BLOCKS = 100;

export function blockAt(chain: HeaderChain, height: number): Hash32 {
  return (headerAt(chain, height) as { readonly hash: Hash32 }).hash;
}

/** The round that a look is in: the one under way, where it has the block. */
export function roundOf({ state }: FilterRun, { from, to }: Look): FilterRound {
  const { round, chain } = state;
  if (round !== undefined && round.from <= from && from <= round.to && contains(chain, { height: round.to, hash: round.stop }))
    return round;
  const end = Math.min(to, from + MAX_ROUND_BLOCKS - 1);
  state.round = { from, to: end, stop: blockAt(chain, end), said: new Map(), filters: new Map(), disputed: new Map(), block: undefined };
  return state.round;
}

/** The hash of the filter of a block on which these peers agree, all of whom have said theirs. */
export function agreedHash({ said, from }: FilterRound, names: readonly PeerName[], height: number): Hash32 | undefined {
  const hashes = new Set(names.map((name) => said.get(name)?.hashes[height - from]));
  return hashes.size === 1 ? [...hashes][0] : undefined;
}

interface Looked {
  readonly height: number;
  readonly transactions: readonly BlockTransaction[];
}

/** The next block of a look in which something is watched, or how far there is none. Undefined where something must be asked first. */
export function lookWithin(run: FilterRun, look: Look, names: readonly PeerName[]): Looked | undefined {
  const { state } = run;
  const round = roundOf(run, look);
  const silent = names.filter((name) => !round.said.has(name));
  for (const name of silent) askPeer(run, name, { kind: 'filter_hashes', from: round.from, stop: round.stop });
  if (silent.length > 0 || !hasFilters(run, round, names)) return undefined;
  const scripts = scriptsOf(look.watches);
  const to = Math.min(round.to, look.to);
  for (let height = look.from; height <= to; height++) {
    const hash = blockAt(state.chain, height);
    const bytes = round.filters.get(hash);
    const filter = bytes && readFilter(bytes);
    if (filter !== undefined && !matchesAny(filter, hash, scripts)) continue;
    const { block } = round;
    if (block?.header.hash !== hash) {
      if (!isAsked(state, 'block')) names.some((name) => askPeer(run, name, { kind: 'block', hash }));
      return undefined;
    }
    if (filter === undefined && !isJudged(run, look.watches, height, block, names)) return undefined;
    if (height === round.to) agree(run, round, names);
    return { height, transactions: watchedIn(run, block) };
  }
  agree(run, round, names);
  return { height: to, transactions: [] };
}

/** Whether every filter is there on which these peers agree; what is missing is asked for. */
function hasFilters(run: FilterRun, round: FilterRound, names: readonly PeerName[]): boolean {
  const { state } = run;
  for (let height = round.from; height <= round.to; height++) {
    if (round.filters.has(blockAt(state.chain, height)) || agreedHash(round, names, height) === undefined) continue;
    if (!isAsked(state, 'filters')) names.some((name) => askPeer(run, name, { kind: 'filters', from: height, stop: round.stop }));
    return false;
  }
  return true;
}

/** Whether each of these peers has shown its filter of a disputed block, and none that is left is proved to lie. */
function isJudged(run: FilterRun, watches: Watches, height: number, block: Block, names: readonly PeerName[]): boolean {
  const { state } = run;
  const { hash } = block.header;
  const open = names.filter((name) => state.round?.disputed.get(name)?.block !== hash);
  for (const name of open) askPeer(run, name, { kind: 'filters', from: height, stop: hash });
  if (open.length > 0) return false;
  const scripts = provedScripts(watches, block);
  const before = state.peers.size;
  for (const name of names) {
    const shown = state.round?.disputed.get(name);
    const filter = shown && readFilter(shown.bytes);
    if (filter === undefined) refuse(run, name, 'source.filter_bytes', `of block ${height}`);
    else if (missingFrom(filter, hash, scripts).length > 0) refuse(run, name, 'source.filter_hides', `a script of block ${height}`);
  }
  return state.peers.size === before;
}

/** Scripts that a true filter has: what the block pays to, and what of the watched it spends. */
function provedScripts(watches: Watches, { transactions }: Block): ReadonlySet<Script> {
  const scripts = new Set(transactions.flatMap((tx) => tx.scripts).filter(isFiltered));
  for (const { spends } of transactions)
    for (const spent of spends) {
      const script = watchOf(watches, spent)?.script;
      if (script !== undefined) scripts.add(script);
    }
  return scripts;
}

/** Remembers what commits to all filters up to the end of a round on which nobody disagreed. */
function agree({ env, state }: FilterRun, round: FilterRound, names: readonly PeerName[]): void {
  let header = round.said.get(names[0] as PeerName)?.previous;
  if (names.some((name) => round.said.get(name)?.previous !== header)) return;
  for (let height = round.from; height <= round.to && header !== undefined; height++) {
    const hash = agreedHash(round, names, height);
    header = hash && filterHeader(env.crypto, hash, header);
  }
  if (header !== undefined) state.agreed = { block: round.stop, header };
}

/** What a peer says that the filters of a round are. */
export function tookFilterHashes(
  run: FilterRun,
  name: PeerName,
  stop: Hash32,
  said: { readonly previous: Hash32; readonly hashes: readonly Hash32[] },
): void {
  const { state } = run;
  const { round, agreed, chain } = state;
  if (round?.stop !== stop) return;
  if (said.hashes.length !== round.to - round.from + 1)
    return refuse(run, name, 'source.unreadable', `${said.hashes.length} hashes of filters`);
  if (agreed !== undefined && pointAt(chain, round.from - 1)?.hash === agreed.block && agreed.header !== said.previous)
    return refuse(run, name, 'source.filter_headers', `another filter before block ${round.from}`);
  setRound(run, { said: new Map(round.said).set(name, said) });
}

/** A filter that was asked for: one that was agreed upon, or a peer's own of a disputed block. */
export function tookFilter(run: FilterRun, name: PeerName, usable: readonly PeerName[], height: number, bytes: Uint8Array): void {
  const { env, state } = run;
  const { round, chain } = state;
  if (round === undefined || height < round.from || height > round.to) return;
  const block = blockAt(chain, height);
  const said = round.said.get(name)?.hashes[height - round.from];
  if (said !== undefined && filterHash(env.crypto, bytes) !== said) return refuse(run, name, 'source.filter_hash', `of block ${height}`);
  if (agreedHash(round, usable, height) === undefined)
    return setRound(run, { disputed: new Map(round.disputed).set(name, { block, bytes }) });
  if (readFilter(bytes) === undefined) return refuse(run, name, 'source.filter_bytes', `of block ${height}`);
  setRound(run, { filters: new Map(round.filters).set(block, bytes) });
}
