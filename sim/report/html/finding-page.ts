import type { Decided } from '../../campaign/when-decided.ts';
import type { Finding, Scenario } from '../../scenario/types.ts';
import { plural } from '../../scenario/text.ts';
import { describeAction, describeWorld } from '../describe-action.ts';
import { decidedLine } from '../decided.ts';
import { someSeeds } from '../finding-report.ts';
import { ruleWords } from '../rule-words.ts';
import type { ChannelStep, StepView } from '../steps/step-view.ts';
import { stepCause, stepTitle } from '../steps/step-report.ts';
import { comparisonTable, escaped, fieldsTable } from './markup.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import { sequenceSvg } from './sequence-svg.ts';

/** What the page of a finding is made of: a part of its JSON. */
export interface FindingDocument {
  readonly fingerprint: string;
  readonly verdict: Finding;
  readonly seeds?: readonly number[];
  readonly token?: string;
  readonly replay?: string;
  readonly scenario?: Scenario;
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
  /** When it became hard to avoid. */
  readonly decided?: Decided | 'not available';
  readonly steps?: readonly StepView[];
  /** How many steps the run had, of which the newest are shown. */
  readonly stepCount?: number;
}

/** One file without a network: what was found, the chart, and each step in full, walked through with the keyboard. */
export function findingPage(document: FindingDocument): string {
  const { fingerprint, verdict, steps = [], scenario, stepCount = steps.length } = document;
  const guilty = steps.at(-1)?.index;
  const nodes = scenario?.world.nodes.map(({ name }) => name) ?? [...new Set(steps.map(({ node }) => node))];
  const panels = steps.map((step) => panel(step, stepCount - 1, step.index === guilty ? verdict : undefined));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(fingerprint)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escaped(verdict.message)}</h1>
<p class="fingerprint">${escaped(fingerprint)}</p>
${ruleWords(verdict.rule)
  .map((line) => `<p class="rule">${escaped(line)}</p>`)
  .join('\n')}
${compared(verdict)}
${about(document)}
</header>
<main>
<section class="chart" aria-label="chart">${sequenceSvg(steps, nodes, guilty)}</section>
<section class="panels" aria-live="polite">
<p class="keys">${plural(steps.length, 'step')}${stepCount > steps.length ? ` of ${stepCount}` : ''} · <kbd>↓</kbd> <kbd>↑</kbd> step · <kbd>Home</kbd> <kbd>End</kbd> first and last</p>
${panels.join('\n')}
</section>
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function compared({ comparison, expected, actual }: Finding): string {
  if (comparison !== undefined) return comparisonTable(comparison.left, comparison.right, comparison.rows);
  return `<div class="values"><div><h2>expected</h2><pre>${escaped(expected)}</pre></div><div><h2>actual</h2><pre>${escaped(actual)}</pre></div></div>`;
}

function about({ seeds = [], token, replay, scenario, shrunk, verdict, decided }: FindingDocument): string {
  const many = seeds.length > 1 ? `<dt>same bug</dt><dd>${plural(seeds.length, 'seed')}: ${someSeeds(seeds)}</dd>` : '';
  const again = replay === undefined ? '' : `<dt>replay</dt><dd><code>${escaped(replay)}</code></dd>`;
  const when = decided === undefined ? '' : `<dt>decided</dt><dd>${escaped(decidedLine(decided))}</dd>`;
  const seed = token === undefined ? '' : `<dt>seed</dt><dd><code>${escaped(token)}</code></dd>`;
  const facts = `<dl>${seed}${many}${again}${when}</dl>`;
  return scenario === undefined ? facts : `${facts}${story(scenario, verdict, shrunk, decided)}`;
}

function story(
  { world, actions }: Scenario,
  { at }: Finding,
  shrunk: FindingDocument['shrunk'],
  decided: FindingDocument['decided'],
): string {
  const from = shrunk === undefined ? '' : `, shrunk from ${shrunk.fromActions}`;
  const worldItems = describeWorld(world).map((line) => `<li>${escaped(line)}</li>`);
  const items = actions.map(
    (action, index) =>
      `<li${index === at ? ' class="is-guilty"' : ''}>${escaped(describeAction(action))}${failingAfter(decided, index)}</li>`,
  );
  return [
    `<details${actions.length <= 12 ? ' open' : ''}><summary>scenario: ${plural(actions.length, 'action')}${from}</summary>`,
    `<ul class="world">${worldItems.join('')}</ul><ol start="0">${items.join('')}</ol></details>`,
  ].join('');
}

/** How many of a hundred continuations fail from after this action. */
function failingAfter(decided: FindingDocument['decided'], index: number): string {
  if (decided === undefined || decided === 'not available') return '';
  const { failing, continuations } = decided;
  const percent = Math.round((100 * (failing[index + 1] ?? 0)) / continuations);
  return ` <small title="of ${continuations} continuations from after this action"><i style="width:${percent}px"></i>${percent}% fail</small>`;
}

function panel(step: StepView, last: number, found: Finding | undefined): string {
  const { index, node, received, did, sent, channels } = step;
  return [
    `<article class="panel" id="step-${index}" data-step="${index}">`,
    `<h2>${escaped(stepTitle(step, last))}</h2>`,
    found === undefined
      ? ''
      : `<p class="found">✗ found here${found.at === 'settle' ? ', or once all had settled' : ''}: ${escaped(found.message)}</p>`,
    `<p class="cause">${escaped(stepCause(step))}</p>`,
    fieldsTable(received),
    did.length === 0 ? '' : `<p>did: ${did.map(escaped).join(', ')}</p>`,
    ...sent.map(
      ({ to, label, fields }) => `<details><summary>sent to ${escaped(to)}: ${escaped(label)}</summary>${fieldsTable(fields)}</details>`,
    ),
    ...channels.map((channel) => channelSection(channel, node)),
    '</article>',
  ].join('');
}

function channelSection({ name, ends: [opener, accepter], rows, changed }: ChannelStep, node: string): string {
  const before = changed.map(({ what, before: left, after: right }) => ({ what, left, right }));
  const both = rows.map(({ what, values: [left, right] }) => ({ what, left, right }));
  return [
    `<h3>${escaped(name)}: ${changed.length === 0 ? 'nothing' : 'what'} changed at ${escaped(node)}</h3>`,
    changed.length === 0 ? '' : comparisonTable('before', 'after', before),
    `<h3>${escaped(name)}: as both have it now</h3>`,
    `<p class="ends">${[opener, accepter].map((end) => `<b>${escaped(end.node)}</b> ${escaped(end.words)}`).join('<br>')}</p>`,
    rows.length === 0 ? '' : comparisonTable(opener.node, accepter.node, both),
  ].join('');
}
