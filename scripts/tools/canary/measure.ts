/** What one planted bug was found as. */
export interface Sighting {
  readonly bug: string;
  /** The source file that it edits. */
  readonly file: string;
  /** Of the findings that are left once the same ones are merged. */
  readonly fingerprints: readonly string[];
}

export interface SharedName {
  readonly bugs: readonly [string, string];
  readonly fingerprints: readonly string[];
  /** Both edit one file: two ways to break one rule. Else a known finding hides a bug of another place. */
  readonly sameFile: boolean;
}

export interface OneBugOneReport {
  /** Of the bugs that were found at all. */
  readonly found: number;
  readonly medianFindings: number;
  readonly mostFindings: number;
  /** With how many findings each of those that have more than three. */
  readonly scattered: readonly string[];
  readonly shared: readonly SharedName[];
  /** How many bugs share a name with a bug of another file, in a hundred. */
  readonly sharedElsewherePercent: number;
}

const MOST_FINDINGS = 3;

/** Whether one bug is one report, both ways: how many findings a bug has, and which bugs have the same name. */
export function oneBugOneReport(sightings: readonly Sighting[]): OneBugOneReport {
  const found = sightings.filter(({ fingerprints }) => fingerprints.length > 0);
  const counts = found.map(({ fingerprints }) => fingerprints.length).sort((a, b) => a - b);
  const shared = found.flatMap((one, i) => found.slice(i + 1).flatMap((other) => sharedBy(one, other)));
  const elsewhere = new Set(shared.filter(({ sameFile }) => !sameFile).flatMap(({ bugs }) => bugs));
  return {
    found: found.length,
    medianFindings: counts[(counts.length - 1) >> 1] ?? 0,
    mostFindings: counts.at(-1) ?? 0,
    scattered: found.filter(({ fingerprints }) => fingerprints.length > MOST_FINDINGS).map(({ bug }) => bug),
    shared,
    sharedElsewherePercent: found.length === 0 ? 0 : Math.round((1000 * elsewhere.size) / found.length) / 10,
  };
}

function sharedBy(one: Sighting, other: Sighting): SharedName[] {
  const fingerprints = one.fingerprints.filter((name) => other.fingerprints.includes(name));
  return fingerprints.length === 0 ? [] : [{ bugs: [one.bug, other.bug], fingerprints, sameFile: one.file === other.file }];
}

/** For people, a line each. */
export function measureLines(measure: OneBugOneReport): readonly string[] {
  const { medianFindings, mostFindings, scattered, shared, sharedElsewherePercent } = measure;
  return [
    `findings a bug, merged: median ${medianFindings}, most ${mostFindings}${scattered.length === 0 ? '' : `, more than ${MOST_FINDINGS}: ${scattered.join(' ')}`}`,
    `bugs that share a name with one of another file: ${sharedElsewherePercent}%`,
    ...shared.map(
      ({ bugs, fingerprints, sameFile }) => `  ${bugs.join(' and ')}, ${sameFile ? 'one file' : 'two files'}: ${fingerprints.join(' ')}`,
    ),
  ];
}
