/// <reference types="node" />
import { existsSync } from 'node:fs';
import { drawChart } from '../../../sim/report/chart.ts';
import { findingReport, guiltOf } from '../../../sim/report/finding-report.ts';
import type { ChartStep } from '../../../sim/report/observe-step.ts';
import { observeStep } from '../../../sim/report/observe-step.ts';
import { chartObserver, observer, stepJson, stepText } from '../../../sim/report/step-observer.ts';
import { stepReport } from '../../../sim/report/steps/step-report.ts';
import type { StepView } from '../../../sim/report/steps/step-view.ts';
import { viewObserver } from '../../../sim/report/steps/step-view.ts';
import { BUILT_IN_REGISTRY } from '../../../sim/run/run.ts';
import type { RunResult } from '../../../sim/run/run.ts';
import { DEFAULT_CAMPAIGN, printToken } from '../../../sim/run/seed.ts';
import type { Scenario } from '../../../sim/scenario/types.ts';
import { fingerprint } from '../../../sim/world/finding.ts';
import type { Engine } from '../../node/engine.ts';
import { createEngine } from '../../node/engine.ts';
import { writePage } from '../finding-files.ts';
import { stepsOf } from '../investigate-finding.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { chartWidth, print, printError, styleOf, tryToWrite } from '../terminal/output.ts';
import { commonRun, driversOf, runOptions, scenarioIn, demandWritableFile } from './common-options.ts';
import { verb } from './verb.ts';

export const replay = verb({
  command: 'replay <what>',
  describe: 'Run a seed or a scenario again, exactly as it was, and draw it',
  positionals: { what: { type: 'string', describe: 'a seed token, or the file of a scenario', demandOption: true } },
  options: {
    trace: { choices: ['text', 'json'] as const, describe: 'every step on a line, instead of the chart' },
    setup: { type: 'boolean', default: false, describe: 'draw the opening of the channels too' },
    at: { type: 'number', describe: 'show one step in full instead: its message, both states and what it changed; steps count from 0' },
    page: { type: 'string', describe: 'write the page of what it shows to this file: x.html' },
    rows: { type: 'number', default: 400, describe: 'most lines of the chart' },
    ...runOptions,
  },
  examples: [
    ['$0 replay findings/agreement-commitment-amount.json', 'a finding'],
    ['$0 replay findings/agreement-commitment-amount.json --at 31', 'one step of it'],
    [`$0 replay ${printToken({ options: DEFAULT_CAMPAIGN, seed: 42 }, BUILT_IN_REGISTRY)} --trace text`, 'every step of a seed'],
  ],
  async run(args) {
    const engine = await createEngine({ ...(await commonRun(args)), ...driversOf(args.what) });
    const source = sourceOf(engine, args.what);
    if (args.page !== undefined) demandWritableFile(args.page, 'page');
    if (args.at !== undefined) return showStep(engine, source.scenario, args.at);
    const steps: ChartStep[] = [];
    const result = engine.runScenario(source.scenario, [args.trace === undefined ? chartObserver(steps) : traceTo(args.trace)]);
    const nodes = source.scenario.world.nodes.map(({ name }) => name);
    const { finding } = result;
    const look = {
      width: chartWidth(),
      style: styleOf(process.stdout),
      maxRows: args.rows,
      setup: args.setup || finding?.at === 'setup',
      ...(finding && { guilty: guiltOf(finding) }),
    };
    if (args.page !== undefined) page(engine, args.page, source, result);
    if (args.trace === 'json') return verdictCode(result, source.scenario);
    report(result, source, args.trace === undefined ? drawChart(steps, { nodes, ...look }) : undefined);
    return verdictCode(result, source.scenario);
  },
});

interface Source {
  readonly scenario: Scenario;
  readonly token?: string;
}

/** A token expands to its scenario, deliveries and all; a file holds one. */
function sourceOf(engine: Engine, what: string): Source {
  if (existsSync(what) || what.endsWith('.json')) return { scenario: scenarioIn(what) };
  try {
    return { scenario: engine.runToken(what).scenario, token: what };
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

function page(engine: Engine, file: string, { scenario, token }: Source, { finding, applied }: RunResult): void {
  if (finding === undefined) return printError(`--page ${file}: not written, there is nothing to show: nothing was found`);
  const shown = { ...scenario, actions: applied };
  const base = { fingerprint: fingerprint(finding), verdict: finding, scenario: shown, ...(token !== undefined && { token }) };
  tryToWrite(() => writePage(file, { ...base, ...stepsOf(engine, shown) }));
}

/** One step, as a page shows it. */
function showStep(engine: Engine, scenario: Scenario, at: number): ExitCode {
  const steps: StepView[] = [];
  const result = engine.runScenario(scenario, [viewObserver(steps)]);
  const last = steps.length - 1;
  const step = steps[at];
  if (step === undefined)
    throw new UsageError(`--at ${at}: ${last < 0 ? 'this run has no steps' : `the steps of this run are 0 to ${last}`}`);
  const style = styleOf(process.stdout);
  print(stepReport(step, last, chartWidth(), style));
  if (result.finding !== undefined && at === last) print(`\n${style.bad(guiltOf(result.finding).text)}`);
  return verdictCode(result, scenario);
}

function traceTo(format: 'text' | 'json'): ReturnType<typeof observer> {
  return observer((world, record) =>
    print(format === 'json' ? JSON.stringify(stepJson(world, record)) : stepText(observeStep(world, record))),
  );
}

function report({ finding, hash, stats, rotted, applied }: RunResult, { scenario, token }: Source, chart: string | undefined): void {
  const style = styleOf(process.stdout);
  const shown = { ...scenario, actions: applied };
  if (finding !== undefined) {
    print(
      findingReport(
        { finding, scenario: shown, ...(token !== undefined && { token }), ...(chart !== undefined && { chart }), width: chartWidth() },
        style,
      ),
    );
  } else {
    if (chart !== undefined) print(`${chart}\n`);
    print(style.good('nothing found'));
  }
  print(
    `\ntrace ${hash}, ${stats.steps} steps, ${stats.messages} messages; --at ${Math.max(0, stats.steps - 1)} shows the last step in full`,
  );
  if (scenario.expect !== 'pass' && finding === undefined)
    print(style.mark(`it was expected to show ${scenario.expect}: fixed, or the scenario has rotted`));
  for (const line of rotted) print(style.mark(`rotted: ${line}`));
}

/** A finding is a finding, expected or not; a regression that has rotted says nothing any more, which is no pass. */
function verdictCode({ finding, rotted }: RunResult, { expect }: Scenario): ExitCode {
  if (finding !== undefined) return EXIT.finding;
  return expect === 'pass' && rotted.length > 0 ? EXIT.harness : EXIT.nothingFound;
}
