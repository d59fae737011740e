import type { Distinct, Tally, TallyGroup } from '../campaign/results.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { duration, grouped, plural, rate } from '../scenario/text.ts';
import { wrapped } from './wrapped.ts';

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
  unasked: 'not applicable, by node: its driver cannot be asked',
  asked: 'oracles asked: after each step, and once all has settled',
  fired: 'oracles that saw something wrong',
  topology: 'worlds, by who has channels with whom',
  chain: 'HTLCs left to the chain, by the licences of their runs',
  licence: 'licences drawn',
};

/** Below this, a rate says how long things took to start. */
const LEAST_MS_FOR_A_RATE = 5_000;

/** What a campaign did, in one line: no rate before five seconds. */
export function statisticsLine({ tally, elapsedMs }: Pick<CampaignReport, 'tally' | 'elapsedMs'>): string {
  const rates = elapsedMs < LEAST_MS_FOR_A_RATE ? '' : `, ${rate(perSecond(tally.runs, elapsedMs))} runs/s`;
  const { runs, operations, messages } = tally;
  return `${plural(runs, 'run')} in ${duration(elapsedMs)}${rates}, ${grouped(operations)} operations, ${grouped(messages)} messages`;
}

/** Of a campaign with networks: their shares, and how many HTLCs failed channels have left to the chain, by licences. Undefined of pairs alone. */
export function networksLine({ tally }: Pick<CampaignReport, 'tally'>): string | undefined {
  const { topology, chain } = tally.counts;
  const shapes = Object.entries(topology).sort(([, m], [, n]) => n - m);
  if (shapes.every(([name]) => name === 'pair')) return undefined;
  const left = Object.entries(chain).sort(([, m], [, n]) => n - m);
  const decided = left.length === 0 ? 'none' : left.map(([licences, count]) => `${licences} ${grouped(count)}`).join(', ');
  return `${shapes.map(([name, count]) => `${name}${share(count, tally.runs)}`).join(', ')}; HTLCs left to the chain: ${decided}`;
}

/** Which rules of core somebody broke or was refused by, of all that there are. */
export function rulesLine({ tally, possible }: Pick<CampaignReport, 'tally' | 'possible'>): string {
  const all = possible.rule ?? [];
  const triggered = all.filter((id) => tally.counts.rule[id] !== undefined).length;
  return `${triggered} of ${all.length} rules triggered; --stats names those that never were`;
}

/** How often oracles were asked, and answered as they should; and those that never were. */
export function oraclesLine({ tally, possible }: Pick<CampaignReport, 'tally' | 'possible'>): string {
  const total = (group: 'asked' | 'fired'): number => Object.values(tally.counts[group]).reduce((sum, count) => sum + count, 0);
  const never = (possible.asked ?? []).filter((name) => tally.counts.asked[name] === undefined);
  const line = `oracles asked ${plural(total('asked'), 'time')}, held ${plural(total('asked') - total('fired'), 'time')}`;
  return never.length === 0 ? line : `${line}; never asked: ${never.join(', ')}`;
}

/** Tables of all that was exercised, and what never was. */
export function statistics({ tally, elapsedMs, possible }: Omit<CampaignReport, 'findings'>, style: Style = plain, width = 80): string {
  const groups = (Object.keys(TITLES) as TallyGroup[]).flatMap((group) =>
    groupLines(group, tally.counts[group], possible[group] ?? [], width, style),
  );
  const licensed = Object.values(tally.counts.outcome).reduce((sum, count) => sum + count, 0);
  return [
    ...groups,
    `${grouped(tally.steps)} steps of nodes`,
    ...(elapsedMs >= LEAST_MS_FOR_A_RATE ? [`${rate(perSecond(tally.messages, elapsedMs))} messages/s`] : []),
    ...wrapped(
      `${plural(tally.licensedRuns, 'run')} drew a fault that licenses an outcome${share(tally.licensedRuns, tally.runs)}, ${plural(licensed, 'outcome was', 'outcomes were')} licensed`,
      width,
    ),
    `${plural(tally.encryptedRuns, 'run')} went through the encrypted transport${share(tally.encryptedRuns, tally.runs)}`,
  ].join('\n');
}

function perSecond(count: number, elapsedMs: number): number {
  return (count * 1000) / elapsedMs;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '' : ` (${((100 * part) / whole).toFixed(1)}%)`;
}

/** Most frequent first, equal counts by name, in as many columns as fit. */
function groupLines(
  group: TallyGroup,
  counts: Readonly<Record<string, number>>,
  possible: readonly string[],
  width: number,
  style: Style,
): string[] {
  const entries = Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const never = possible.filter((name) => counts[name] === undefined);
  if (entries.length === 0 && never.length === 0) return [];
  const rare = entries.slice(MOST_NAMES);
  const others = rare.reduce((sum, [, count]) => sum + count, 0);
  const cells = entries.slice(0, MOST_NAMES).map(([name, count]) => `${grouped(count).padStart(11)}  ${name}`);
  const cellWidth = Math.max(30, ...cells.map((cell) => cell.length)) + 2;
  const columns = Math.max(1, Math.floor(width / cellWidth));
  const rows = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => (cells[column * rows + row] ?? '').padEnd(cellWidth))
      .join('')
      .trimEnd(),
  );
  const more = rare.length === 0 ? [] : [`${grouped(others).padStart(11)}  … ${grouped(rare.length)} rarer ones`];
  return [style.bold(TITLES[group]), ...lines, ...more, ...neverLines(never, width).map((line) => style.mark(line)), ''];
}

function neverLines(never: readonly string[], width: number): string[] {
  if (never.length === 0) return [];
  return wrapped(never.join(', '), width - 13).map((line, i) => `${i === 0 ? '      never' : '           '}  ${line}`);
}

/** How a hunt ended, in a line; each known finding in another. */
export function verdict(findings: readonly Pick<Distinct, 'fingerprint' | 'known'>[], style: Style = plain): string {
  if (findings.length === 0) return style.good(style.bold('nothing found'));
  const known = findings.flatMap(({ fingerprint, known: why }) => (why === undefined ? [] : [style.dim(`known: ${fingerprint}, ${why}`)]));
  const fresh = findings.length - known.length;
  const head = fresh === 0 ? style.good('only known findings') : style.bad(style.bold(plural(fresh, 'finding')));
  return [...known, head].join('\n');
}
