import { fingerprint } from '../world/finding.ts';
import type { Finding } from '../scenario/types.ts';

/** What two runs are compared by: the running hash over all that happened, and the finding if there was one. */
export interface RunResult {
  readonly hash: string;
  readonly finding?: Finding | undefined;
}

/** Two runs of one seed must give the same trace, and find the same. Undefined when they do. `expected` is what the first gave. */
export function differing(first: RunResult, second: RunResult): Finding | undefined {
  const [expected, actual] = [outcome(first), outcome(second)];
  if (expected === actual) return undefined;
  return {
    oracle: 'determinism',
    rule: 'trace',
    kind: first.hash === second.hash ? 'finding-differs' : 'hash-differs',
    message: 'the same seed gave two different traces',
    expected,
    actual,
    at: first.finding?.at ?? 'settle',
  };
}

function outcome({ hash, finding }: RunResult): string {
  return `${hash}, ${finding === undefined ? 'nothing found' : fingerprint(finding)}`;
}
