import type { Distinct, Tally, TallyGroup } from '../campaign/results.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { table } from './table.ts';
import { duration, grouped, plural, rate } from '../scenario/text.ts';

export interface CampaignReport {
  readonly tally: Tally;
  readonly findings: readonly Distinct[];
  readonly elapsedMs: number;
  /** Names that can occur, by group: what never did is named too. */
  readonly possible: Readonly<Partial<Record<TallyGroup, readonly string[]>>>;
}

/** Of each group; the rest is summed. */
const MOST_NAMES = 30;

const TITLES: Readonly<Record<TallyGroup, string>> = {
  message: 'messages received',
  action: 'operations and faults',
  event: 'events: told to hosts, broadcast, invalid commands, dry runs',
  outcome: 'licensed outcomes, by licence',
  refused: 'commands refused',
  rule: 'rules triggered, by a peer or by a command',
  licence: 'licences drawn',
};

/** The closing summary of a campaign: what was exercised, what never was, and what was found. */
export function summary({ tally, findings, elapsedMs, possible }: CampaignReport, style: Style = plain): string {
  const groups = (Object.keys(TITLES) as TallyGroup[]).flatMap((group) =>
    groupLines(group, tally.counts[group], possible[group] ?? [], style),
  );
  const licensed = Object.values(tally.counts.outcome).reduce((sum, count) => sum + count, 0);
  return [
    `${plural(tally.runs, 'run')} in ${duration(elapsedMs)}, ${grouped(tally.operations)} operations, ${grouped(tally.steps)} steps, ${grouped(tally.messages)} messages`,
    ...(elapsedMs > 0
      ? [`${rate(perSecond(tally.runs, elapsedMs))} runs/s, ${rate(perSecond(tally.messages, elapsedMs))} messages/s`]
      : []),
    `${plural(tally.licensedRuns, 'run')} drew a fault that licenses an outcome${share(tally.licensedRuns, tally.runs)}, ${plural(licensed, 'outcome was', 'outcomes were')} licensed`,
    `${plural(tally.encryptedRuns, 'run')} went through the encrypted transport${share(tally.encryptedRuns, tally.runs)}`,
    '',
    ...groups,
    verdict(findings, style),
  ].join('\n');
}

function perSecond(count: number, elapsedMs: number): number {
  return (count * 1000) / elapsedMs;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '' : ` (${((100 * part) / whole).toFixed(1)}%)`;
}

/** Most frequent first, equal counts by name, in as many columns as fit. */
function groupLines(group: TallyGroup, counts: Readonly<Record<string, number>>, possible: readonly string[], style: Style): string[] {
  const entries = Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const never = possible.filter((name) => counts[name] === undefined);
  if (entries.length === 0 && never.length === 0) return [];
  const rare = entries.slice(MOST_NAMES);
  const others = rare.reduce((sum, [, count]) => sum + count, 0);
  const cells = entries.slice(0, MOST_NAMES).map(([name, count]) => `${grouped(count).padStart(11)}  ${name}`);
  const width = Math.max(30, ...cells.map((cell) => cell.length)) + 2;
  const columns = Math.max(1, Math.floor(110 / width));
  const rows = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => (cells[column * rows + row] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  );
  const more = rare.length === 0 ? [] : [`${grouped(others).padStart(11)}  … ${grouped(rare.length)} rarer ones`];
  return [style.bold(TITLES[group]), ...lines, ...more, ...(never.length > 0 ? [style.mark(`      never  ${never.join(', ')}`)] : []), ''];
}

function verdict(findings: readonly Distinct[], style: Style): string {
  if (findings.length === 0) return style.good(style.bold('nothing found'));
  const rows = findings.map(({ fingerprint, count, first, known }) => [fingerprint, grouped(count), first.token, known ?? '']);
  const columns = [{ title: 'finding' }, { title: 'seeds', align: 'right' as const }, { title: 'first' }, { title: 'known' }];
  const fresh = findings.filter(({ known }) => known === undefined).length;
  const head = fresh === 0 ? style.good('only known findings') : style.bad(style.bold(plural(fresh, 'finding')));
  return `${head}\n${table(columns, rows, style)}`;
}
