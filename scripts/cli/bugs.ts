/// <reference types="node" />
import type { Distinct, Known } from '../../sim/campaign/results.ts';
import { findingReport } from '../../sim/report/finding-report.ts';
import type { ExplainProgress, Explained } from '../../sim/campaign/explain.ts';
import type { Scenario } from '../../sim/scenario/types.ts';
import type { Engine } from '../node/engine.ts';
import { readScenario } from '../node/scenario-files.ts';
import { FindingFiles, writePage } from './finding-files.ts';
import type { HuntOptions } from './hunt.ts';
import { explainInSlices, explainProgressText, reportOf, stepsOf } from './investigate-finding.ts';
import { chartWidth, styleOf, tryToWrite } from './terminal/output.ts';
import type { Progress } from './terminal/progress.ts';
import type { ReportedFinding } from './reports/hunt-report.ts';
import { replayCommand } from './verbs/common-options.ts';

/** Findings of one campaign that turned out to be the same, once each was shrunk. `first` is that of the smallest case. */
export interface Bug extends Distinct {
  /** What was made of it; absent where it was set aside. */
  readonly case?: Explained;
}

export async function investigateAll(engine: Engine, findings: readonly Distinct[], known: Known, tools: Tools): Promise<readonly Bug[]> {
  const bugs = new Map<string, Bug>();
  for (const distinct of findings) {
    const bug = distinct.known === undefined ? await investigate(engine, distinct, known, tools) : distinct;
    const seen = bugs.get(bug.fingerprint);
    if (seen === undefined) bugs.set(bug.fingerprint, bug);
    else bugs.set(bug.fingerprint, sameBug(seen, bug));
  }
  return [...bugs.values()];
}

function sameBug(a: Bug, b: Bug): Bug {
  const smaller = (b.case?.scenario.actions.length ?? Infinity) < (a.case?.scenario.actions.length ?? Infinity) ? b : a;
  return { ...smaller, seeds: [...a.seeds, ...b.seeds].sort((x, y) => x - y), foundAs: [...new Set([...a.foundAs, ...b.foundAs])] };
}

interface Tools extends HuntOptions {
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Shrinks a finding. After Ctrl-C it is left as it is. */
async function investigate(engine: Engine, { first, seeds, foundAs }: Distinct, known: Known, tools: Tools): Promise<Bug> {
  const { progress, signal } = tools;
  const onProgress = (at: ExplainProgress): void => progress.show(() => explainProgressText(at));
  const maxExecutions = signal.aborted ? 0 : tools.executions;
  const made = await explainInSlices(engine, first.scenario, {
    label: first.token,
    signal,
    maxExecutions,
    continuations: tools.continuations,
    onProgress,
  });
  progress.clear();
  const { scenario } = made ?? first;
  const why = known[scenario.expect];
  const base = { fingerprint: scenario.expect, first, seeds, foundAs, case: made ?? { scenario } };
  return why === undefined ? base : { ...base, known: why };
}

interface TellOptions extends HuntOptions {
  /** What the signs of a chart mean is said once. */
  readonly legend: boolean;
}

/** A bug as the JSON has it, and, where it is news, as people read it. */
export function describeBug(
  engine: Engine,
  bug: Bug,
  options: TellOptions,
): { readonly reported: ReportedFinding; readonly text?: string } {
  const { fingerprint, first, seeds, foundAs, known, case: made } = bug;
  const reported: ReportedFinding = {
    fingerprint,
    ...(known !== undefined && { known }),
    count: seeds.length,
    seeds,
    foundAs: [...foundAs].sort(),
    seed: first.seed,
    token: first.token,
    verdict: first.finding,
  };
  return known !== undefined || made === undefined ? { reported } : storeCase(engine, reported, bug, made, options);
}

/** Stores it where its text says. */
function storeCase(
  engine: Engine,
  reported: ReportedFinding,
  { first, seeds, foundAs }: Bug,
  { scenario, shrunk, decided }: Explained,
  options: TellOptions,
): ReturnType<typeof describeBug> {
  const file = tryToWrite(() => new FindingFiles(options.out).save(first, scenario));
  const style = styleOf(process.stdout);
  const look = { width: chartWidth(), style };
  const replay = replayCommand(file ?? first.token, options.planted);
  const made = { ...(shrunk && { shrunk }), ...(decided && { decided }) };
  const { legend } = options;
  const report = reportOf(engine, first.finding, scenario, look, { token: first.token, seeds, foundAs, replay, legend, ...made });
  const text = `${findingReport(report, style)}\n${file === undefined ? '        stored nowhere' : replayed(engine, file, scenario)}`;
  const written = { verdict: report.finding, ...(file !== undefined && { file }), replay, actions: scenario.actions.length };
  const full = { ...reported, ...written, ...made, scenario, ...stepsOf(engine, scenario) };
  const page = file && tryToWrite(() => writePage(file, full));
  return { reported: full, text: page === undefined ? text : `${text}\n${style.bold('look')}    ${page}` };
}

/** What is on disk must show the same again, or it is worth nothing. */
function replayed(engine: Engine, file: string, { expect }: Scenario): string {
  const { fingerprint, hash } = engine.runScenario(readScenario(file));
  return fingerprint === expect
    ? `        replayed from that file: the same finding, trace ${hash}`
    : `        replayed from that file: ${fingerprint ?? 'nothing found'}, NOT the same`;
}
