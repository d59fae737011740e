/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import { addTally, emptyTally } from '../../../sim/campaign/results.ts';
import { spansText } from '../../../sim/campaign/seed-span.ts';
import { drawChart } from '../../../sim/report/chart.ts';
import { findingReport, guiltOf } from '../../../sim/report/finding-report.ts';
import { oraclesLine, statisticsLine, verdict } from '../../../sim/report/summary.ts';
import { plural } from '../../../sim/scenario/text.ts';
import { chartStepOf } from '../../../sim/report/steps/step-view.ts';
import type { Style } from '../../../sim/report/style.ts';
import { wrapped } from '../../../sim/report/wrapped.ts';
import type { Scenario } from '../../../sim/scenario/types.ts';
import { writeFinding, writePage } from '../finding-files.ts';
import type { HuntReport, ReportedFinding } from '../reports/hunt-report.ts';
import { isHuntReport } from '../reports/hunt-report.ts';
import { mergeReports } from '../reports/merge-reports.ts';
import type { Merged, ReadReport } from '../reports/merge-reports.ts';
import { exitCodeOf, reportFiles, reportOptions, writeReports } from '../reports/write-reports.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { EXIT, UsageError } from '../terminal/exit.ts';
import { chartWidth, print, printError, styleOf, tryToWrite } from '../terminal/output.ts';
import { demandWritable, replayCommand } from './common-options.ts';
import { verb } from './verb.ts';

export const merge = verb({
  command: 'merge <files..>',
  describe: 'Make one report of those of many shards: every bug once, with its smallest case',
  positionals: { files: { type: 'string', array: true, describe: 'reports that consistency --json wrote', demandOption: true } },
  options: {
    partial: { type: 'boolean', default: false, describe: 'do without the shards that are missing' },
    out: { type: 'string', default: 'findings', describe: 'where findings are written' },
    ...reportOptions,
  },
  examples: [['$0 merge shard-*.json --json report.json', 'the shards of a night']],
  async run(args) {
    demandWritable(args.out, 'out');
    const files = reportFiles(args);
    const merged = mergeReports([...(args.files as unknown as readonly string[])].map(readReport));
    const report = { ...merged.report, findings: merged.report.findings.map((finding) => stored(finding, args.out)) };
    tell(report, merged);
    writeReports(report, files);
    return Promise.resolve(codeOf(report, merged, args.partial));
  },
});

function readReport(file: string): ReadReport {
  if (!existsSync(file)) throw new UsageError(`merge: ${file}: no such file`);
  let report: unknown;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`merge: ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!isHuntReport(report)) throw new UsageError(`merge: ${file} is no report of a hunt: consistency --json writes one`);
  return { file, report };
}

/** The case of a bug, written here. */
function stored(finding: ReportedFinding, out: string): ReportedFinding {
  const { scenario } = finding;
  if (scenario === undefined) return finding;
  const file = tryToWrite(() => writeFinding(out, finding.verdict, finding.token, scenario));
  const { file: _, replay = '', ...rest } = finding;
  const planted = / --planted (\S+)$/.exec(replay)?.[1];
  const here = { ...rest, ...(file !== undefined && { file }), replay: replayCommand(file ?? finding.token, planted) };
  if (file !== undefined) tryToWrite(() => writePage(file, here));
  return here;
}

function tell(report: HuntReport, { uncovered, missing, contradictions }: Merged): void {
  const style = styleOf(process.stdout);
  const width = chartWidth();
  const tally = emptyTally();
  addTally(tally, report);
  const { covered, findings, hung, ended, environment } = report;
  const lines = [
    statisticsLine({ tally, elapsedMs: environment.elapsedMs }),
    oraclesLine({ tally, possible: { asked: report.oracles.neverAsked } }),
    `covered: ${covered.length === 0 ? 'nothing' : `seeds ${spansText(covered)}`}`,
    ...(uncovered.length === 0 ? [] : [`not covered: seeds ${spansText(uncovered)}${ended === 'seeds' ? '' : ` (${WHY[ended]})`}`]),
  ];
  for (const line of lines) for (const part of wrapped(line, width)) print(part);
  for (const finding of findings) {
    if (finding.known === undefined && finding.scenario !== undefined) print(`\n${textOf(finding, finding.scenario, width, style)}`);
  }
  print(`\n${verdict(findings, style)}`);
  if (hung !== undefined) print(`seed ${hung} did not end: nothing of its run could be recorded`);
  for (const line of contradictions) printError(`fulgurite: ${line}`);
  if (missing.length > 0) printError(`fulgurite: ${plural(missing.length, 'shard')} missing: ${missing.join(', ')}`);
}

/** As the shard told it that ran the case. */
function textOf(reported: ReportedFinding, scenario: Scenario, width: number, style: Style): string {
  const { verdict: finding, steps = [], replay } = reported;
  const nodes = scenario.world.nodes.map(({ name }) => name);
  const chart = drawChart(steps.map(chartStepOf), {
    nodes,
    width,
    style,
    setup: finding.at === 'setup',
    guilty: guiltOf(finding),
    maxRows: 120,
  });
  return findingReport({ ...reported, finding, scenario, width, chart, ...(replay !== undefined && { replay }) }, style);
}

const WHY: Readonly<Record<Exclude<HuntReport['ended'], 'seeds'>, string>> = {
  time: 'the time was over',
  findings: 'a shard had found enough',
  interrupted: 'a shard was interrupted',
  hang: 'a run did not end',
};

function codeOf(report: HuntReport, { missing, contradictions }: Merged, partial: boolean): ExitCode {
  if (contradictions.length > 0 || (missing.length > 0 && !partial)) return EXIT.harness;
  return exitCodeOf({ ...report, ended: report.ended === 'interrupted' ? 'time' : report.ended });
}
