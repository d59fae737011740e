import type { Style } from '../../../sim/report/style.ts';
import { table } from '../../../sim/report/table.ts';
import { grouped } from '../../../sim/scenario/text.ts';
import { CLASSES } from './generate.ts';
import type { Outcome } from './protocol.ts';

export interface Verdict {
  readonly id: string;
  readonly outcome: Outcome;
}

/** How many of each class were noticed, after how many runs, and which oracle saw them. */
export function summaryOf(known: readonly Verdict[], style: Style): string {
  const right = 'right' as const;
  const rows = CLASSES.flatMap((name) => {
    const own = known.filter(({ id }) => id.startsWith(`${name}/`));
    if (own.length === 0) return [];
    const noticed = own.filter(({ outcome }) => outcome.fingerprint !== undefined);
    const runs = noticed.map(({ outcome }) => outcome.runs).sort((a, b) => a - b);
    const median = runs[runs.length >> 1];
    const percent = ((100 * noticed.length) / own.length).toFixed(1);
    return [
      [name, String(own.length), String(noticed.length), `${percent} %`, median === undefined ? '' : grouped(median), oraclesOf(noticed)],
    ];
  });
  const columns = [
    { title: 'left out' },
    { title: 'mutants', align: right },
    { title: 'noticed', align: right },
    { title: '', align: right },
    { title: 'runs (median)', align: right },
    { title: 'by oracle' },
  ];
  return table(columns, rows, style);
}

function oraclesOf(noticed: readonly Verdict[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of noticed) {
    const oracle = outcome.fingerprint?.split('/')[0] ?? '';
    counts.set(oracle, (counts.get(oracle) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([oracle, count]) => `${oracle} ${count}`)
    .join(', ');
}

export function survivorsOf(known: readonly Verdict[]): string {
  const lines = known.flatMap(({ id, outcome }) => {
    if (outcome.otherwise === true) return [`found without it too: ${id}, ${outcome.fingerprint}`];
    return outcome.fingerprint === undefined ? [`unnoticed in ${grouped(outcome.runs)} runs: ${id}`] : [];
  });
  return lines.length === 0 ? '' : `\n${lines.join('\n')}`;
}
