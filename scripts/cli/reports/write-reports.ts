/// <reference types="node" />
import { appendFileSync } from 'node:fs';
import { replaceFile } from '../../../fuzz-targets/host/replace-file.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { EXIT } from '../terminal/exit.ts';
import { print, tryToWrite } from '../terminal/output.ts';
import { demandWritableFile } from '../verbs/common-options.ts';
import type { HuntReport } from './hunt-report.ts';
import { annotations, stepSummary } from './github.ts';
import { junitXml } from './junit.ts';
import { sarifJson } from './sarif.ts';

/** What a report is written as. */
const FORMS = {
  json: (report: HuntReport): string => `${JSON.stringify(report, undefined, 2)}\n`,
  junit: junitXml,
  sarif: sarifJson,
} as const;
type Form = keyof typeof FORMS;

/** The files that somebody wants a report in. */
export type ReportFiles = Readonly<Partial<Record<Form, string>>> & { readonly github?: boolean };

/** Options of every verb that ends with a report. */
export const reportOptions = {
  json: { type: 'string', describe: 'also write the report as JSON to this file: all of it, and what merge takes' },
  junit: { type: 'string', describe: 'also write it as JUnit XML: an oracle or a bug is a test case' },
  sarif: { type: 'string', describe: 'also write it as SARIF 2.1.0, for code scanning' },
  github: { type: 'boolean', default: false, describe: 'in a hosted workflow: annotations, and a summary of its step' },
} as const;

/** The files that were named, each tried: a night must not be lost for want of a place. */
export function reportFiles(args: { readonly [F in Form]?: string | undefined } & { readonly github: boolean }): ReportFiles {
  const named = (Object.keys(FORMS) as Form[]).flatMap((form) => (args[form] === undefined ? [] : [[form, args[form]] as const]));
  for (const [form, file] of named) demandWritableFile(file, form);
  return { ...Object.fromEntries(named), github: args.github };
}

export function writeReports(report: HuntReport, { github = false, ...files }: ReportFiles = {}): void {
  for (const [form, file] of Object.entries(files) as [Form, string][]) tryToWrite(() => replaceFile(file, FORMS[form](report)));
  if (!github) return;
  for (const line of annotations(report)) print(line);
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary) tryToWrite(() => appendFileSync(summary, stepSummary(report)));
}

export function exitCodeOf({ ended, hung, findings, runs }: HuntReport): ExitCode {
  if (ended === 'interrupted') return EXIT.interrupted;
  if (hung !== undefined || findings.some(({ known }) => known === undefined)) return EXIT.finding;
  return runs === 0 ? EXIT.harness : EXIT.nothingFound;
}
