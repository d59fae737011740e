import { fingerprint } from '../world/finding.ts';
import type { Finding, Scenario } from '../scenario/types.ts';
import { difference } from './diff.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { LEGEND } from './chart.ts';
import { columns } from './columns.ts';
import { ruleWords } from './rule-words.ts';
import { plural } from '../scenario/text.ts';
import type { Decided } from '../campaign/when-decided.ts';
import { decidedLine } from './decided.ts';
import { describeAction, describeWorld } from './describe-action.ts';
import { wrapped } from './wrapped.ts';

export interface FindingReport {
  readonly finding: Finding;
  /** The scenario that shows it, shrunk or not. */
  readonly scenario: Scenario;
  /** The seed token that it was found with, if it was. */
  readonly token?: string;
  /** The fingerprints that the campaign found it by: others where an oracle that watches replays sees it sooner. */
  readonly foundAs?: readonly string[];
  /** The seeds that showed it. */
  readonly seeds?: readonly number[];
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
  /** When it became hard to avoid. */
  readonly decided?: Decided | 'not available';
  /** A sequence chart of the run. */
  readonly chart?: string;
  /** Also say what the chart's signs mean. Default false. */
  readonly legend?: boolean;
  /** The one command that shows it again. */
  readonly replay?: string;
  /** Characters a line. Default 80. */
  readonly width?: number;
}

/** What a chart says at the step that is to blame. */
export function guiltOf({ node, message, at, comparison, expected }: Finding): {
  readonly node?: string | undefined;
  readonly text: string;
} {
  const found = `${at === 'settle' ? 'found here, or once all has settled' : 'found here'}: ${harmless(message)}`;
  const due = comparison === undefined && expected.length <= MOST_EXPECTED ? `; expected: ${harmless(expected)}` : '';
  return { node, text: `${found}${due}` };
}

/** Characters of what was expected that a chart has room for. */
const MOST_EXPECTED = 100;

/** Everything that there is to say about one finding, in the order in which somebody who has never seen it reads. */
export function findingReport(report: FindingReport, style: Style = plain): string {
  const { finding, scenario, token, seeds = [], shrunk, chart, replay, width = 80 } = report;
  const name = fingerprint(finding);
  const others = (report.foundAs ?? []).filter((other) => other !== name);
  const where = [finding.node && `node ${finding.node}`, finding.channel && `channel ${finding.channel}`, placeOf(finding, scenario)];
  const lines = (text: string): string[] => text.split('\n').flatMap((line) => wrapped(line, width));
  return [
    `${style.bad(style.bold('FOUND'))} ${style.bold(name)}`,
    ...lines(harmless(finding.message)).map((line) => style.bold(line)),
    ...lines(where.filter((part) => part !== undefined && part !== '').join(', ')).map((line) => style.dim(line)),
    ...ruleWords(finding.rule)
      .flatMap((text) => lines(text))
      .map((line) => style.dim(line)),
    '',
    compared(finding, width, style),
    '',
    ...(seeds.length > 1 ? lines(`same bug, ${plural(seeds.length, 'seed')}: ${someSeeds(seeds)}`) : []),
    ...(others.length > 0 ? lines(`the campaign saw it as ${others.join(' and as ')}; with every oracle it shows sooner`) : []),
    ...(token === undefined ? [] : [`${style.bold('seed')}    ${token}`]),
    ...scenarioLines(scenario, finding, shrunk, width, style),
    ...(report.decided === undefined ? [] : lines(`${style.bold('decided')} ${decidedLine(report.decided)}`)),
    ...(chart === undefined ? [] : ['', chart, ...(report.legend === true ? ['', ...LEGEND.map((line) => style.dim(line))] : [])]),
    ...(replay === undefined ? [] : ['', `${style.bold('replay')}  ${style.good(replay)}`]),
  ].join('\n');
}

const MOST_SEEDS = 12;

/** As many as there is room for. */
export function someSeeds(seeds: readonly number[]): string {
  const shown = seeds.slice(0, MOST_SEEDS).join(' ');
  return seeds.length > MOST_SEEDS ? `${shown} …` : shown;
}

function compared({ comparison, expected, actual }: Finding, width: number, style: Style): string {
  if (comparison === undefined) return difference(harmless(expected), harmless(actual), style, width);
  const rows = comparison.rows.map(({ what, left, right }) => ({ what, left: harmless(left), right: harmless(right) }));
  return columns({ ...comparison, rows }, width, style);
}

function placeOf({ at }: Finding, { actions }: Scenario): string {
  if (at === 'setup') return 'while the channels were opened';
  if (at === 'settle') return 'after the last action, when everything must settle';
  const action = actions[at];
  return action === undefined ? `at action ${at}` : `at action ${at}: ${describeAction(action)}`;
}

function scenarioLines(
  { world, actions }: Scenario,
  finding: Finding,
  shrunk: FindingReport['shrunk'],
  width: number,
  style: Style,
): string[] {
  const title = shrunk
    ? `shrunk from ${shrunk.fromActions} to ${plural(actions.length, 'action')} in ${plural(shrunk.executions, 'execution')}`
    : plural(actions.length, 'action');
  const digits = String(actions.length).length;
  return [
    `${style.bold('scenario')}, ${title}`,
    ...describeWorld(world).flatMap((line) => wrapped(line, width - 4).map((part, i) => style.dim(`${i === 0 ? '  ' : '    '}${part}`))),
    ...actions.flatMap((action, index) => {
      const text = `${harmless(describeAction(action))}${index === finding.at ? '   ← here' : ''}`;
      const parts = wrapped(text, width - 4 - digits).map(
        (part, i) => `  ${i === 0 ? String(index).padStart(digits) : ' '.repeat(digits)}  ${part}`,
      );
      return index === finding.at ? parts.map((part) => style.mark(part)) : parts;
    }),
  ];
}

/** Text that a peer may have written must not steer the terminal. */
function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');
}
