/// <reference types="node" />
import { addTally, emptyTally } from '../../../sim/campaign/results.ts';
import type { TallyGroup } from '../../../sim/campaign/results.ts';
import { countSeeds, joined, without } from '../../../sim/campaign/seed-span.ts';
import type { Span } from '../../../sim/campaign/seed-span.ts';
import { partOf } from '../../../sim/campaign/shard.ts';
import { UsageError } from '../terminal/exit.ts';
import type { HuntReport } from './hunt-report.ts';
import { counted, onceEach } from './hunt-report.ts';

/** A report with the file that it was read from. */
export interface ReadReport {
  readonly file: string;
  readonly report: HuntReport;
}

export interface Merged {
  readonly report: HuntReport;
  /** Shards that have not come, or not to their end: `3/16`. */
  readonly missing: readonly string[];
  /** The seeds of the range that nobody ran. */
  readonly uncovered: readonly Span[];
  /** A shard that was run twice and came to something else: then the harness cannot be trusted. */
  readonly contradictions: readonly string[];
}

/** One report of many. Throws a UsageError, which names the files, for reports that are not of one hunt. */
export function mergeReports(reports: readonly ReadReport[]): Merged {
  const [first] = reports;
  if (first === undefined) throw new UsageError('merge: name the reports to merge');
  for (const other of reports.slice(1)) demandSameHunt(first, other);
  demandApart(reports);
  const { kept, contradictions } = onceEachShard(reports);
  const tally = emptyTally();
  for (const { report } of kept) addTally(tally, { ...report, counts: allGroups(report) });
  const shards = kept.map(({ report }) => report);
  const { versions, format, options, seeds } = first.report;
  const covered = joined(shards.flatMap((shard) => shard.covered));
  // An oracle that was never asked at all is in the list of every shard.
  const never = first.report.oracles.neverAsked;
  const hung = shards.find((shard) => shard.hung !== undefined)?.hung;
  const report: HuntReport = {
    format,
    versions,
    options,
    seeds,
    covered,
    ended: endOf(shards),
    ...(hung !== undefined && { hung }),
    ...counted(tally, never),
    findings: onceEach(shards.flatMap(({ findings }) => findings)),
    environment: environmentOf(shards),
  };
  const whole: Span | undefined = seeds.to === undefined ? undefined : [seeds.from, seeds.to];
  return { report, missing: missingOf(shards, whole), uncovered: whole === undefined ? [] : without(whole, covered), contradictions };
}

type Fields = (report: HuntReport) => unknown;
/** What reports of one hunt have in common. */
const COMMON: readonly (readonly [what: string, of: Fields])[] = [
  ['formats of reports', ({ format }) => format],
  ['versions of fulgurite', ({ environment }) => environment.fulgurite],
  ['versions of the generator and of fingerprints', ({ versions }) => versions],
  ['commits', ({ environment }) => environment.commit ?? 'none'],
  ['options', ({ options }) => options],
  ['ranges of seeds', ({ seeds }) => seeds],
];

function demandSameHunt(a: ReadReport, b: ReadReport): void {
  for (const [what, of] of COMMON) {
    const [one, other] = [a, b].map(({ report }) => of(report));
    if (JSON.stringify(one) === JSON.stringify(other)) continue;
    throw new UsageError(`merge: reports of different ${what}: ${a.file} has ${told(one, other)}, ${b.file} has ${told(other, one)}`);
  }
}

/** A value, of an object only what differs. */
function told(value: unknown, other: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).filter(
    ([name, field]) => JSON.stringify(field) !== JSON.stringify((other as Readonly<Record<string, unknown>>)[name]),
  );
  return fields.map(([name, field]) => `${name} ${JSON.stringify(field)}`).join(', ') || 'less';
}

/** The seeds that a report answers for. A single run is the whole of its range. */
function partIn({ shard, seeds }: HuntReport): Span | undefined {
  return shard === undefined ? [seeds.from, seeds.to ?? Infinity] : shard.part;
}

function shardName({ shard }: HuntReport): string {
  return shard === undefined ? '1/1' : `${shard.index}/${shard.of}`;
}

function demandApart(reports: readonly ReadReport[]): void {
  for (const [index, a] of reports.entries()) {
    for (const b of reports.slice(index + 1)) {
      const [one, other] = [partIn(a.report), partIn(b.report)];
      if (one === undefined || other === undefined || shardName(a.report) === shardName(b.report)) continue;
      if (one[0] > other[1] || other[0] > one[1]) continue;
      const part = ({ file, report }: ReadReport, [from, to]: Span): string => `${file} (shard ${shardName(report)}) has ${from}..${to}`;
      throw new UsageError(`merge: shards that overlap: ${part(a, one)}, ${part(b, other)}`);
    }
  }
}

/** A shard that was run twice counts once: the run that came farther. */
function onceEachShard(reports: readonly ReadReport[]): {
  readonly kept: readonly ReadReport[];
  readonly contradictions: readonly string[];
} {
  const kept = new Map<string, ReadReport>();
  const contradictions: string[] = [];
  for (const read of reports) {
    const name = shardName(read.report);
    const seen = kept.get(name);
    if (seen !== undefined && sameSeeds(seen.report, read.report) && !sameResult(seen.report, read.report))
      contradictions.push(`shard ${name} was run twice and came to something else: ${seen.file}, ${read.file}`);
    if (seen === undefined || countSeeds(read.report.covered) > countSeeds(seen.report.covered)) kept.set(name, read);
  }
  const order = ({ report }: ReadReport): number => report.shard?.index ?? 0;
  return { kept: [...kept.values()].sort((a, b) => order(a) - order(b)), contradictions };
}

function sameSeeds(a: HuntReport, b: HuntReport): boolean {
  return JSON.stringify(a.covered) === JSON.stringify(b.covered);
}

function sameResult(a: HuntReport, b: HuntReport): boolean {
  const result = ({ runs, steps, messages, findings }: HuntReport): unknown => [
    [runs, steps, messages],
    findings.map(({ fingerprint, seeds }) => [fingerprint, seeds]),
  ];
  return JSON.stringify(result(a)) === JSON.stringify(result(b));
}

/** Of a file that somebody has written by hand, groups may be missing. */
function allGroups({ counts }: HuntReport): HuntReport['counts'] {
  const groups = Object.keys(emptyTally().counts) as TallyGroup[];
  return Object.fromEntries(groups.map((group) => [group, counts[group] ?? {}])) as HuntReport['counts'];
}

/** How the whole ended: as the shard that came least far. */
function endOf(shards: readonly HuntReport[]): HuntReport['ended'] {
  const ends = shards.map(({ ended }) => ended);
  return (['hang', 'interrupted', 'time', 'findings'] as const).find((end) => ends.includes(end)) ?? 'seeds';
}

function missingOf(shards: readonly HuntReport[], whole: Span | undefined): readonly string[] {
  const of = shards.find(({ shard }) => shard !== undefined)?.shard?.of ?? 1;
  const done = new Set(shards.filter(({ ended }) => ended !== 'interrupted').map(shardName));
  return Array.from({ length: of }, (_, i) => i + 1)
    .filter((index) => !done.has(`${index}/${of}`) && (whole === undefined || partOf(whole, { index, of }) !== undefined))
    .map((index) => `${index}/${of}`);
}

function environmentOf(shards: readonly HuntReport[]): HuntReport['environment'] {
  const each = shards.map((report) => ({ shard: shardName(report), ended: report.ended, ...report.environment }));
  const [first] = shards as [HuntReport];
  const sum = (of: (report: HuntReport) => number): number => shards.reduce((total, report) => total + of(report), 0);
  return {
    ...first.environment,
    workers: sum(({ environment }) => environment.workers),
    elapsedMs: Math.max(...shards.map(({ environment }) => environment.elapsedMs)),
    shards: each,
  };
}
