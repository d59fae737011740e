/// <reference types="node" />
import { findingReport } from '../../sim/report/finding-report.ts';
import type { Scenario } from '../../sim/scenario/types.ts';
import { fingerprint } from '../../sim/world/finding.ts';
import type { Engine } from '../node/engine.ts';
import { writePage, writeScenario } from './finding-files.ts';
import { reportOf, stepsOf } from './investigate-finding.ts';
import { chartWidth, print, styleOf, tryToWrite } from './terminal/output.ts';
import { replayCommand } from './verbs/common-options.ts';

interface Telling {
  readonly planted: string | undefined;
  readonly shrunk: { readonly fromActions: number; readonly executions: number };
}

/** Writes a case to a file, with its page beside it, and tells it. Throws where it shows no finding. */
export function tellCase(engine: Engine, file: string, scenario: Scenario, { planted, shrunk }: Telling): void {
  const { finding } = engine.runScenario(scenario);
  if (finding === undefined) throw new Error('the shrunk scenario does not show its finding');
  tryToWrite(() => writeScenario(file, scenario));
  const style = styleOf(process.stdout);
  const replay = replayCommand(file, planted);
  print(findingReport(reportOf(engine, finding, scenario, { width: chartWidth(), style }, { shrunk, replay }), style));
  const document = { fingerprint: fingerprint(finding), verdict: finding, replay, shrunk, scenario };
  const page = tryToWrite(() => writePage(file, { ...document, ...stepsOf(engine, scenario) }));
  if (page !== undefined) print(`${style.bold('look')}    ${page}`);
}
