import type { ChainPoint } from '../../chain/update.ts';
import type { Script } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import type { MonitorUpdate } from '../../knowledge/updates.ts';
import type { ClaimSigner } from '../../monitor/claim-signer.ts';
import { CommitmentCache } from '../../monitor/commitment-cache.ts';
import { Log } from '../../monitor/log.ts';
import { DEFAULT_CHAIN_POLICY } from '../../monitor/policy.ts';
import type { ChainPolicy } from '../../monitor/policy.ts';
import { watcherOf } from '../../monitor/records.ts';
import type { WatcherRecord } from '../../monitor/records.ts';
import type { ChannelSlot } from '../node-vocabulary.ts';
import { createWatcher, learnAll } from '../../monitor/watcher.ts';
import type { WatcherState } from '../../monitor/watcher-vocabulary.ts';

/** What a node needs to claim on the chain what is its own. */
export interface Claiming {
  readonly signer: ClaimSigner;
  /** Where all that is claimed is paid: a P2WPKH or P2WSH script. */
  readonly destination: Script;
  readonly policy: ChainPolicy;
  readonly cache: CommitmentCache;
}

export function createClaiming(crypto: Crypto, { signer, destination }: Pick<Claiming, 'signer' | 'destination'>): Claiming {
  return { signer, destination, policy: DEFAULT_CHAIN_POLICY, cache: new CommitmentCache(crypto) };
}

/** The node's own watcher of one channel. */
export interface Watching {
  readonly state: WatcherState;
  /** What the channel has told since, and the watcher has not learned: nothing in the chain asks for it yet. */
  readonly told: Log<MonitorUpdate>;
  /** What the watcher has done, and rides in the channel's next store. */
  readonly unstored: readonly WatcherRecord[];
}

/** So much is learned at once: of a channel that sees no block. */
const MOST_TOLD = 1000;

const NOTHING: readonly WatcherRecord[] = [];

export function startWatching(tip: ChainPoint): Watching {
  return { state: createWatcher(tip), told: new Log(), unstored: NOTHING };
}

/** As it was stored. `tip`: what its channel had seen in the same store. */
export function resumeWatching(tip: ChainPoint, records: readonly WatcherRecord[]): Watching {
  const { state, updates } = watcherOf(tip, records);
  return { state, told: new Log<MonitorUpdate>().with(updates), unstored: NOTHING };
}

/** After a store of its channel, which tells it this and takes along what it has done. */
export function told(crypto: Crypto, { state, told: before }: Watching, updates: readonly MonitorUpdate[]): Watching {
  const all = before.with(updates);
  if (all.length < MOST_TOLD) return { state, told: all, unstored: NOTHING };
  return { state: learnAll(crypto, state, all.first(all.length)), told: new Log(), unstored: NOTHING };
}

/** With this state, which has learned all that was told. */
export function after({ unstored }: Watching, state: WatcherState, records: readonly WatcherRecord[]): Watching {
  return { state, told: new Log(), unstored: records.length === 0 ? unstored : [...unstored, ...records] };
}

/** What a channel that failed has to hear of still: its watcher has something to learn, or nothing more to do. */
export function isOwed(slot: ChannelSlot): boolean {
  return slot.state.phase === 'failed' && slot.watching !== undefined && (slot.watching.told.length > 0 || mayBeForgotten(slot));
}

/** Nothing is left to watch (BOLT 5: every output is irrevocably resolved), and the host has acknowledged all that it was told. */
export function mayBeForgotten({ state, watching }: ChannelSlot): boolean {
  return state.host.events.length === 0 && watching?.state.acts.told.some(({ fact }) => fact.kind === 'resolved') === true;
}
