import type { Finding } from '../types.ts';

/** What two runs are compared by: the running hash over all that happened, and the finding if there was one. */
export interface RunResult {
  readonly hash: string;
  readonly finding?: Finding | undefined;
}

/** Runs twice: the same seed must give the same trace. Undefined when it does; the finding of a run that differs otherwise. */
export function sameTwice(run: () => RunResult): Finding | undefined {
  const first = run();
  const second = run();
  if (first.hash === second.hash) return undefined;
  return {
    oracle: 'determinism',
    rule: 'trace',
    kind: 'hash differs',
    message: 'the same seed gave two different traces',
    expected: first.hash,
    actual: second.hash,
    at: first.finding?.at ?? 'settle',
  };
}
