import type { FulguriteConfig } from './campaign/config.ts';
import { Engine } from './campaign/engine.ts';
import { fingerprint } from './world/finding.ts';
import { drawChart } from './report/chart.ts';
import type { FindingReport } from './report/finding-report.ts';
import { findingReport, guiltOf } from './report/finding-report.ts';
import type { ChartStep } from './report/observe-step.ts';
import { chartObserver } from './report/step-observer.ts';
import type { CampaignOptions } from './run/seed.ts';
import { explain } from './campaign/explain.ts';
import type { Bench, ExplainOptions } from './campaign/explain.ts';
import { CONTINUATIONS } from './campaign/when-decided.ts';
import type { Finding, Scenario } from './scenario/types.ts';

export interface CheckOptions extends FulguriteConfig {
  /** How many seeds. Default 100. */
  readonly runs?: number;
  /** The first one. Default 1. */
  readonly firstSeed?: number;
  /** What differs from DEFAULT_CAMPAIGN. */
  readonly campaign?: Partial<CampaignOptions>;
  /** Run only what this token says: how a failure is seen again. */
  readonly token?: string;
  /** Most executions to spend on shrinking a finding; 0 for none. Default 1000. */
  readonly shrinkExecutions?: number;
  /** From before each action of a finding, to tell when it was decided; 0 for none. Default 100. */
  readonly continuations?: number;
}

export interface CheckResult {
  readonly runs: number;
  readonly steps: number;
  readonly messages: number;
}

/** A finding, with the whole report as its message. */
export class FindingError extends Error {
  override readonly name = 'FindingError';
  readonly finding: Finding;
  /** What shows it, as small as it got: store it as a regression. */
  readonly scenario: Scenario;

  constructor(report: FindingReport) {
    super(findingReport(report));
    this.finding = report.finding;
    this.scenario = report.scenario;
  }
}

/** A stored scenario that no longer does what it did when it was stored, without a finding to explain it. */
export class RottedError extends Error {
  override readonly name = 'RottedError';
}

/**
 * A small campaign in any test runner: runs seeds one after the other in this thread. Throws a FindingError, shrunk and charted, at
 * the first finding.
 */
export function check(options: CheckOptions = {}): CheckResult {
  const { runs = 100, firstSeed = 1, campaign, token, shrinkExecutions = 1000, continuations = CONTINUATIONS, ...config } = options;
  const engine = new Engine({ config, ...(campaign && { campaign }) });
  const total = { runs: 0, steps: 0, messages: 0 };
  const tokens = token === undefined ? Array.from({ length: runs }, (_, index) => engine.token(firstSeed + index)) : [token];
  for (const one of tokens) {
    const { stats, found } = engine.runToken(one);
    total.runs += 1;
    total.steps += stats.steps;
    total.messages += stats.messages;
    if (found !== undefined) {
      const replay = `check({ ${Object.keys(engine.config).length > 0 ? '...config, ' : ''}token: '${one}' })`;
      const options = { label: one, maxExecutions: shrinkExecutions, continuations, about: { token: one, replay } };
      throw explainedError(engine, found.scenario, found.finding, options);
    }
  }
  return total;
}

/** A finding with its whole report: shrunk, charted, and told when it was decided. */
export function explainedError(
  bench: Bench,
  recorded: Scenario,
  finding: Finding,
  options: ExplainOptions & {
    readonly about: Pick<FindingReport, 'token' | 'replay'> | ((scenario: Scenario) => Pick<FindingReport, 'replay'>);
  },
): FindingError {
  const { about } = options;
  const { scenario, shrunk, decided } = explain(bench, recorded, options);
  const more = { ...(shrunk && { shrunk }), ...(decided && { decided }), ...(typeof about === 'function' ? about(scenario) : about) };
  return new FindingError({ ...charted(bench, scenario, finding), ...more });
}

/** Runs a scenario once more for its chart, and for where its finding fires now. */
function charted(
  bench: Pick<Bench, 'runScenario'>,
  scenario: Scenario,
  finding: Finding,
): Pick<FindingReport, 'finding' | 'scenario' | 'chart' | 'legend'> {
  const steps: ChartStep[] = [];
  const result = bench.runScenario(scenario, [chartObserver(steps)]);
  const nodes = scenario.world.nodes.map(({ name }) => name);
  const guilty = result.finding && { setup: result.finding.at === 'setup', guilty: guiltOf(result.finding) };
  const chart = drawChart(steps, { nodes, maxRows: 120, ...guilty });
  return { finding: result.finding ?? finding, scenario, chart, legend: true };
}

/** Runs a stored scenario. Throws a FindingError or a RottedError if it does not do what it expects. */
export function replayScenario(scenario: Scenario, config: FulguriteConfig = {}): void {
  const engine = new Engine({ config });
  const { finding, rotted } = engine.runScenario(scenario);
  const expected = finding !== undefined && fingerprint(finding) === scenario.expect;
  if (finding !== undefined && !expected) throw new FindingError(charted(engine, scenario, finding));
  if (finding === undefined && scenario.expect !== 'pass') {
    throw new RottedError(
      `it does not show ${scenario.expect} any more: promote it again if that is fixed, and from then on it has to pass`,
    );
  }
  if (!expected && rotted.length > 0) throw new RottedError(['it passes, but not by what it once did:', ...rotted].join('\n'));
}
