import type { PlantedBug } from '../../node/plant.ts';
import type { Fault } from './runtime.ts';

export interface Job {
  readonly number: number;
  readonly fault?: Fault;
  readonly sides: PlantedBug['sides'];
  /** Seeds 1 up to this. */
  readonly runs: number;
  /** Which cells of the boundary sweep come first: those whose names contain one of these, all, or some. Absent where it is not swept. */
  readonly sweeps?: readonly string[] | 'all' | 'some' | undefined;
}

/** What became of a mutant. */
export interface Outcome {
  /** What noticed it; absent where nothing did. */
  readonly fingerprint?: string;
  readonly runs: number;
  readonly operations: number;
  /** Of the boundary sweep. */
  readonly cells?: number;
  /** What was found is found in the core as it is, too. */
  readonly otherwise?: true;
}

export type FromHunter = { readonly kind: 'alive' } | { readonly kind: 'done'; readonly outcome: Outcome };
