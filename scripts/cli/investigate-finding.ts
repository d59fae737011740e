/// <reference types="node" />
import { setImmediate as breathe } from 'node:timers/promises';
import { drawChart } from '../../sim/report/chart.ts';
import { guiltOf } from '../../sim/report/finding-report.ts';
import type { FindingReport } from '../../sim/report/finding-report.ts';
import type { ChartStep } from '../../sim/report/observe-step.ts';
import { chartObserver } from '../../sim/report/step-observer.ts';
import type { Style } from '../../sim/report/style.ts';
import type { ShrinkProgress, ShrinkResult } from '../../sim/campaign/shrink.ts';
import { shrinking } from '../../sim/campaign/shrink.ts';
import type { Finding, Scenario } from '../../sim/scenario/types.ts';
import type { Engine } from '../node/engine.ts';

/** Milliseconds of shrinking between two looks at the outside world: progress, Ctrl-C. */
const SLICE_MS = 50;

export interface ShrinkHooks {
  readonly onProgress?: (progress: ShrinkProgress) => void;
  readonly signal?: AbortSignal;
  readonly maxExecutions?: number;
}

/** Shrinks in slices, so that a terminal stays alive. Undefined if it was interrupted. */
export async function shrinkInSlices(engine: Engine, scenario: Scenario, hooks: ShrinkHooks = {}): Promise<ShrinkResult | undefined> {
  const steps = shrinking(scenario, {
    execute: (candidate) => engine.execute(candidate),
    simplerCustom: (action) => engine.simplerCustom(action),
    ...(hooks.maxExecutions !== undefined && { maxExecutions: hooks.maxExecutions }),
  });
  let until = performance.now() + SLICE_MS;
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() < until) continue;
    hooks.onProgress?.(step.value);
    await breathe();
    if (hooks.signal?.aborted === true) return undefined;
    until = performance.now() + SLICE_MS;
  }
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
  rest: Pick<FindingReport, 'token' | 'foundAs' | 'seeds' | 'shrunk' | 'replay'> = {},
): FindingReport {
  // Shrinking moves the place at which the finding fires: the run that is drawn says where it is now.
  const now = engine.runScenario(scenario).finding ?? finding;
  return { finding: now, scenario, chart: chartOf(engine, scenario, look), width: look.width, ...rest };
}
