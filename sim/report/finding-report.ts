import { fingerprint } from '../world/finding.ts';
import type { Finding, Scenario } from '../scenario/types.ts';
import { difference } from './diff.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { plural } from '../scenario/text.ts';
import { describeAction, describeWorld } from './describe-action.ts';

export interface FindingReport {
  readonly finding: Finding;
  /** The scenario that shows it, shrunk or not. */
  readonly scenario: Scenario;
  /** The seed token that it was found with, if it was. */
  readonly token?: string;
  /** The fingerprint that the campaign found it by: another one where an oracle that watches replays sees it sooner. */
  readonly foundAs?: string;
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
  /** A sequence chart of the run. */
  readonly chart?: string;
  /** The one command that shows it again. */
  readonly replay?: string;
}

/** Everything that there is to say about one finding, in the order in which somebody who has never seen it reads. */
export function findingReport(report: FindingReport, style: Style = plain): string {
  const { finding, scenario, token, foundAs = fingerprint(finding), shrunk, chart, replay } = report;
  const where = [finding.node && `node ${finding.node}`, finding.channel && `channel ${finding.channel}`, placeOf(finding, scenario)];
  return [
    `${style.bad(style.bold('FOUND'))} ${style.bold(fingerprint(finding))}`,
    ...(foundAs === fingerprint(finding) ? [] : [style.dim(`the campaign found it as ${foundAs}; with every oracle it shows sooner`)]),
    `${harmless(finding.message)}`,
    style.dim(where.filter((part) => part !== undefined && part !== '').join(', ')),
    '',
    difference(harmless(finding.expected), harmless(finding.actual), style),
    '',
    ...(token === undefined ? [] : [`${style.bold('seed')}    ${token}`]),
    ...scenarioLines(scenario, finding, shrunk, style),
    ...(chart === undefined ? [] : ['', chart]),
    ...(replay === undefined ? [] : ['', `${style.bold('replay')}  ${style.good(replay)}`]),
  ].join('\n');
}

function placeOf({ at }: Finding, { actions }: Scenario): string {
  if (at === 'setup') return 'while the channels were opened';
  if (at === 'settle') return 'after the last action, when everything must settle';
  const action = actions[at];
  return action === undefined ? `at action ${at}` : `at action ${at}: ${describeAction(action)}`;
}

function scenarioLines({ world, actions }: Scenario, finding: Finding, shrunk: FindingReport['shrunk'], style: Style): string[] {
  const title = shrunk
    ? `shrunk from ${shrunk.fromActions} to ${plural(actions.length, 'action')} in ${plural(shrunk.executions, 'execution')}`
    : plural(actions.length, 'action');
  const digits = String(actions.length).length;
  return [
    `${style.bold('scenario')}, ${title}`,
    ...describeWorld(world).map((line) => style.dim(`  ${line}`)),
    ...actions.map((action, index) => {
      const line = `  ${String(index).padStart(digits)}  ${harmless(describeAction(action))}`;
      return index === finding.at ? style.mark(`${line}   ← here`) : line;
    }),
  ];
}

/** Text that a peer may have written must not steer the terminal. */
function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '?');
}
