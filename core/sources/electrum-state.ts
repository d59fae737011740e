import type { SlicedTx } from '../bitcoin/block.ts';
import type { Hash32, Hex, Script, Txid } from '../crypto/bytes.ts';
import { NO_FRAGMENTS } from '../wire/fragments.ts';
import type { Fragments } from '../wire/fragments.ts';
import { lineOf } from './electrum-protocol.ts';
import type { ElectrumQuestion, HistoryEntry, ServerTip } from './electrum-protocol.ts';
import { trouble } from './following.ts';
import type { Following, Run } from './following.ts';
import { tipOf } from './header-chain.ts';
import type { SourceRule } from './rules.ts';
import type { SourceEffect, SourceInput } from './sources-vocabulary.ts';

/** Questions that may wait for answers at once. */
const MAX_QUESTIONS = 50;
/** How often what a server says may not fit together: while its chain is reorganised it does not. */
const MAX_DOUBTS = 5;

/** What a server says of a script, and the newest block of ours when it was last asked. */
export interface History {
  readonly status: Hex | undefined;
  readonly entries: readonly HistoryEntry[];
  readonly asOf: Hash32 | undefined;
}
/** A transaction, and where it is proved to be. */
export interface Proved {
  readonly tx: SlicedTx | undefined;
  readonly place: { readonly height: number; readonly index: number; readonly blockHash: Hash32 } | undefined;
}
export interface Asked {
  readonly question: ElectrumQuestion;
  readonly sinceMs: number;
  /** Our newest block then. */
  readonly tip: Hash32;
}

/**
 * Transactions from a server that speaks Electrum's protocol. It proves that what it shows is in the chain; it can keep back what there is, and
 * no proof covers witnesses: who has no reason to trust it takes a second one.
 */
export interface ElectrumState extends Following {
  readonly isUp: boolean;
  /** What came of a line that has not ended yet. */
  readonly line: Fragments;
  readonly asked: ReadonlyMap<number, Asked>;
  readonly lastId: number;
  /** What the server says that its newest block is. */
  readonly tip: ServerTip | undefined;
  readonly back: number;
  readonly histories: ReadonlyMap<Script, History>;
  readonly proved: ReadonlyMap<Txid, Proved>;
  readonly doubts: number;
  readonly pollAtMs: number;
}

export type ElectrumInput =
  | SourceInput
  /** A connection to a server is up: the one there is. */
  | { readonly kind: 'connected' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'gone' };

export type ElectrumEffect =
  | SourceEffect
  | { readonly kind: 'write'; readonly bytes: Uint8Array } /** To be followed by `connected`, to another server. */
  | { readonly kind: 'hang_up' };

export interface ElectrumStep {
  readonly state: ElectrumState;
  readonly effects: readonly ElectrumEffect[];
}

export type ElectrumRun = Run<ElectrumState, ElectrumEffect>;

/** What another server will say may differ. */
export function lineDown({ state }: ElectrumRun): void {
  state.isUp = false;
  state.line = NO_FRAGMENTS;
  state.asked = new Map();
  state.tip = undefined;
  state.back = 0;
  state.doubts = 0;
  state.histories = new Map();
  state.proved = new Map();
  state.pollAtMs = Infinity;
}

export function refuse(run: ElectrumRun, rule: SourceRule, detail: string): void {
  trouble(run, rule, detail);
  hangUp(run);
}

export function hangUp(run: ElectrumRun): void {
  lineDown(run);
  run.effects.push({ kind: 'hang_up' });
}

/** Something does not fit: while a chain is reorganised that happens. All is asked again, and nobody may be in doubt for ever. */
export function doubt(run: ElectrumRun, rule: SourceRule, detail: string): void {
  const { state } = run;
  if (++state.doubts > MAX_DOUBTS) return refuse(run, rule, detail);
  state.histories = new Map();
  state.proved = new Map();
  // Answers that are under way are of before.
  state.asked = new Map();
  state.tip = undefined;
  state.pollAtMs = state.nowMs + run.env.limits.retryMs;
}

/** Nothing where as many questions wait as may. */
export function ask({ env, state, effects }: ElectrumRun, question: ElectrumQuestion): void {
  if (state.asked.size >= MAX_QUESTIONS) return;
  const id = ++state.lastId;
  state.asked = new Map(state.asked).set(id, { question, sinceMs: state.nowMs, tip: tipOf(state.chain).hash });
  effects.push({ kind: 'write', bytes: lineOf(env.crypto, id, question) });
}
