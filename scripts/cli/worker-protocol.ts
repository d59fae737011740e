import type { Found, SeedRange } from '../../sim/campaign/results.ts';
import type { RunOptions } from '../node/engine.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly run: RunOptions;
  /** Where it shows how far it is while it is too busy to say so: see `Gauge`. */
  readonly gauge: SharedArrayBuffer;
}

export type ToWorker = { readonly kind: 'range'; readonly index: number; readonly from: number; readonly count: number };

export type FromWorker =
  | { readonly kind: 'ready' }
  /** At once, so that it is on disk the moment it is found. */
  | { readonly kind: 'found'; readonly found: Found }
  | { readonly kind: 'range'; readonly range: SeedRange };

const FIELDS = ['seed', 'runs', 'operations', 'steps', 'messages'] as const;
type Field = (typeof FIELDS)[number];

/** Five numbers in memory that the worker writes and the campaign reads. */
export class Gauge {
  readonly memory: SharedArrayBuffer;
  private readonly cells: Float64Array;

  constructor(memory = new SharedArrayBuffer(FIELDS.length * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.cells = new Float64Array(memory);
  }

  get(field: Field): number {
    return this.cells[FIELDS.indexOf(field)] ?? 0;
  }

  set(field: Field, value: number): void {
    this.cells[FIELDS.indexOf(field)] = value;
  }
}
