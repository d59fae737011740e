/** What executions have reached, so that a fuzzer knows which of its inputs were worth keeping. */
export interface Coverage {
  /** Forgets what ran since: making an input runs code that is measured, too. */
  clear(): void;
  /** How many branches, functions and statements, or new orders of how often, the last execution was the first to reach. Forgets that execution. */
  collect(): number;
  /** Counters that the last execution would be the first to reach at all. */
  peek(): readonly number[];
  /** Whether the last execution reached all of these. */
  covers(wanted: readonly number[]): boolean;
  /** Counters that were ever above zero. */
  readonly reached: number;
}

/** What istanbul's instrumentation leaves in `globalThis.__coverage__`, one entry a file. */
interface FileCoverage {
  s: Record<string, number> | Uint32Array;
  f: Record<string, number> | Uint32Array;
  b: Record<string, readonly number[]> | readonly Uint32Array[];
}

/** Orders of magnitude of a count: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, more. As a bit. */
function order(count: number): number {
  if (count < 4) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
}

/**
 * Replaces istanbul's counters by one typed array, which is looked through in microseconds. jsfuzz adds up objects instead, and keeps an
 * input only when the sum of all that was ever reached grows; here one that goes round a loop more often counts too.
 */
export class CounterCoverage implements Coverage {
  private readonly counters: Uint32Array;
  private readonly seen: Uint8Array;
  reached = 0;

  constructor(files: Readonly<Record<string, FileCoverage>>) {
    const all = Object.values(files);
    const sizes = all.map(({ s, f, b }) => [
      Object.keys(s).length,
      Object.keys(f).length,
      ...Object.values(b).map((branches) => branches.length),
    ]);
    this.counters = new Uint32Array(sizes.flat().reduce((sum, size) => sum + size, 0));
    this.seen = new Uint8Array(this.counters.length);
    let at = 0;
    const next = (size: number): Uint32Array => this.counters.subarray(at, (at += size));
    for (const file of all) {
      const { length: statements } = Object.keys(file.s);
      const { length: functions } = Object.keys(file.f);
      file.s = next(statements);
      file.f = next(functions);
      file.b = Object.values(file.b).map((branches) => next(branches.length));
    }
  }

  clear(): void {
    this.counters.fill(0);
  }

  collect(): number {
    const { counters, seen } = this;
    let news = 0;
    for (let i = 0; i < counters.length; i++) {
      const count = counters[i] as number;
      if (count === 0) continue;
      const bit = order(count);
      const before = seen[i] as number;
      if ((before & bit) !== 0) continue;
      if (before === 0) this.reached++;
      seen[i] = before | bit;
      news++;
    }
    this.clear();
    return news;
  }

  peek(): readonly number[] {
    const news: number[] = [];
    for (let i = 0; i < this.counters.length; i++) if ((this.counters[i] as number) > 0 && this.seen[i] === 0) news.push(i);
    return news;
  }

  covers(wanted: readonly number[]): boolean {
    return wanted.every((i) => (this.counters[i] as number) > 0);
  }
}
