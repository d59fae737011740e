/// <reference types="node" />
import { setImmediate as breathe } from 'node:timers/promises';
import { drawChart } from '../../sim/report/chart.ts';
import { guiltOf } from '../../sim/report/finding-report.ts';
import type { FindingDocument } from '../../sim/report/html/finding-page.ts';
import type { FindingReport } from '../../sim/report/finding-report.ts';
import type { ChartStep } from '../../sim/report/observe-step.ts';
import { shownSteps, viewObserver } from '../../sim/report/steps/step-view.ts';
import type { StepView } from '../../sim/report/steps/step-view.ts';
import { chartObserver } from '../../sim/report/step-observer.ts';
import type { Style } from '../../sim/report/style.ts';
import { explaining } from '../../sim/campaign/explain.ts';
import type { Explained, ExplainOptions, ExplainProgress } from '../../sim/campaign/explain.ts';
import type { ShrinkProgress, ShrinkResult } from '../../sim/campaign/shrink.ts';
import { shrinking } from '../../sim/campaign/shrink.ts';
import type { Finding, Scenario } from '../../sim/scenario/types.ts';
import type { Engine } from '../node/engine.ts';

/** Milliseconds of shrinking between two looks at the outside world: progress, Ctrl-C. */
const SLICE_MS = 50;

interface Hooks<P> {
  readonly onProgress?: (progress: P) => void;
  readonly signal?: AbortSignal;
}

/** Shrinks a finding, and counts when it was decided. Undefined if it was interrupted. */
export function explainInSlices(
  engine: Engine,
  recorded: Scenario,
  hooks: Hooks<ExplainProgress> & ExplainOptions,
): Promise<Explained | undefined> {
  return inSlices(explaining(engine, recorded, hooks), hooks);
}

/** Shrinks for exactly what the scenario expects. Undefined if it was interrupted. */
export function shrinkInSlices(
  engine: Engine,
  scenario: Scenario,
  hooks: Hooks<ShrinkProgress> & { readonly maxExecutions?: number } = {},
): Promise<ShrinkResult | undefined> {
  const steps = shrinking(scenario, {
    execute: (candidate) => engine.execute(candidate),
    simplerCustom: (action) => engine.simplerCustom(action),
    ...(hooks.maxExecutions !== undefined && { maxExecutions: hooks.maxExecutions }),
  });
  return inSlices(steps, hooks);
}

/** Goes on in slices, so that a terminal stays alive. */
async function inSlices<P, R>(steps: Generator<P, R>, { onProgress, signal }: Hooks<P>): Promise<R | undefined> {
  let until = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    onProgress?.(step.value);
    await breathe();
    if (signal?.aborted === true) return undefined;
    until = performance.now() + SLICE_MS;
  }
}

export function explainProgressText(at: ExplainProgress): string {
  return at.stage === 'decided' ? 'counting when it was decided' : shrinkProgressText(at);
}

export function shrinkProgressText({ actions, executions, stage }: ShrinkProgress): string {
  return `shrinking: ${actions} actions left after ${executions} executions (${stage})`;
}

/** Runs a scenario once more to draw it. */
export function chartOf(engine: Engine, scenario: Scenario, look: { readonly width: number; readonly style: Style }): string {
  const steps: ChartStep[] = [];
  const { finding } = engine.runScenario(scenario, [chartObserver(steps)]);
  const nodes = scenario.world.nodes.map(({ name }) => name);
  const guilty = finding && { setup: finding.at === 'setup', guilty: guiltOf(finding) };
  return drawChart(steps, { nodes, maxRows: 120, ...look, ...guilty });
}

/** The report of a finding, with its chart. */
export function reportOf(
  engine: Engine,
  finding: Finding,
  scenario: Scenario,
  look: { readonly width: number; readonly style: Style },
  rest: Pick<FindingReport, 'token' | 'foundAs' | 'seeds' | 'shrunk' | 'decided' | 'legend' | 'replay'> = {},
): FindingReport {
  // Shrinking moves the place at which the finding fires: the run that is drawn says where it is now.
  const now = engine.runScenario(scenario).finding ?? finding;
  return { finding: now, scenario, chart: chartOf(engine, scenario, look), width: look.width, ...rest };
}

/** Runs a case once more for what its page shows. */
export function stepsOf(engine: Engine, scenario: Scenario): Pick<FindingDocument, 'steps' | 'stepCount'> {
  const steps: StepView[] = [];
  const { finding } = engine.runScenario(scenario, [viewObserver(steps)]);
  return { steps: shownSteps(steps, finding?.at === 'setup'), stepCount: steps.length };
}
