import type { FuzzTarget } from '../target.ts';
import type { Coverage } from './coverage.ts';
import { Mutator } from './mutator.ts';
import type { Guidance } from './mutator.ts';
import { replay } from './replay.ts';
import type { Failure } from './replay.ts';

export interface Execution {
  readonly bytes: Uint8Array;
  /** It reached something new. */
  readonly kept: boolean;
  readonly failure: Failure | undefined;
}

/** The fuzzing loop, one execution at a time: seeds first, then what mutation makes of those that reached something new. */
export class GuidedFuzzer {
  private readonly target: FuzzTarget;
  private readonly coverage: Coverage;
  private readonly mutator: Mutator;
  private readonly waiting: Uint8Array[];

  constructor(target: FuzzTarget, coverage: Coverage, seeds: readonly Uint8Array[], int: (n: number) => number, guidance?: Guidance) {
    this.target = target;
    this.coverage = coverage;
    this.mutator = new Mutator(target, int, guidance);
    this.waiting = [...seeds].reverse();
  }

  get corpus(): readonly Uint8Array[] {
    return this.mutator.kept;
  }

  /** An input that another worker found. */
  offer(bytes: Uint8Array): void {
    this.waiting.push(bytes);
  }

  /** `executing` sees the input before it runs: it may be the last. */
  step(executing?: (bytes: Uint8Array) => void): Execution {
    const bytes = this.waiting.pop() ?? this.mutator.next();
    executing?.(bytes);
    this.coverage.clear();
    const failure = replay(this.target, bytes);
    const kept = this.coverage.collect() > 0;
    if (kept && failure === undefined) this.mutator.keep(bytes);
    return { bytes, kept, failure };
  }
}
