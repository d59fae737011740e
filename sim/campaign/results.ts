import { fingerprint } from '../world/finding.ts';
import type { Statistics, StatisticsGroup } from '../world/statistics.ts';
import type { Finding, Scenario } from '../scenario/types.ts';
import { joined } from './seed-span.ts';
import type { Span } from './seed-span.ts';

/** What a campaign keeps of many runs: sums only, so that the order in which runs end does not show. */
export interface Tally {
  runs: number;
  steps: number;
  messages: number;
  /** Operations and faults: what strategies draw. Deliveries, finished stores and blocks heard of follow from them. */
  operations: number;
  /** Runs that drew at least one licence. */
  licensedRuns: number;
  /** Runs whose nodes spoke through the encrypted transport. */
  encryptedRuns: number;
  readonly counts: Record<TallyGroup, Record<string, number>>;
}

/** Actions that happen by themselves. */
const EVENTS: ReadonlySet<string> = new Set(['deliver', 'stored', 'see']);

export type TallyGroup = StatisticsGroup | 'licence';

export function emptyTally(): Tally {
  const shown = { message: {}, action: {}, refused: {}, rule: {}, event: {}, outcome: {}, unasked: {}, asked: {}, fired: {} };
  const counts = { ...shown, topology: {}, chain: {}, licence: {} };
  return { runs: 0, steps: 0, messages: 0, operations: 0, licensedRuns: 0, encryptedRuns: 0, counts };
}

export function tallyRun(tally: Tally, stats: Statistics, licences: readonly string[]): void {
  tally.runs += 1;
  tally.steps += stats.steps;
  tally.messages += stats.messages;
  tally.licensedRuns += licences.length > 0 ? 1 : 0;
  tally.encryptedRuns += stats.get('message', 'act_one') === 0 ? 0 : 1;
  for (const [group, names] of stats.counts) {
    const sums = tally.counts[group];
    for (const [name, times] of names) addCount(sums, name, times);
  }
  for (const name of licences) addCount(tally.counts.licence, name, 1);
  for (const [name, times] of stats.counts.get('action') ?? []) if (!EVENTS.has(name)) tally.operations += times;
}

export function addTally(into: Tally, other: Tally): void {
  into.runs += other.runs;
  into.steps += other.steps;
  into.messages += other.messages;
  into.operations += other.operations;
  into.licensedRuns += other.licensedRuns;
  into.encryptedRuns += other.encryptedRuns;
  for (const group of Object.keys(into.counts) as TallyGroup[]) addCounts(into.counts[group], other.counts[group]);
}

function addCounts(into: Record<string, number>, other: Readonly<Record<string, number>>): void {
  for (const name in other) addCount(into, name, other[name] ?? 0);
}

function addCount(into: Record<string, number>, name: string, times: number): void {
  into[name] = (into[name] ?? 0) + times;
}

/** A finding with what it takes to see it again. */
export interface Found {
  readonly seed: number;
  readonly token: string;
  /** Under every oracle. */
  readonly finding: Finding;
  /** Its fingerprint under the oracles that watched the seed. */
  readonly foundAs: string;
  /** Recorded, with every delivery explicit, expecting this finding. */
  readonly scenario: Scenario;
}

/** A range of consecutive seeds, run by one worker. */
export interface SeedRange {
  /** 0, 1, 2, ... in the order of the seeds. */
  readonly index: number;
  readonly span: Span;
  readonly tally: Tally;
  readonly found: readonly Found[];
}

/** One distinct finding of a campaign. */
export interface Distinct {
  readonly fingerprint: string;
  /** Of the lowest seed that showed it. */
  readonly first: Found;
  /** Seeds that showed it, the first included, in order. */
  readonly seeds: readonly number[];
  /** The fingerprints that the oracles of those seeds saw it by. */
  readonly foundAs: readonly string[];
  /** Why it does not count, where it was set aside. */
  readonly known?: string;
}

/** Findings set aside, each with the reason. */
export type Known = Readonly<Record<string, string>>;

/**
 * Joins what workers bring, in whatever order, into what one worker alone would have brought: ranges count in the order of
 * their seeds, and a campaign that has enough findings ends with the range that brought the last of them.
 */
export class Merger {
  readonly tally: Tally = emptyTally();
  private readonly distinct = new Map<string, { first: Found; seeds: number[]; foundAs: Set<string> }>();
  private readonly waiting = new Map<number, SeedRange>();
  private readonly spans: Span[] = [];
  private next = 0;
  private readonly known: Known;
  private readonly maxFindings: number;

  constructor(options: { readonly known?: Known; readonly maxFindings: number }) {
    this.known = options.known ?? {};
    this.maxFindings = options.maxFindings;
  }

  add(range: SeedRange): void {
    this.waiting.set(range.index, range);
    for (let ready = this.waiting.get(this.next); ready && !this.full; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.next += 1;
      this.count(ready);
    }
  }

  /**
   * What stands behind a range that never came (a campaign that was interrupted or ran out of time) counts too, in order;
   * so do findings of ranges that had not ended.
   */
  close(early: readonly Found[] = []): void {
    for (const index of [...this.waiting.keys()].sort((a, b) => a - b)) {
      const range = this.waiting.get(index);
      if (range && !this.full) this.count(range);
    }
    this.waiting.clear();
    this.countFound(early);
  }

  /** As many findings as were asked for, known ones not counted. */
  get full(): boolean {
    return this.findings.filter(({ known }) => known === undefined).length >= this.maxFindings;
  }

  get findings(): readonly Distinct[] {
    return [...this.distinct].map(([name, { first, seeds, foundAs }]) => {
      const known = this.known[name];
      return { fingerprint: name, first, seeds, foundAs: [...foundAs], ...(known !== undefined && { known }) };
    });
  }

  /** The seeds that count. */
  get covered(): readonly Span[] {
    return joined(this.spans);
  }

  private count({ span, tally, found }: SeedRange): void {
    this.spans.push(span);
    addTally(this.tally, tally);
    this.countFound(found);
  }

  private countFound(found: readonly Found[]): void {
    for (const one of found) {
      if (this.full) return;
      const name = fingerprint(one.finding);
      const seen = this.distinct.get(name);
      if (seen === undefined) this.distinct.set(name, { first: one, seeds: [one.seed], foundAs: new Set([one.foundAs]) });
      else {
        seen.seeds.push(one.seed);
        seen.foundAs.add(one.foundAs);
      }
    }
  }
}
