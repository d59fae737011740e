import { spansText } from '../../../sim/campaign/seed-span.ts';
import { duration, grouped, plural } from '../../../sim/scenario/text.ts';
import type { HuntReport, ReportedFinding } from './hunt-report.ts';

/** What a hosted workflow shows beside the code: one line of its language a finding, known ones as notices. */
export function annotations({ findings, hung }: HuntReport): readonly string[] {
  const lines = findings.map(({ fingerprint, known, file, verdict, token, replay }) => {
    const place = file === undefined ? '' : `file=${property(file)},line=1,`;
    const text = [known === undefined ? verdict.message : `known: ${known}`, `seed ${token}`, ...(replay === undefined ? [] : [replay])];
    return `::${known === undefined ? 'error' : 'notice'} ${place}title=${property(fingerprint)}::${data(text.join('\n'))}`;
  });
  return hung === undefined ? lines : [...lines, `::error title=a run that did not end::${data(`seed ${hung}`)}`];
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** The same as Markdown, with what was done: the summary of a step. */
export function stepSummary(report: HuntReport): string {
  const { runs, operations, messages, findings, covered, oracles, environment, seeds, hung } = report;
  const fresh = findings.filter(({ known }) => known === undefined).length;
  const row = ({ fingerprint, known, verdict, count, actions, token }: ReportedFinding): string =>
    `| ${cell(fingerprint)} | ${cell(known === undefined ? verdict.message : `known: ${known}`)} | ${count} | ${actions ?? ''} | ${cell(token)} |`;
  const replays = findings.flatMap(({ replay }) => (replay === undefined ? [] : [replay]));
  return [
    `### ${fresh === 0 ? (findings.length === 0 ? 'Nothing found' : 'Only known findings') : plural(fresh, 'finding')}`,
    '',
    `Seeds ${seeds.from}..${seeds.to ?? ''}, of which ${covered.length === 0 ? 'none' : spansText(covered)} ran: ${plural(runs, 'run')} in ${duration(environment.elapsedMs)}, ${grouped(operations)} operations, ${grouped(messages)} messages; oracles asked ${plural(oracles.asked, 'time')}, held ${grouped(oracles.held)}.`,
    ...(hung === undefined ? [] : ['', `Seed ${hung} did not end.`]),
    ...(findings.length === 0 ? [] : ['', '| finding | what | seeds | actions | seed |', '| --- | --- | --- | --- | --- |', ...findings.map(row)]),
    ...(replays.length === 0 ? [] : ['', '```sh', ...replays.map((line) => line.replaceAll('`', '')), '```']),
    '',
  ].join('\n');
}

/** Of a table; a peer's text must not make Markdown or HTML of it. */
function cell(text: string): string {
  return text.replace(/[\\`*_[\]<>|&]/g, (character) => `&#${character.charCodeAt(0)};`).replace(/\s+/g, ' ');
}
