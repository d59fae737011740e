/// <reference types="node" />
import type { Decided } from '../../../sim/campaign/when-decided.ts';
import { RULES } from '../../../core/rules.ts';
import type { Tally } from '../../../sim/campaign/results.ts';
import type { Span } from '../../../sim/campaign/seed-span.ts';
import type { Shard } from '../../../sim/campaign/shard.ts';
import { GENERATOR_VERSION } from '../../../sim/run/seed.ts';
import type { StepView } from '../../../sim/report/steps/step-view.ts';
import type { Finding, Scenario } from '../../../sim/scenario/types.ts';
import { FINGERPRINT_VERSION } from '../../../sim/world/finding.ts';
import type { CampaignResult } from '../run-campaign.ts';
import type { Environment } from './environment.ts';

/** Changes whenever a program that reads reports would misread one. */
const REPORT_FORMAT = 1;

/** All that a hunt has to say, as `--json` writes it. For one range of seeds it is the same on every machine, but for `environment`. */
export interface HuntReport {
  readonly format: number;
  /** Reports of other versions have other seeds, or call findings otherwise. */
  readonly versions: { readonly generator: number; readonly fingerprints: number };
  /** Everything that decides what a seed does and what counts as a finding, defaults filled in. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The whole range, of which a shard takes a part. Without an end until the time was over. */
  readonly seeds: { readonly from: number; readonly to?: number };
  /** Of a machine that ran a part: none where there was nothing left for it. */
  readonly shard?: Shard & { readonly part?: Span };
  /** The seeds that were run and counted. */
  readonly covered: readonly Span[];
  readonly ended: CampaignResult['ended'];
  /** The token of a run that did not end. */
  readonly hung?: string;
  readonly runs: number;
  readonly steps: number;
  readonly messages: number;
  readonly operations: number;
  readonly licensedRuns: number;
  readonly encryptedRuns: number;
  readonly counts: Tally['counts'];
  readonly oracles: {
    /** How often they were asked, and held: answered as they should. */
    readonly asked: number;
    readonly held: number;
    readonly neverAsked: readonly string[];
  };
  readonly rules: { readonly triggered: readonly string[]; readonly never: readonly string[] };
  /** One a bug, in the order of the lowest seeds that showed them. */
  readonly findings: readonly ReportedFinding[];
  readonly environment: Environment;
}

export interface ReportedFinding {
  readonly fingerprint: string;
  /** Why it does not count. */
  readonly known?: string;
  readonly count: number;
  readonly seeds: readonly number[];
  /** What the oracles that watched those seeds saw. */
  readonly foundAs: readonly string[];
  /** The seed that the case below comes from. */
  readonly seed: number;
  readonly token: string;
  /** As its replay says it. */
  readonly verdict: Finding;
  /** Where the case is stored, and the command that shows it again. */
  readonly file?: string;
  readonly replay?: string;
  readonly actions?: number;
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
  /** How many continuations from before each action fail, and from after the last one. */
  readonly decided?: Decided | 'not available';
  readonly scenario?: Scenario;
  /** Those of the case that its page shows, and how many it has. */
  readonly steps?: readonly StepView[];
  readonly stepCount?: number;
}

/** What a report says beside what was counted and found. */
export interface Circumstances {
  readonly options: HuntReport['options'];
  readonly seeds: HuntReport['seeds'];
  readonly shard?: HuntReport['shard'];
  /** Every oracle that there is. */
  readonly oracles: readonly string[];
  readonly environment: Environment;
}

export function huntReport(
  { tally, covered, ended }: Pick<CampaignResult, 'tally' | 'covered' | 'ended'>,
  findings: readonly ReportedFinding[],
  { options, seeds, shard, oracles, environment }: Circumstances,
  hung?: string,
): HuntReport {
  return {
    format: REPORT_FORMAT,
    versions: { generator: GENERATOR_VERSION, fingerprints: FINGERPRINT_VERSION },
    options,
    seeds,
    ...(shard !== undefined && { shard }),
    covered,
    ended,
    ...(hung !== undefined && { hung }),
    ...counted(tally, oracles),
    findings: inOrder(findings),
    environment,
  };
}

type Counted = Tally & Pick<HuntReport, 'oracles' | 'rules'>;

/** A tally, names in alphabetical order, with what follows from it. */
export function counted(tally: Tally, oracles: readonly string[]): Counted {
  const sorted = (counts: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
  const counts = Object.fromEntries(Object.entries(tally.counts).map(([group, names]) => [group, sorted(names)])) as Tally['counts'];
  const sum = (names: Readonly<Record<string, number>>): number => Object.values(names).reduce((total, count) => total + count, 0);
  const asked = sum(counts.asked);
  const triggered = Object.keys(counts.rule);
  return {
    ...tally,
    counts,
    oracles: { asked, held: asked - sum(counts.fired), neverAsked: oracles.filter((name) => counts.asked[name] === undefined) },
    rules: { triggered, never: Object.keys(RULES).filter((id) => counts.rule[id] === undefined) },
  };
}

export function inOrder(findings: readonly ReportedFinding[]): readonly ReportedFinding[] {
  return [...findings].sort((a, b) => (a.seeds[0] ?? 0) - (b.seeds[0] ?? 0) || (a.fingerprint < b.fingerprint ? -1 : 1));
}

/** Findings of several campaigns, or of several that shrinking made one: one a bug, with the smallest case and every seed. */
export function onceEach(findings: readonly ReportedFinding[]): readonly ReportedFinding[] {
  const bugs = new Map<string, ReportedFinding>();
  for (const finding of findings) {
    const seen = bugs.get(finding.fingerprint);
    bugs.set(finding.fingerprint, seen === undefined ? finding : sameBug(seen, finding));
  }
  return inOrder([...bugs.values()]);
}

function sameBug(a: ReportedFinding, b: ReportedFinding): ReportedFinding {
  const size = ({ actions = Infinity }: ReportedFinding): number => actions;
  const smaller = size(b) < size(a) || (size(b) === size(a) && b.seed < a.seed) ? b : a;
  const seeds = [...new Set([...a.seeds, ...b.seeds])].sort((x, y) => x - y);
  return { ...smaller, count: seeds.length, seeds, foundAs: [...new Set([...a.foundAs, ...b.foundAs])].sort() };
}

/** Whether a file holds a report: as much of it as merging reads. */
export function isHuntReport(value: unknown): value is HuntReport {
  if (!isRecord(value)) return false;
  const { format, versions, options, seeds, covered, counts, findings, environment, oracles } = value;
  return (
    typeof format === 'number' &&
    [versions, options, seeds, counts, environment, oracles].every(isRecord) &&
    Array.isArray(covered) &&
    Array.isArray(findings) &&
    findings.every((finding) => isRecord(finding) && typeof finding['fingerprint'] === 'string' && isRecord(finding['verdict']))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
