import type { Block } from '../bitcoin/block.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { trouble } from './following.ts';
import type { Following, Run } from './following.ts';
import { NOTHING_UNREAD, questionMessage, versionMessage } from './p2p-protocol.ts';
import type { P2pQuestion, Unread } from './p2p-protocol.ts';
import type { SourceRule } from './rules.ts';
import type { SourceEffect, SourceInput } from './sources-vocabulary.ts';

/** A peer, by the name that the host gives it: whatever tells it from the others. */
export type PeerName = string;

export interface FilterPeer {
  readonly stage: 'greeting' | 'ready';
  readonly unread: Unread;
  /** One question at a time, the greeting among them. */
  readonly asked: { readonly question: P2pQuestion | { readonly kind: 'greeting' }; readonly sinceMs: number } | undefined;
  /** It has said what headers it has since it was last asked for news. */
  readonly isHeard: boolean;
  /** Its chain has less work than what was shown. */
  readonly isBehind: boolean;
}

/** What one peer says that the filters of some blocks are. */
interface FilterHashes {
  readonly previous: Hash32;
  readonly hashes: readonly Hash32[];
}

/** Some blocks that are looked at together. */
export interface FilterRound {
  readonly from: number;
  readonly to: number;
  /** The last of them. */
  readonly stop: Hash32;
  readonly said: ReadonlyMap<PeerName, FilterHashes>;
  /** By block; only such as have the hash that was agreed upon. */
  readonly filters: ReadonlyMap<Hash32, Uint8Array>;
  /** What each peer has sent for a block about whose filter they don't agree. */
  readonly disputed: ReadonlyMap<PeerName, { readonly block: Hash32; readonly bytes: Uint8Array }>;
  readonly block: Block | undefined;
}

/**
 * Compact filters (BIP 157, 158) from at least two peers, and whole blocks where a filter matches, or where peers don't agree on it. While one of
 * them is honest nothing is hidden; where all of them lie in the same way, all is.
 */
export interface FilterState extends Following {
  readonly peers: ReadonlyMap<PeerName, FilterPeer>;
  readonly round: FilterRound | undefined;
  /** The newest block whose filter was agreed upon, with what commits to it. */
  readonly agreed: { readonly block: Hash32; readonly header: Hash32 } | undefined;
  readonly pollAtMs: number;
}

export type FilterInput =
  | SourceInput
  | { readonly kind: 'connected'; readonly peer: PeerName }
  | { readonly kind: 'bytes'; readonly peer: PeerName; readonly bytes: Uint8Array }
  | { readonly kind: 'gone'; readonly peer: PeerName };

export type FilterEffect =
  | SourceEffect
  | { readonly kind: 'write'; readonly peer: PeerName; readonly bytes: Uint8Array }
  /** To be replaced by another peer. */
  | { readonly kind: 'hang_up'; readonly peer: PeerName };

export interface FilterStep {
  readonly state: FilterState;
  readonly effects: readonly FilterEffect[];
}

export type FilterRun = Run<FilterState, FilterEffect>;

export function greet({ env, state, effects }: FilterRun, name: PeerName): void {
  const asked = { question: { kind: 'greeting' }, sinceMs: state.nowMs } as const;
  state.peers = new Map(state.peers).set(name, { stage: 'greeting', unread: NOTHING_UNREAD, asked, isHeard: false, isBehind: false });
  effects.push({ kind: 'write', peer: name, bytes: versionMessage(env.crypto, env.network.magic, state.nowMs) });
}

export function setPeer({ state }: FilterRun, name: PeerName, change: Partial<FilterPeer>): void {
  const peer = state.peers.get(name);
  if (peer !== undefined) state.peers = new Map(state.peers).set(name, { ...peer, ...change });
}

export function setRound({ state }: FilterRun, change: Partial<FilterRound>): void {
  if (state.round !== undefined) state.round = { ...state.round, ...change };
}

/** Nothing of what it said counts any more. */
export function forgetPeer({ state }: FilterRun, name: PeerName): void {
  const peers = new Map(state.peers);
  peers.delete(name);
  state.peers = peers;
  if (state.round === undefined) return;
  const [said, disputed] = [new Map(state.round.said), new Map(state.round.disputed)];
  said.delete(name);
  disputed.delete(name);
  state.round = { ...state.round, said, disputed };
}

export function hangUp(run: FilterRun, name: PeerName): void {
  forgetPeer(run, name);
  run.effects.push({ kind: 'hang_up', peer: name });
}

export function refuse(run: FilterRun, name: PeerName, rule: SourceRule, detail: string): void {
  trouble(run, rule, `${name}: ${detail}`);
  hangUp(run, name);
}

/** False where it has not answered what it was asked before. */
export function askPeer(run: FilterRun, name: PeerName, question: P2pQuestion): boolean {
  const { env, state, effects } = run;
  const peer = state.peers.get(name);
  if (peer?.stage !== 'ready' || peer.asked !== undefined) return false;
  setPeer(run, name, { asked: { question, sinceMs: state.nowMs } });
  effects.push({ kind: 'write', peer: name, bytes: questionMessage(env.crypto, env.network.magic, question) });
  return true;
}

export function readyPeers({ peers }: FilterState): readonly PeerName[] {
  return [...peers].filter(([, { stage }]) => stage === 'ready').map(([name]) => name);
}

/** Whether some peer was asked this and has not answered. */
export function isAsked({ peers }: FilterState, kind: P2pQuestion['kind']): boolean {
  return [...peers.values()].some(({ asked }) => asked?.question.kind === kind);
}
