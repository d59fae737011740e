/// <reference types="node" />
import { availableParallelism } from 'node:os';
import { replaceFile } from '../../../fuzz-targets/host/replace-file.ts';
import type { CommitmentFormat } from '../../../core/transactions/types.ts';
import { namesIn } from '../../../core/wire/messages/index.ts';
import type { MessageName } from '../../../core/wire/messages/index.ts';
import { RULES } from '../../../core/rules.ts';
import { FINGERPRINT_VERSION } from '../../../sim/world/finding.ts';
import type { Distinct, Found, Known } from '../../../sim/campaign/results.ts';
import type { Act } from '../../../sim/world/packet.ts';
import { LICENCES } from '../../../sim/oracles/licences.ts';
import { findingReport } from '../../../sim/report/finding-report.ts';
import { duration, grouped, plural, rate } from '../../../sim/scenario/text.ts';
import { rulesLine, statistics, statisticsLine, verdict } from '../../../sim/report/summary.ts';
import type { CampaignReport } from '../../../sim/report/summary.ts';
import type { CampaignOptions } from '../../../sim/run/seed.ts';
import { CRYPTO_NAMES, DEFAULT_CAMPAIGN, STRATEGIES, TRANSPORTS } from '../../../sim/run/seed.ts';
import type { Engine, RunOptions } from '../../node/engine.ts';
import { createEngine } from '../../node/engine.ts';
import { FindingFiles } from '../finding-files.ts';
import { reportOf, shrinkInSlices, shrinkProgressText } from '../investigate-finding.ts';
import type { CampaignProgress, CampaignRequest, CampaignResult } from '../run-campaign.ts';
import { runCampaign, workersOf } from '../run-campaign.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { EXIT } from '../terminal/exit.ts';
import { interruptible } from '../terminal/interrupt.ts';
import { chartWidth, print, printError, styleOf, tryToWrite } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { commonRun, demandWritable, demandWritableFile, parseExecutions, replayCommand, readKnown, runOptions } from './common-options.ts';
import { parseDuration, parseInteger, parseSeeds } from './parse-arguments.ts';
import type { LinkTransport, Scenario } from '../../../sim/scenario/types.ts';
import { readScenario } from '../../node/scenario-files.ts';
import { ACTION_KINDS } from '../../../sim/actions/index.ts';
import { verb } from './verb.ts';

/** Seeds that a worker takes at once: real signatures take their time. */
const RANGE_SIZE = { fake: 20, native: 5, noble: 1 } as const;

/** What channels say to each other: of these the summary names the ones that never came up. */
const CHANNEL_MESSAGES: readonly (MessageName | Act)[] = [
  'act_one',
  'act_two',
  'act_three',
  ...namesIn('control', 'establishment', 'operation', 'retransmission', 'closing'),
];

export const consistency = verb({
  command: 'consistency',
  describe: 'Hunt for nodes that stop agreeing: many seeds, each a run of its own',
  options: {
    seeds: { type: 'string', default: '1..20000', describe: 'which seeds: 1..20000, 17, or 1.. for no end' },
    time: { type: 'string', describe: 'stop after this long: 60s, 5m, 1h' },
    steps: {
      type: 'number',
      default: DEFAULT_CAMPAIGN.steps,
      describe: 'operations and faults drawn in a run; opening, settling and deliveries come on top',
    },
    schedule: { choices: STRATEGIES, default: DEFAULT_CAMPAIGN.strategy, describe: 'who moves next' },
    crypto: { choices: CRYPTO_NAMES, default: DEFAULT_CAMPAIGN.crypto, describe: 'fake is fast, the others are real' },
    'channel-type': { choices: ['any', 'anchors', 'static_remotekey'] as const, default: 'any' as const, describe: 'of the channels' },
    transport: {
      choices: ['any', ...TRANSPORTS] as const,
      default: 'any' as const,
      describe: 'whole messages, or encrypted bytes cut anywhere',
    },
    licensed: {
      type: 'number',
      default: DEFAULT_CAMPAIGN.licensedPercent,
      describe: 'percent of the seeds that may draw faults after which a close is right',
    },
    workers: { type: 'number', default: availableParallelism(), describe: 'threads; the results do not depend on it' },
    'max-findings': { type: 'number', default: 3, describe: 'stop after so many different findings' },
    shrink: { type: 'number', default: 3000, describe: 'most executions to spend on shrinking a finding; 0 leaves it as it is' },
    twice: { type: 'boolean', default: false, describe: 'run every seed twice and compare the traces' },
    known: { type: 'string', describe: 'a file of findings to set aside: { "version": 2, "findings": { "<fingerprint>": "<reason>" } }' },
    out: { type: 'string', default: 'findings', describe: 'where findings are written, the moment they are found' },
    stats: { type: 'boolean', default: false, describe: 'also print tables of all that was exercised, and what never was' },
    json: { type: 'string', describe: 'also write the report as JSON to this file' },
    ...runOptions,
  },
  examples: [
    ['$0 consistency --seeds 1..20000', 'as many worlds'],
    ['$0 consistency --seeds 1.. --time 8h --crypto native', 'a night, with real signatures'],
  ],
  async run(args) {
    const run: RunOptions = { ...(await commonRun(args)), campaign: campaignOf(args), twice: args.twice };
    const seeds = parseSeeds(args.seeds);
    demandWritable(args.out, 'out');
    if (args.json !== undefined) demandWritableFile(args.json, 'json');
    const timeMs = args.time === undefined ? undefined : parseDuration(args.time);
    const request: CampaignRequest = {
      run,
      ...seeds,
      ...(timeMs !== undefined && { timeMs }),
      workers: parseInteger('workers', args.workers, 0, 1024) ?? 1,
      maxFindings: parseInteger('max-findings', args['max-findings'], 1, 10_000) ?? 3,
      known: readKnown(args.known),
      rangeSize: RANGE_SIZE[args.crypto],
    };
    const executions = args.shrink === 0 ? 0 : parseExecutions(args.shrink);
    return hunt(request, {
      out: args.out,
      executions,
      ...(args.json !== undefined && { json: args.json }),
      planted: args.planted,
      stats: args.stats,
    });
  },
});

function campaignOf(args: {
  readonly steps: number;
  readonly schedule: CampaignOptions['strategy'];
  readonly crypto: CampaignOptions['crypto'];
  readonly licensed: number;
  readonly 'channel-type': 'any' | CommitmentFormat;
  readonly transport: 'any' | LinkTransport;
}): Partial<CampaignOptions> {
  const type = args['channel-type'];
  return {
    ...(type !== 'any' && { channelType: type }),
    ...(args.transport !== 'any' && { transport: args.transport }),
    strategy: args.schedule,
    crypto: args.crypto,
    steps: parseInteger('steps', args.steps, 1, 65_535) ?? DEFAULT_CAMPAIGN.steps,
    licensedPercent: parseInteger('licensed', args.licensed, 0, 100) ?? DEFAULT_CAMPAIGN.licensedPercent,
  };
}

export interface HuntOptions {
  readonly out: string;
  /** For shrinking each finding; 0 for none. */
  readonly executions: number;
  readonly json?: string;
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
  const tools = { ...options, files, progress, signal };
  const bugs = await investigateAll(engine, result.findings, request.known ?? {}, tools);
  return conclude(result, bugs, engine, options, signal.aborted || result.ended === 'interrupted');
}

/** Findings of one campaign that turned out to be the same, once each was replayed under every oracle and shrunk. */
interface Bug {
  readonly fingerprint: string;
  /** Of the smallest case. */
  readonly first: Found;
  readonly seeds: readonly number[];
  readonly foundAs: readonly string[];
  readonly known?: string;
  readonly case?: Case;
}

/** What was made of one finding. */
interface Case {
  readonly scenario: Scenario;
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
}

async function investigateAll(engine: Engine, findings: readonly Distinct[], known: Known, tools: Tools): Promise<readonly Bug[]> {
  const bugs = new Map<string, Bug>();
  for (const distinct of findings) {
    const bug = distinct.known === undefined ? await investigate(engine, distinct, known, tools) : { ...distinct, foundAs: [] };
    const seen = bugs.get(bug.fingerprint);
    if (seen === undefined) bugs.set(bug.fingerprint, bug);
    else bugs.set(bug.fingerprint, sameBug(seen, bug));
  }
  return [...bugs.values()];
}

function sameBug(a: Bug, b: Bug): Bug {
  const smaller = (b.case?.scenario.actions.length ?? Infinity) < (a.case?.scenario.actions.length ?? Infinity) ? b : a;
  return { ...smaller, seeds: [...a.seeds, ...b.seeds].sort((x, y) => x - y), foundAs: [...a.foundAs, ...b.foundAs] };
}

function headline(request: CampaignRequest, { campaign }: Engine, out: string): string {
  const { from, to, timeMs } = request;
  const workers = workersOf(request);
  const seeds = to === from ? `seed ${from}` : `seeds ${from}..${to ?? ''}`;
  const time = timeMs === undefined ? '' : `, at most ${duration(timeMs)}`;
  const threads = workers === 0 ? 'no worker' : plural(workers, 'worker');
  const kind = `${campaign.strategy} schedule, ${campaign.crypto} crypto, ${campaign.channelType ?? 'any'} channels, ${campaign.transport ?? 'any'} transport`;
  return `${seeds}${time}, ${plural(campaign.steps, 'operation')} each, ${kind}, ${threads}; findings go to ${out}/, Ctrl-C ends it with a report`;
}

interface Tools extends HuntOptions {
  readonly files: FindingFiles;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Shrinks a finding. After Ctrl-C it is left as it is. */
async function investigate(engine: Engine, { first, seeds }: Distinct, known: Known, tools: Tools): Promise<Bug> {
  const { progress, signal } = tools;
  let scenario = engine.withEveryOracle(first.scenario);
  let shrunk: Case['shrunk'];
  if (!signal.aborted && tools.executions > 0) {
    const onProgress = (at: Parameters<typeof shrinkProgressText>[0]): void => progress.show(() => shrinkProgressText(at));
    const fromActions = scenario.actions.length;
    // What is small enough for one oracle may show another finding under all of them: then that one is what is reported, and shrunk.
    for (let expected = '', left = tools.executions; expected !== scenario.expect && left > 0;) {
      expected = scenario.expect;
      const result = await shrinkInSlices(engine, scenario, { signal, maxExecutions: left, onProgress });
      if (result?.reproduced !== true) break;
      left -= result.executions;
      shrunk = { fromActions, executions: tools.executions - left };
      scenario = engine.withEveryOracle(result.scenario);
    }
    progress.clear();
  }
  const why = known[scenario.expect];
  const base = {
    fingerprint: scenario.expect,
    first,
    seeds,
    foundAs: [first.scenario.expect],
    case: { scenario, ...(shrunk && { shrunk }) },
  };
  return why === undefined ? base : { ...base, known: why };
}

/** All about one bug, stored where it says. */
function bugText(engine: Engine, bug: Bug, { scenario, shrunk }: Case, options: HuntOptions): string {
  const { first, seeds, foundAs } = bug;
  const file = tryToWrite(() => new FindingFiles(options.out).save(first, scenario));
  const style = styleOf(process.stdout);
  const look = { width: chartWidth(), style };
  const replay = replayCommand(file ?? first.token, options.planted);
  const report = reportOf(engine, first.finding, scenario, look, { token: first.token, seeds, foundAs, replay, ...(shrunk && { shrunk }) });
  return `${findingReport(report, style)}\n${file === undefined ? '        stored nowhere' : replayed(engine, file, scenario)}`;
}

/** What is on disk must show the same again, or it is worth nothing. */
function replayed(engine: Engine, file: string, { expect }: Scenario): string {
  const { fingerprint, hash } = engine.runScenario(readScenario(file));
  return fingerprint === expect
    ? `        replayed from that file: the same finding, trace ${hash}`
    : `        replayed from that file: ${fingerprint ?? 'nothing found'}, NOT the same`;
}

/** Statistics first, in a line; what was found comes last, where it is seen. */
function conclude(result: CampaignResult, bugs: readonly Bug[], engine: Engine, options: HuntOptions, interrupted: boolean): ExitCode {
  const { tally, elapsedMs } = result;
  const style = styleOf(process.stdout);
  const counted = { tally, elapsedMs, possible: possibleNames(engine) };
  if (options.stats) print(`${statistics(counted, style, chartWidth())}\n`);
  print(statisticsLine(counted));
  print(rulesLine(counted));
  for (const bug of bugs) {
    if (bug.known === undefined && bug.case !== undefined) print(`\n${bugText(engine, bug, bug.case, options)}`);
  }
  print(`\n${verdict(bugs, style)}`);
  const { json } = options;
  if (json !== undefined) tryToWrite(() => writeJson(json, result, bugs, engine));
  const { hungSeed } = result;
  if (hungSeed !== undefined) print(`seed ${engine.token(hungSeed)} did not end: nothing of its run could be recorded`);
  if (interrupted) return EXIT.interrupted;
  if (hungSeed !== undefined) return EXIT.finding;
  if (bugs.some(({ known }) => known === undefined)) return EXIT.finding;
  return tally.runs === 0 ? EXIT.harness : EXIT.nothingFound;
}

/** What can come up: of these the tables name what never did. */
function possibleNames(engine: Engine): CampaignReport['possible'] {
  const own = engine.registry.all.map(({ name }) => name).filter((name) => name.includes('/'));
  const rules = Object.keys(RULES);
  const builtIn = [...ACTION_KINDS.keys()].filter((name) => name !== 'custom');
  return { message: CHANNEL_MESSAGES, action: [...builtIn, ...own], licence: LICENCES.map(({ name }) => name), rule: rules };
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

function writeJson(file: string, result: CampaignResult, bugs: readonly Bug[], engine: Engine): void {
  const { tally, elapsedMs, ended } = result;
  const found = bugs.map(({ fingerprint, seeds, foundAs, known, first, case: made }) => {
    const { seed, token, finding } = first;
    const actions = made?.scenario.actions.length;
    return { fingerprint, count: seeds.length, seeds, foundAs, known, seed, token, actions, shrunk: made?.shrunk, finding };
  });
  const triggered = Object.keys(tally.counts.rule).sort();
  const rules = { triggered, never: Object.keys(RULES).filter((id) => tally.counts.rule[id] === undefined) };
  const head = { fingerprintVersion: FINGERPRINT_VERSION, campaign: engine.campaign, node: process.version };
  const report = { ...head, ended, elapsedMs: Math.round(elapsedMs), ...tally, rules, findings: found };
  replaceFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}
