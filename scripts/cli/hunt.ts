/// <reference types="node" />
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { namesIn } from '../../core/wire/messages/index.ts';
import type { MessageName } from '../../core/wire/messages/index.ts';
import { RULES } from '../../core/rules.ts';
import { ACTION_KINDS } from '../../sim/actions/index.ts';
import { emptyTally } from '../../sim/campaign/results.ts';
import type { Span } from '../../sim/campaign/seed-span.ts';
import type { Shard } from '../../sim/campaign/shard.ts';
import { LICENCES } from '../../sim/oracles/licences.ts';
import { duration, grouped, plural, rate } from '../../sim/scenario/text.ts';
import { networksLine, oraclesLine, rulesLine, statistics, statisticsLine, verdict } from '../../sim/report/summary.ts';
import type { CampaignReport } from '../../sim/report/summary.ts';
import type { Act } from '../../sim/world/packet.ts';
import type { Engine } from '../node/engine.ts';
import { createEngine } from '../node/engine.ts';
import type { Bug } from './bugs.ts';
import { describeBug, investigateAll } from './bugs.ts';
import { FindingFiles } from './finding-files.ts';
import { environmentOf } from './reports/environment.ts';
import { huntReport } from './reports/hunt-report.ts';
import type { Circumstances } from './reports/hunt-report.ts';
import { exitCodeOf, writeReports } from './reports/write-reports.ts';
import type { ReportFiles } from './reports/write-reports.ts';
import type { CampaignProgress, CampaignRequest, CampaignResult } from './run-campaign.ts';
import { runCampaign, workersOf } from './run-campaign.ts';
import type { ExitCode } from './terminal/exit.ts';
import { EXIT } from './terminal/exit.ts';
import { interruptible } from './terminal/interrupt.ts';
import { chartWidth, print, printError, styleOf, tryToWrite } from './terminal/output.ts';
import { Progress } from './terminal/progress.ts';

/** What channels say to each other: of these the summary names the ones that never came up. */
const CHANNEL_MESSAGES: readonly (MessageName | Act)[] = [
  'act_one',
  'act_two',
  'act_three',
  ...namesIn('control', 'establishment', 'operation', 'retransmission', 'closing'),
];

export interface HuntOptions {
  readonly out: string;
  /** For shrinking each finding; 0 for none. */
  readonly executions: number;
  /** From before each action of a finding, to tell when it was decided; 0 for none. */
  readonly continuations: number;
  /** What else is written at the end, and where. */
  readonly reports?: ReportFiles;
  /** The part of a range that this is. */
  readonly shard?: { readonly whole: Span; readonly shard: Shard };
  /** Print the tables, too. */
  readonly stats?: boolean;
  /** As it was given, for the command that replays. */
  readonly planted?: string | undefined;
}

/** A campaign with everything that people see of it. */
export async function hunt(request: CampaignRequest, options: HuntOptions): Promise<ExitCode> {
  const engine = await createEngine(request.run);
  const signal = interruptible();
  const progress = new Progress();
  const files = new FindingFiles(options.out);
  const announced = new Set<string>();
  printError(headline(request, engine, options.out));
  const result = await runCampaign(request, {
    signal,
    onProgress: (at) => progress.show(() => progressText(at, request)),
    onFound: (found) => {
      if (!announced.has(found.scenario.expect)) {
        progress.clear();
        printError(`found ${found.scenario.expect} with seed ${found.token}`);
      }
      announced.add(found.scenario.expect);
      tryToWrite(() => files.write(found));
    },
  });
  progress.clear();
  const tools = { ...options, progress, signal };
  const bugs = await investigateAll(engine, result.findings, request.known ?? {}, tools);
  return conclude(request, signal.aborted ? { ...result, ended: 'interrupted' } : result, bugs, engine, options);
}

/** A shard for which no seeds are left: it says so, and has found nothing. */
export async function huntNothing(request: CampaignRequest, options: HuntOptions): Promise<ExitCode> {
  const engine = await createEngine(request.run);
  print('no seeds for this shard: the range has fewer worlds than shards');
  const circumstances = circumstancesOf(request, engine, options, 0);
  writeReports(huntReport({ tally: emptyTally(), covered: [], ended: 'seeds' }, [], circumstances), options.reports);
  return EXIT.nothingFound;
}

function headline(request: CampaignRequest, { campaign }: Engine, out: string): string {
  const { from, to, timeMs } = request;
  const workers = workersOf(request);
  const seeds = to === from ? `seed ${from}` : `seeds ${from}..${to ?? ''}`;
  const time = timeMs === undefined ? '' : `, at most ${duration(timeMs)}`;
  const threads = workers === 0 ? 'no worker' : plural(workers, 'worker');
  const kind = `${campaign.strategy} schedule, ${campaign.crypto} crypto, ${campaign.channelType ?? 'any'} channels, ${campaign.transport ?? 'any'} transport, ${campaign.topology ?? 'pair'}`;
  return `${seeds}${time}, ${plural(campaign.steps, 'operation')} each, ${kind}, ${threads}; findings go to ${out}/, Ctrl-C ends it with a report`;
}

/** Statistics first, in a line; what was found comes last, where it is seen. */
function conclude(request: CampaignRequest, result: CampaignResult, bugs: readonly Bug[], engine: Engine, options: HuntOptions): ExitCode {
  const { tally, elapsedMs } = result;
  const style = styleOf(process.stdout);
  const counted = { tally, elapsedMs, possible: possibleNames(engine) };
  if (options.stats) print(`${statistics(counted, style, chartWidth())}\n`);
  print(statisticsLine(counted));
  const networks = networksLine(counted);
  if (networks !== undefined) print(networks);
  print(rulesLine(counted));
  print(oraclesLine(counted));
  const findings = bugs.map((bug) => {
    const { reported, text } = describeBug(engine, bug, { ...options, legend: bug === bugs.find(({ known }) => known === undefined) });
    if (text !== undefined) print(`\n${text}`);
    return reported;
  });
  print(`\n${verdict(bugs, style)}`);
  const hung = result.hungSeed === undefined ? undefined : engine.token(result.hungSeed);
  if (hung !== undefined) print(`seed ${hung} did not end: nothing of its run could be recorded`);
  const report = huntReport(result, findings, circumstancesOf(request, engine, options, elapsedMs), hung);
  writeReports(report, options.reports);
  return exitCodeOf(report);
}

function circumstancesOf(
  request: CampaignRequest,
  engine: Engine,
  { shard, executions, planted }: HuntOptions,
  elapsedMs: number,
): Circumstances {
  const { run, from, to, known = {}, maxFindings } = request;
  const { channelType = 'any', transport = 'any', topology = 'pair', ...campaign } = engine.campaign;
  const [first, last] = shard?.whole ?? [from, to];
  const part: Span | undefined = to === undefined || to < from ? undefined : [from, to];
  return {
    options: {
      ...campaign,
      channelType,
      transport,
      topology,
      twice: run.twice ?? false,
      maxFindings: Number.isFinite(maxFindings) ? maxFindings : 'all',
      shrink: executions,
      known,
      config: digestOf(run.config),
      planted: digestOf(planted),
    },
    seeds: { from: first, ...(last !== undefined && { to: last }) },
    ...(shard && { shard: { ...shard.shard, ...(part && { part }) } }),
    oracles: engine.oracleNames,
    environment: environmentOf(workersOf(request), elapsedMs),
  };
}

/** What is in a file, in short. */
function digestOf(file: string | undefined): string {
  return file === undefined ? 'none' : createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}

/** What can come up: of these the tables name what never did. */
function possibleNames(engine: Engine): CampaignReport['possible'] {
  const own = engine.registry.all.map(({ name }) => name).filter((name) => name.includes('/'));
  const rules = Object.keys(RULES);
  const builtIn = [...ACTION_KINDS.keys()].filter((name) => name !== 'custom');
  const licence = LICENCES.map(({ name }) => name);
  return { message: CHANNEL_MESSAGES, action: [...builtIn, ...own], licence, rule: rules, asked: engine.oracleNames };
}

function progressText(
  { runs, operations, steps, messages, findings, elapsedMs }: CampaignProgress,
  { from, to, timeMs }: CampaignRequest,
): string {
  const share = Math.max(to === undefined ? 0 : runs / (to - from + 1), timeMs === undefined ? 0 : elapsedMs / timeMs);
  const perSecond = rate((runs * 1000) / Math.max(1, elapsedMs));
  return [
    `${Math.min(100, Math.floor(share * 100))}%`,
    plural(runs, 'run'),
    `${perSecond} runs/s`,
    `${grouped(operations)} operations`,
    `${grouped(messages)} messages`,
    `${grouped(steps)} states`,
    plural(findings, 'finding'),
  ].join('  ');
}
