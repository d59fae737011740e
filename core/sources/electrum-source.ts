import type { SlicedTx } from '../bitcoin/block.ts';
import { rootOfBranch, TWO_HASHES_BYTES } from '../bitcoin/merkle.ts';
import type { Hash32, Hex, Script, Txid } from '../crypto/bytes.ts';
import { NO_FRAGMENTS } from '../wire/fragments.ts';
import { collect, currentHistories } from './electrum-collect.ts';
import { readLine, readResult, scriptHash, statusOf } from './electrum-protocol.ts';
import type { ElectrumAnswer, ElectrumQuestion, HistoryEntry, ServerTip } from './electrum-protocol.ts';
import { ask, doubt, hangUp, lineDown, refuse } from './electrum-state.ts';
import type { Asked, ElectrumInput, ElectrumRun, ElectrumState, ElectrumStep, History, Proved } from './electrum-state.ts';
import { checkAge, lookNext, startBelow, startFollowing, takeCommon, takeHeaders, tell, trouble } from './following.ts';
import { contains, headerAt, tipOf } from './header-chain.ts';
import { splitLines } from './lines.ts';
import { again } from './scan.ts';
import type { SourceEnv, SourceStart } from './sources-vocabulary.ts';
import { scriptsOf, watchesOf } from './watches.ts';

/** @throws RangeError where the start contradicts itself. */
export function createElectrumSource(env: SourceEnv, start: SourceStart): ElectrumState {
  const following = startFollowing(env, start);
  const line = { isUp: false, line: NO_FRAGMENTS, asked: new Map(), lastId: 0, tip: undefined, back: 0 };
  return { ...following, ...line, histories: new Map(), proved: new Map(), doubts: 0, pollAtMs: Infinity };
}

/** When `time` is wanted next, in milliseconds of its clock; `Infinity` while there is no connection. */
export function electrumDeadline({ limits }: SourceEnv, { asked, pollAtMs }: ElectrumState): number {
  let least = pollAtMs;
  for (const { sinceMs } of asked.values()) least = Math.min(least, sinceMs + limits.answerTimeoutMs);
  return least;
}

/** Pure: what the server says is data, and whatever it says, this does not throw. */
export function electrumStep(env: SourceEnv, before: ElectrumState, input: ElectrumInput): ElectrumStep {
  const run: ElectrumRun = { env, state: { ...before }, effects: [] };
  switch (input.kind) {
    case 'connected':
      connected(run);
      break;
    case 'gone':
      lineDown(run);
      break;
    case 'bytes':
      if (!run.state.isUp || !received(run, input.bytes)) return { state: run.state, effects: [] };
      break;
    case 'watch':
      if (input.watch.script === undefined) trouble(run, 'source.unwatchable', 'no script');
      takeCommon(run, input);
      break;
    case 'hint':
      run.state.pollAtMs = run.state.nowMs;
      break;
    default:
      takeCommon(run, input);
  }
  if (run.state.isUp && input.kind === 'time') passTime(run);
  if (run.state.isUp) advance(run);
  return { state: run.state, effects: run.effects };
}

function connected(run: ElectrumRun): void {
  const { state } = run;
  lineDown(run);
  state.isUp = true;
  state.pollAtMs = state.nowMs;
  ask(run, { kind: 'version' });
}

function passTime(run: ElectrumRun): void {
  const { env, state } = run;
  for (const { question, sinceMs } of state.asked.values())
    if (state.nowMs >= sinceMs + env.limits.answerTimeoutMs) return refuse(run, 'source.slow', `no answer to ${question.kind}`);
}

/** Whether something came of it: a part of a line says nothing. */
function received(run: ElectrumRun, bytes: Uint8Array): boolean {
  const { env, state } = run;
  const split = splitLines(state.line, bytes, env.limits.maxAnswerBytes);
  if (split === undefined) {
    refuse(run, 'source.too_long', `a line of more than ${env.limits.maxAnswerBytes} bytes`);
    return true;
  }
  state.line = split.rest;
  for (const line of split.lines) if (state.isUp) tookLine(run, line);
  return split.lines.length > 0;
}

function tookLine(run: ElectrumRun, line: Uint8Array): void {
  const { env, state } = run;
  const read = readLine(env.crypto, line);
  switch (read.kind) {
    case 'unreadable':
      return refuse(run, 'source.unreadable', `a line of ${line.length} bytes`);
    case 'new_tip':
      return tookTip(run, read.tip);
    case 'new_status': {
      const changed = [...state.histories].find(([script]) => scriptHash(env.crypto, script) === read.scriptHash);
      if (changed !== undefined) setHistory(run, changed[0], { ...changed[1], asOf: undefined });
      return;
    }
    case 'error':
    case 'result': {
      const asked = state.asked.get(read.id);
      if (asked === undefined) return;
      const rest = new Map(state.asked);
      rest.delete(read.id);
      state.asked = rest;
      if (read.kind === 'error') return doubt(run, 'source.failed', `${asked.question.kind}: ${read.detail}`);
      const answer = readResult(env.crypto, asked.question, read.value);
      if (answer === undefined) return refuse(run, 'source.unreadable', `an answer to ${asked.question.kind}`);
      return tookAnswer(run, asked, answer);
    }
  }
}

function tookAnswer(run: ElectrumRun, { question, tip }: Asked, answer: ElectrumAnswer): void {
  switch (answer.kind) {
    case 'version':
      return;
    case 'tip':
      tookTip(run, answer.tip);
      if (run.state.isUp && run.state.tip?.header.hash === tipOf(run.state.chain).hash) checkAge(run);
      return;
    case 'headers':
      return tookHeaders(run, question as Of<'headers'>, answer.headers);
    case 'status':
      return tookStatus(run, question as Of<'status'>, answer.status, tip);
    case 'history':
      return tookHistory(run, question as Of<'history'>, answer.entries, tip);
    case 'transaction':
      return tookTransaction(run, question as Of<'transaction'>, answer.tx);
    case 'proof':
      return tookProof(run, question as Of<'proof'>, answer);
  }
}

type Of<K extends ElectrumQuestion['kind']> = Extract<ElectrumQuestion, { kind: K }>;

function tookTip(run: ElectrumRun, tip: ServerTip): void {
  const { env, state } = run;
  const ours = tipOf(state.chain);
  if (tip.header.hash !== ours.hash && contains(state.chain, { height: tip.height, hash: tip.header.hash }))
    return refuse(run, 'source.less_work', `its newest block is ${tip.height}, ${ours.height} was shown`);
  state.tip = tip;
  state.pollAtMs = state.nowMs + env.limits.pollMs;
  // The usual case: one block more.
  if (tip.header.previous === ours.hash && takeHeaders(run, [tip.header]) === 'broken') hangUp(run);
}

function tookHeaders(run: ElectrumRun, { from }: Of<'headers'>, headers: Parameters<typeof takeHeaders>[1]): void {
  const { state } = run;
  switch (takeHeaders(run, headers)) {
    case 'extended':
      state.back = 0;
      return;
    case 'gap':
      if (from <= state.chain.baseHeight) return refuse(run, 'source.other_chain', `it has another block at height ${from}`);
      state.back = 2 * state.back + 6;
      return;
    case 'known':
      return doubt(run, 'source.other_chain', 'its newest block is not among its headers');
    case 'weaker':
      return refuse(run, 'source.less_work', 'its chain has less work than what was shown');
    case 'broken':
      return hangUp(run);
  }
}

function setHistory({ state }: ElectrumRun, script: Script, history: History): void {
  state.histories = new Map(state.histories).set(script, history);
}

function tookStatus(run: ElectrumRun, { script }: Of<'status'>, status: Hex | undefined, asOf: Hash32): void {
  const known = run.state.histories.get(script);
  if (status === undefined || known?.status === status)
    setHistory(run, script, { status, entries: known?.status === status ? (known?.entries ?? []) : [], asOf });
  else ask(run, { kind: 'history', script, status });
}

/** What turns up in a block that the node was told of joins it. */
function tookHistory(run: ElectrumRun, { script, status }: Of<'history'>, entries: readonly HistoryEntry[], asOf: Hash32): void {
  const { env, state } = run;
  if (statusOf(env.crypto, entries) !== status)
    return doubt(run, 'source.history', `${entries.length} entries are not those of the status`);
  const before = new Set(state.histories.get(script)?.entries.map(({ txid, height }) => `${txid} ${height}`));
  const news = entries.filter(({ txid, height }) => height > 0 && !before.has(`${txid} ${height}`));
  setHistory(run, script, { status, entries, asOf });
  const { told, watches, floor } = state.scan;
  const missed = news.map(({ height }) => height).filter((height) => height <= told.height && height >= floor);
  if (missed.length > 0) state.scan = again(state.scan, watchesOf(watches, script), Math.min(...missed));
}

function setProved({ state }: ElectrumRun, txid: Txid, proved: Proved): void {
  state.proved = new Map(state.proved).set(txid, proved);
}

function tookTransaction(run: ElectrumRun, { txid }: Of<'transaction'>, tx: SlicedTx): void {
  if (tx.txid !== txid || tx.bytes.length === TWO_HASHES_BYTES) return refuse(run, 'source.other_transaction', `${tx.txid} for ${txid}`);
  setProved(run, txid, { tx, place: run.state.proved.get(txid)?.place });
}

function tookProof(run: ElectrumRun, { txid, height }: Of<'proof'>, { proof }: Extract<ElectrumAnswer, { kind: 'proof' }>): void {
  const { env, state } = run;
  const header = headerAt(state.chain, height);
  if (header === undefined || rootOfBranch(env.crypto, txid, proof.place, proof.branch) !== header.merkleRoot)
    return doubt(run, 'source.merkle_proof', `${txid} is not at place ${proof.place} of block ${height}`);
  setProved(run, txid, { tx: state.proved.get(txid)?.tx, place: { height, index: proof.place, blockHash: header.hash } });
}

/** Asks for what is missing: news, headers, histories, transactions with their proofs; tells the node what is there. */
function advance(run: ElectrumRun): void {
  const { state } = run;
  const isAsked = (kind: ElectrumQuestion['kind']): boolean => [...state.asked.values()].some(({ question }) => question.kind === kind);
  if (state.nowMs >= state.pollAtMs && !isAsked('tip')) ask(run, { kind: 'tip' });
  if (state.tip === undefined) return;
  if (!contains(state.chain, { height: state.tip.height, hash: state.tip.header.hash })) {
    if (!isAsked('headers')) ask(run, { kind: 'headers', from: startBelow(state, state.back).height });
    return;
  }
  for (let look = lookNext(run); look !== undefined; look = lookNext(run)) {
    const found = collect(run, look);
    if (found === undefined) return;
    state.doubts = 0;
    tell(run, look, found.height, found.transactions);
  }
  if (state.hearing || !state.isUp) return;
  // Nothing is left to look at: what was proved was told. A script may have changed in a block that was told.
  if (state.proved.size > 0) state.proved = new Map();
  currentHistories(run, scriptsOf(state.scan.watches));
}
