/** How the supervisor of a fuzzing session and its workers talk. */

export const ENGINES = ['jsfuzz', 'fast-check', 'jazzer', 'replay'] as const;
export type EngineName = (typeof ENGINES)[number];

/** What a worker is started with. */
export interface WorkerSetup {
  readonly target: string;
  readonly engine: 'jsfuzz' | 'fast-check';
  readonly seed: number;
  /** Compiled, and for jsfuzz instrumented, module of the targets. */
  readonly module: string;
  readonly corpus: readonly Uint8Array[];
  readonly maxLength: number;
  /** Executions after which it stops by itself. */
  readonly maxExecutions: number;
  readonly guided: boolean;
  /** Fingerprints that are set aside. */
  readonly known: readonly string[];
  readonly gauge: SharedArrayBuffer;
}

export type FromWorker =
  /** At once, so that it is on disk before anything else can happen. */
  | { readonly kind: 'crash'; readonly fingerprint: string; readonly bytes: Uint8Array; readonly stack: string }
  | { readonly kind: 'minimised'; readonly fingerprint: string; readonly bytes: Uint8Array }
  | { readonly kind: 'kept'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' };

export type ToWorker = { readonly kind: 'stop' } | { readonly kind: 'offer'; readonly bytes: Uint8Array };

const EXECUTIONS = 0;
const REACHED = 1;
const CORPUS = 2;
const LENGTH = 3;
const FIELDS = 4;

/** Numbers, and the input under way, in memory that the worker writes and the supervisor reads: also when the worker hangs or dies. */
export class Gauge {
  readonly memory: SharedArrayBuffer;
  private readonly numbers: Float64Array;
  private readonly input: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.numbers = new Float64Array(memory, 0, FIELDS);
    this.input = new Uint8Array(memory, FIELDS * Float64Array.BYTES_PER_ELEMENT);
  }

  static of(maxLength: number): Gauge {
    return new Gauge(new SharedArrayBuffer(FIELDS * Float64Array.BYTES_PER_ELEMENT + maxLength));
  }

  executing(bytes: Uint8Array): void {
    const length = Math.min(bytes.length, this.input.length);
    this.input.set(length === bytes.length ? bytes : bytes.subarray(0, length));
    this.numbers[LENGTH] = length;
    this.numbers[EXECUTIONS] = (this.numbers[EXECUTIONS] as number) + 1;
  }

  progress(reached: number, corpus: number): void {
    this.numbers[REACHED] = reached;
    this.numbers[CORPUS] = corpus;
  }

  get executions(): number {
    return this.numbers[EXECUTIONS] as number;
  }

  get reached(): number {
    return this.numbers[REACHED] as number;
  }

  get corpus(): number {
    return this.numbers[CORPUS] as number;
  }

  /** The input that is being executed, or was last. */
  get current(): Uint8Array {
    return this.input.slice(0, this.numbers[LENGTH]);
  }
}
