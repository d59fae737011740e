import type { PlantedBug } from '../../node/plant.ts';
import type { Fault } from './runtime.ts';

export interface Job {
  readonly number: number;
  readonly fault?: Fault;
  readonly sides: PlantedBug['sides'];
  /** Seeds 1 up to this. */
  readonly runs: number;
}

/** What became of a mutant. */
export interface Outcome {
  /** What noticed it; absent where nothing did. */
  readonly fingerprint?: string;
  readonly runs: number;
  readonly operations: number;
  /** What was found is found in the core as it is, too. */
  readonly otherwise?: true;
}

export type FromHunter = { readonly kind: 'alive' } | { readonly kind: 'done'; readonly outcome: Outcome };
