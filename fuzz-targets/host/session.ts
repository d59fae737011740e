/// <reference types="node" />
import { Worker } from 'node:worker_threads';
import type { FuzzTarget } from '../target.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-protocol.ts';
import { Gauge } from './worker-protocol.ts';

export interface SessionOptions {
  readonly target: FuzzTarget;
  readonly engine: 'jsfuzz' | 'fast-check';
  /** Compiled worker, and module of the targets. */
  readonly worker: string;
  readonly module: string;
  readonly workers: number;
  readonly seed: number;
  readonly timeMs: number;
  readonly maxExecutions: number;
  readonly corpus: readonly Uint8Array[];
  readonly guided: boolean;
  /** An input that takes longer is a finding. */
  readonly hangMs: number;
  /** A worker that needs more is a finding. */
  readonly memoryMb: number;
  readonly known: readonly string[];
  /** Stop after so many different findings. */
  readonly maxFindings: number;
}

/** Something that broke a promise, a worker's time or its memory. */
export interface Crash {
  readonly fingerprint: string;
  readonly bytes: Uint8Array;
  readonly stack: string;
  readonly minimised: boolean;
  /** How often it was seen; workers report each once. */
  readonly times: number;
}

export interface Status {
  readonly seconds: number;
  readonly executions: number;
  readonly reached: number;
  readonly corpus: number;
  readonly crashes: number;
}

export interface SessionEvents {
  crash(crash: Crash): void;
  kept(bytes: Uint8Array): void;
  progress(status: Status): void;
}

export interface SessionResult extends Status {
  readonly found: readonly Crash[];
  readonly interrupted: boolean;
}

const TICK_MS = 100;
/** For a worker to say that it is done, after it was told to stop: minimising may be under way. */
const GRACE_MS = 5_000;
/** Loading and instrumenting the code is no hang. */
const START_MS = 120_000;
const MAX_RESTARTS = 20;
/** As small as that of a main thread: what overflows there must overflow here. */
const STACK_MB = 1;

/** One thread that fuzzes; started anew when an input kills it. */
interface Seat {
  readonly index: number;
  worker: Worker | undefined;
  gauge: Gauge;
  /** Executions of the workers before this one. */
  before: number;
  restarts: number;
  seen: number;
  seenAtMs: number;
}

/** Fuzzes one target with some workers until the time is over. `signal` interrupts. */
export class Session {
  private readonly options: SessionOptions;
  private readonly events: SessionEvents;
  private readonly found = new Map<string, Crash>();
  private readonly seats: Seat[];
  private failure: Error | undefined;
  private stopping = false;

  constructor(options: SessionOptions, events: SessionEvents) {
    this.options = options;
    this.events = events;
    this.seats = Array.from({ length: options.workers }, (_, index) => ({
      index,
      worker: undefined,
      gauge: Gauge.of(options.target.maxLength),
      before: 0,
      restarts: 0,
      seen: 0,
      seenAtMs: 0,
    }));
  }

  async run(signal: AbortSignal): Promise<SessionResult> {
    for (const seat of this.seats) this.seat(seat);
    while (this.goesOn(signal)) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      for (const seat of this.seats) await this.watch(seat);
      this.events.progress(this.status());
    }
    await this.stop();
    if (this.failure !== undefined) throw this.failure;
    return { ...this.status(), found: [...this.found.values()], interrupted: signal.aborted };
  }

  private goesOn(signal: AbortSignal): boolean {
    if (
      signal.aborted ||
      this.failure !== undefined ||
      this.found.size >= this.options.maxFindings ||
      this.seats.every(({ worker }) => worker === undefined)
    )
      return false;
    // The clock starts with the first execution: instrumenting is not fuzzing.
    return this.elapsedMs() < this.options.timeMs;
  }

  private firstMs: number | undefined;

  private elapsedMs(): number {
    if (this.firstMs === undefined && this.executions() > 0) this.firstMs = performance.now();
    return this.firstMs === undefined ? 0 : performance.now() - this.firstMs;
  }

  private executions(): number {
    return this.seats.reduce((sum, { gauge, before }) => sum + before + gauge.executions, 0);
  }

  private status(): Status {
    return {
      seconds: this.elapsedMs() / 1000,
      executions: this.executions(),
      reached: Math.max(...this.seats.map(({ gauge }) => gauge.reached)),
      corpus: Math.max(...this.seats.map(({ gauge }) => gauge.corpus)),
      crashes: this.found.size,
    };
  }

  private seat(seat: Seat): void {
    const { target, engine, module, seed, corpus, maxExecutions, guided, known, memoryMb, workers } = this.options;
    seat.before += seat.gauge.executions;
    seat.gauge = Gauge.of(target.maxLength);
    seat.seen = 0;
    seat.seenAtMs = performance.now() + START_MS;
    const workerData: WorkerSetup = {
      target: target.name,
      engine,
      seed: seed * 1000 + seat.index + workers * seat.restarts,
      module,
      corpus,
      maxLength: target.maxLength,
      maxExecutions: Math.max(0, Math.ceil(maxExecutions / workers) - seat.before),
      guided,
      known: [...known, ...this.found.keys()],
      gauge: seat.gauge.memory,
    };
    const worker = new Worker(this.options.worker, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: STACK_MB },
      stdout: false,
    });
    seat.worker = worker;
    worker.on('message', (message: FromWorker) => this.heard(seat, worker, message));
    worker.on('error', (error: Error & { readonly code?: string }) => this.died(seat, worker, error));
    worker.on('exit', () => {
      if (seat.worker === worker) seat.worker = undefined;
    });
  }

  private heard(seat: Seat, worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'crash':
        this.add({ ...message, minimised: false, times: 1 });
        break;
      case 'minimised':
        this.add({ ...message, stack: '', minimised: true, times: 0 });
        break;
      case 'kept':
        this.events.kept(message.bytes);
        for (const other of this.seats)
          if (other.worker !== worker) other.worker?.postMessage({ kind: 'offer', bytes: message.bytes } satisfies ToWorker);
        break;
      case 'done':
        seat.worker = undefined;
        break;
    }
  }

  private add(crash: Crash): void {
    const before = this.found.get(crash.fingerprint);
    const smaller = before === undefined || crash.bytes.length < before.bytes.length || crash.minimised;
    const { bytes, minimised } = smaller ? crash : before;
    const merged = { ...crash, stack: before?.stack ?? crash.stack, bytes, minimised, times: (before?.times ?? 0) + crash.times };
    this.found.set(crash.fingerprint, merged);
    if (smaller) this.events.crash(merged);
  }

  /** The worker is gone: for want of memory, which is its input's fault, or because the harness failed. */
  private died(seat: Seat, worker: Worker, error: Error & { readonly code?: string }): void {
    if (seat.worker !== worker) return;
    seat.worker = undefined;
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY' || seat.gauge.executions === 0) {
      this.failure ??= error;
      return;
    }
    this.lost(seat, `out of memory: more than ${this.options.memoryMb} MB`);
  }

  private lost(seat: Seat, fingerprint: string): void {
    if (!this.options.known.includes(fingerprint))
      this.add({ fingerprint, bytes: seat.gauge.current, stack: fingerprint, minimised: false, times: 1 });
    seat.restarts++;
    if (seat.restarts <= MAX_RESTARTS && !this.stopping) this.seat(seat);
  }

  private async watch(seat: Seat): Promise<void> {
    const { worker, gauge } = seat;
    if (worker === undefined) return;
    const now = performance.now();
    if (gauge.executions !== seat.seen) {
      seat.seen = gauge.executions;
      seat.seenAtMs = now;
    }
    if (now - seat.seenAtMs <= this.options.hangMs) return;
    seat.worker = undefined;
    await worker.terminate();
    this.lost(seat, `hang: more than ${this.options.hangMs} ms`);
  }

  private async stop(): Promise<void> {
    this.stopping = true;
    for (const { worker } of this.seats) worker?.postMessage({ kind: 'stop' } satisfies ToWorker);
    const until = performance.now() + GRACE_MS;
    while (this.seats.some(({ worker }) => worker !== undefined) && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all(this.seats.map(({ worker }) => worker?.terminate()));
  }
}
