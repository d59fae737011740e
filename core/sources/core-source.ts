import type { BlockHeader } from '../bitcoin/header.ts';
import type { Hash32 } from '../crypto/bytes.ts';
import { readAnswer, requestOf } from './core-protocol.ts';
import type { CoreDoor, CoreInfo, CoreQuestion, HttpRequest } from './core-protocol.ts';
import {
  checkAge,
  checkedBlock,
  lookNext,
  startBelow,
  startFollowing,
  takeCommon,
  takeHeaders,
  tell,
  trouble,
  watchedIn,
} from './following.ts';
import type { Following, Run } from './following.ts';
import { contains, headerAt, pointAt, tipOf } from './header-chain.ts';
import { quoted } from './json.ts';
import type { SourceRule } from './rules.ts';
import type { SourceEffect, SourceEnv, SourceInput, SourceStart } from './sources-vocabulary.ts';

/** Headers that are asked for at once: over RPC each is a call of its own in a batch. */
const MAX_HEADERS = { rpc: 500, rest: 2000 } as const;

/** Whole blocks from a Bitcoin Core that need not be trusted: it can keep blocks back, and nothing else. */
export interface CoreState extends Following {
  readonly door: CoreDoor;
  /** One question at a time. */
  readonly asked: { readonly id: number; readonly question: CoreQuestion; readonly sinceMs: number } | undefined;
  readonly lastId: number;
  /** What the server last said that its newest block is; undefined where it is to be asked. */
  readonly info: CoreInfo | undefined;
  /** How far below our newest header we look for one that the server has, too. */
  readonly back: number;
  /** When it is asked for news again. */
  readonly pollAtMs: number;
  /** Until then nothing is asked: it has failed. */
  readonly pausedUntilMs: number;
}

export type CoreInput =
  | SourceInput
  /** What came back for a request: the body, cut where it is longer than the request allows by one byte or more. */
  | { readonly kind: 'answer'; readonly id: number; readonly status: number; readonly body: Uint8Array }
  /** There will be no answer. */
  | { readonly kind: 'unanswered'; readonly id: number; readonly why: string };

export type CoreEffect =
  SourceEffect | { readonly kind: 'request'; readonly id: number; readonly request: HttpRequest; readonly maxAnswerBytes: number };

export interface CoreStep {
  readonly state: CoreState;
  readonly effects: readonly CoreEffect[];
}

type CoreRun = Run<CoreState, CoreEffect>;

/** Asks at once. @throws RangeError where the start contradicts itself. */
export function createCoreSource(env: SourceEnv, door: CoreDoor, start: SourceStart): CoreState {
  const following = startFollowing(env, start);
  return { ...following, door, asked: undefined, lastId: 0, info: undefined, back: 0, pollAtMs: start.nowMs, pausedUntilMs: 0 };
}

/** When `time` is wanted next, in milliseconds of its clock. */
export function coreDeadline({ limits }: SourceEnv, { asked, pollAtMs, pausedUntilMs }: CoreState): number {
  return asked === undefined ? Math.max(pollAtMs, pausedUntilMs) : asked.sinceMs + limits.answerTimeoutMs;
}

/** Pure: what the server says is data, and whatever it says, this does not throw. */
export function coreStep(env: SourceEnv, before: CoreState, input: CoreInput): CoreStep {
  const run: CoreRun = { env, state: { ...before }, effects: [] };
  if (input.kind === 'answer') answered(run, input);
  else if (input.kind === 'unanswered') unanswered(run, input);
  else takeCommon(run, input);
  if (input.kind === 'hint') run.state.pollAtMs = run.state.nowMs;
  if (input.kind === 'time') passTime(run);
  advance(run);
  return { state: run.state, effects: run.effects };
}

function passTime(run: CoreRun): void {
  const { env, state } = run;
  if (state.asked === undefined || state.nowMs < state.asked.sinceMs + env.limits.answerTimeoutMs) return;
  trouble(run, 'source.slow', `no answer to ${state.asked.question.kind} for ${env.limits.answerTimeoutMs} ms`);
  pause(run);
}

/** The server is asked again, from the start, after a while. */
function pause({ env, state }: CoreRun): void {
  state.asked = undefined;
  state.info = undefined;
  state.back = 0;
  state.pausedUntilMs = state.nowMs + env.limits.retryMs;
  state.pollAtMs = state.pausedUntilMs;
}

/** All that it can say now was said: it is asked for news after a while. */
function rest({ env, state }: CoreRun): void {
  state.info = undefined;
  state.back = 0;
  state.pollAtMs = state.nowMs + env.limits.pollMs;
}

function ask({ env, state, effects }: CoreRun, question: CoreQuestion): void {
  const id = ++state.lastId;
  state.asked = { id, question, sinceMs: state.nowMs };
  effects.push({ kind: 'request', id, request: requestOf(state.door, question), maxAnswerBytes: env.limits.maxAnswerBytes });
}

/** Asks for what is missing: headers, then blocks, then news. */
function advance(run: CoreRun): void {
  const { state } = run;
  if (state.asked !== undefined || state.nowMs < state.pausedUntilMs) return;
  if (state.info !== undefined && !contains(state.chain, state.info)) return ask(run, headersQuestion(state, state.info));
  const look = lookNext(run);
  const next = look && pointAt(state.chain, look.from);
  if (next !== undefined) return ask(run, { kind: 'block', hash: next.hash });
  if (state.info !== undefined) rest(run);
  if (state.nowMs >= state.pollAtMs) ask(run, { kind: 'info' });
}

function headersQuestion(state: CoreState, { height }: CoreInfo): CoreQuestion {
  const start = startBelow(state, state.back);
  const count = MAX_HEADERS[state.door];
  if (state.door === 'rest') return { kind: 'headers_from', hash: start.hash, count };
  const from = Math.max(state.chain.baseHeight, Math.min(start.height, height));
  return { kind: 'hashes', from, count: Math.max(1, Math.min(count, height - from + 1)) };
}

function unanswered(run: CoreRun, { id, why }: Extract<CoreInput, { kind: 'unanswered' }>): void {
  if (run.state.asked?.id !== id) return;
  trouble(run, 'source.failed', quoted(why));
  pause(run);
}

function answered(run: CoreRun, { id, status, body }: Extract<CoreInput, { kind: 'answer' }>): void {
  const { env, state } = run;
  if (state.asked?.id !== id) return;
  const { question } = state.asked;
  state.asked = undefined;
  if (body.length > env.limits.maxAnswerBytes) return refuse(run, 'source.too_long', `an answer to ${question.kind}`);
  const answer = readAnswer(env.crypto, state.door, question, status, body);
  switch (answer.kind) {
    case 'fault':
      return refuse(run, answer.rule, answer.detail);
    case 'info':
      return tookInfo(run, answer);
    case 'hashes':
      return tookHashes(run, question, answer.hashes);
    case 'headers':
      return tookHeaders(run, answer.headers);
    case 'block':
      return tookBlock(run, question, answer.bytes);
  }
}

function refuse(run: CoreRun, rule: SourceRule, detail: string): void {
  trouble(run, rule, detail);
  pause(run);
}

function tookInfo(run: CoreRun, info: CoreInfo): void {
  const { env, state } = run;
  const tip = tipOf(state.chain);
  if (info.chain !== env.network.name) return refuse(run, 'source.other_network', `${quoted(info.chain)} for ${env.network.name}`);
  if (info.hash !== tip.hash && contains(state.chain, info))
    return refuse(run, 'source.less_work', `its newest block is ${info.height}, ${tip.height} was shown`);
  state.info = info;
  if (info.hash === tip.hash) checkAge(run);
}

/** Of its best chain from a height on: as far as it is ours there is nothing to ask, and where the first is not, the two part further below. */
function tookHashes(run: CoreRun, question: CoreQuestion, hashes: readonly Hash32[]): void {
  const { state } = run;
  if (question.kind !== 'hashes') return;
  const known = hashes.findIndex((hash, i) => headerAt(state.chain, question.from + i)?.hash !== hash);
  if (known === 0) return deeper(run, question.from);
  if (known < 0) return rest(run);
  ask(run, { kind: 'headers', hashes: hashes.slice(known) });
}

function tookHeaders(run: CoreRun, headers: readonly BlockHeader[]): void {
  const { state } = run;
  if (headers.length === 0) return deeper(run, startBelow(state, state.back).height);
  switch (takeHeaders(run, headers)) {
    case 'extended':
      state.back = 0;
      return;
    case 'known':
    case 'gap':
      // Its chain has changed since it was asked.
      return rest(run);
    case 'weaker':
      return refuse(run, 'source.less_work', `its chain has less work than what was shown`);
    case 'broken':
      return pause(run);
  }
}

/** The server does not have the block of ours that was the last hope for this height. */
function deeper(run: CoreRun, height: number): void {
  const { state } = run;
  if (height <= state.chain.baseHeight)
    return refuse(run, 'source.other_chain', `it has another block at height ${state.chain.baseHeight}`);
  state.back = 2 * state.back + 6;
}

function tookBlock(run: CoreRun, question: CoreQuestion, bytes: Uint8Array): void {
  const { state } = run;
  if (question.kind !== 'block') return;
  const block = checkedBlock(run, question.hash, bytes);
  if (block === undefined) return pause(run);
  // What was to be looked at may have changed since the block was asked for.
  const look = lookNext(run);
  if (look === undefined || pointAt(state.chain, look.from)?.hash !== question.hash) return;
  tell(run, look, look.from, watchedIn(run, block));
}
