/// <reference types="node" />
import { setImmediate as breathe } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Distinct, Found, Known, SeedRange, Tally } from '../../sim/campaign/results.ts';
import { Merger } from '../../sim/campaign/results.ts';
import type { Span } from '../../sim/campaign/seed-span.ts';
import type { RunOptions } from '../node/engine.ts';
import { createEngine } from '../node/engine.ts';
import { compiledFile } from '../node/package-files.ts';
import { runSeedRange } from './seed-range.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-protocol.ts';
import { Gauge } from './worker-protocol.ts';

export interface CampaignRequest {
  readonly run: RunOptions;
  /** First seed, and the last one; without a last one until the time is over. */
  readonly from: number;
  readonly to?: number;
  readonly timeMs?: number;
  /** 0: in this thread. */
  readonly workers: number;
  readonly maxFindings: number;
  readonly known?: Known;
  /** Seeds that a worker takes at once. Results depend on it only in where a campaign that has enough findings ends. */
  readonly rangeSize: number;
  /** A single run that takes longer has hung. Default two minutes; only workers can be watched. */
  readonly hangMs?: number;
}

export interface CampaignProgress {
  readonly runs: number;
  readonly operations: number;
  readonly steps: number;
  readonly messages: number;
  readonly findings: number;
  readonly elapsedMs: number;
}

export interface CampaignHooks {
  /** About ten times a second. */
  readonly onProgress?: (progress: CampaignProgress) => void;
  /** Every finding, duplicates too, in the order in which they are found. */
  readonly onFound?: (found: Found) => void;
  /** Ends the campaign; what has come by then is its result. */
  readonly signal?: AbortSignal;
}

export interface CampaignResult {
  readonly tally: Tally;
  readonly findings: readonly Distinct[];
  /** The seeds that count. */
  readonly covered: readonly Span[];
  readonly elapsedMs: number;
  readonly ended: 'seeds' | 'time' | 'findings' | 'interrupted' | 'hang';
  /** A run that did not end: nothing of it can be recorded, but its seed can be named. */
  readonly hungSeed?: number;
}

const TICK_MS = 100;
/** What a run makes is garbage soon after it: with room for all of it, little is ever copied. A tenth faster than Node's default. */
const YOUNG_MB = 192;

/** Threads that a campaign starts: never more than there are ranges for. */
export function workersOf({ from, to = Infinity, rangeSize, workers }: CampaignRequest): number {
  return Math.min(workers, Math.ceil((to - from + 1) / rangeSize));
}

/** Runs seeds until they, the time or the wanted findings are through. What it returns does not depend on the number of workers. */
export function runCampaign(request: CampaignRequest, hooks: CampaignHooks = {}): Promise<CampaignResult> {
  const campaign = new Campaign(request, hooks);
  return request.workers > 0 ? runInWorkers(campaign) : runHere(campaign);
}

class Campaign {
  readonly request: CampaignRequest;
  readonly hooks: CampaignHooks;
  readonly merger: Merger;
  readonly gauges: Gauge[] = [];
  private readonly startMs = performance.now();
  hungSeed: number | undefined;
  private nextIndex = 0;
  private found = 0;
  /** Of ranges that have not ended yet. */
  private readonly early = new Map<number, Found>();

  constructor(request: CampaignRequest, hooks: CampaignHooks) {
    this.request = request;
    this.hooks = hooks;
    this.merger = new Merger(request);
  }

  /** The next range to hand out, unless the campaign is at its end. */
  next(): ToWorker | undefined {
    const { from: first, to = Number.MAX_SAFE_INTEGER, rangeSize } = this.request;
    const from = first + this.nextIndex * rangeSize;
    if (this.ended() !== undefined || from > to) return undefined;
    return { kind: 'range', index: this.nextIndex++, from, count: Math.min(rangeSize, to - from + 1) };
  }

  ended(): Exclude<CampaignResult['ended'], 'seeds'> | undefined {
    if (this.hooks.signal?.aborted === true) return 'interrupted';
    if (this.hungSeed !== undefined) return 'hang';
    if (this.merger.full) return 'findings';
    return this.elapsedMs() >= (this.request.timeMs ?? Infinity) ? 'time' : undefined;
  }

  onFound(found: Found): void {
    this.found += 1;
    this.early.set(found.seed, found);
    this.hooks.onFound?.(found);
  }

  add(range: SeedRange): void {
    for (const { seed } of range.found) this.early.delete(seed);
    this.merger.add(range);
  }

  tick(): void {
    const sum = (field: 'runs' | 'operations' | 'steps' | 'messages'): number =>
      this.gauges.reduce((total, gauge) => total + gauge.get(field), 0);
    this.hooks.onProgress?.({
      runs: sum('runs'),
      operations: sum('operations'),
      steps: sum('steps'),
      messages: sum('messages'),
      findings: this.found,
      elapsedMs: this.elapsedMs(),
    });
  }

  result(): CampaignResult {
    const ended = this.ended() ?? 'seeds';
    this.merger.close(ended === 'interrupted' || ended === 'hang' ? [...this.early.values()] : []);
    const { tally, findings, covered } = this.merger;
    const { hungSeed } = this;
    return { tally, findings, covered, elapsedMs: this.elapsedMs(), ended, ...(hungSeed !== undefined && { hungSeed }) };
  }

  elapsedMs(): number {
    return performance.now() - this.startMs;
  }
}

async function runHere(campaign: Campaign): Promise<CampaignResult> {
  const engine = await createEngine(campaign.request.run);
  const gauge = new Gauge();
  campaign.gauges.push(gauge);
  for (let task = campaign.next(); task !== undefined; task = campaign.next()) {
    campaign.add(runSeedRange(engine, task.index, task.from, task.count, (found) => campaign.onFound(found), gauge));
    campaign.tick();
    await breathe();
  }
  return campaign.result();
}

async function runInWorkers(campaign: Campaign): Promise<CampaignResult> {
  const workers: Worker[] = [];
  const ended = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<CampaignResult>((resolve, reject) => {
      let busy = 0;
      const settle = (): void => resolve(campaign.result());
      const onTick = watchdog(campaign, settle);
      timer = setInterval(() => {
        onTick();
        campaign.tick();
      }, TICK_MS);
      campaign.hooks.signal?.addEventListener('abort', settle, { signal: ended.signal });
      const feed = (worker: Worker): void => {
        const task = campaign.next();
        if (task === undefined) {
          busy -= 1;
          if (busy === 0 || campaign.merger.full) settle();
          return;
        }
        worker.postMessage(task);
      };
      for (let i = 0; i < workersOf(campaign.request); i++) {
        busy += 1;
        workers.push(startWorker(campaign, feed, reject));
      }
    });
  } finally {
    clearInterval(timer);
    ended.abort();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function startWorker(campaign: Campaign, feed: (worker: Worker) => void, reject: (error: Error) => void): Worker {
  const gauge = new Gauge();
  campaign.gauges.push(gauge);
  const workerData: WorkerSetup = { run: campaign.request.run, gauge: gauge.memory };
  const worker = new Worker(compiledFile('scripts/cli/worker.js'), { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  worker.on('error', reject);
  // Only what runs in it can end it before its campaign.
  worker.on('exit', (code) => reject(new Error(`a worker ended by itself, with exit code ${code}, at seed ${gauge.get('seed')}`)));
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'found') return campaign.onFound(message.found);
    if (message.kind === 'range') campaign.add(message.range);
    feed(worker);
  });
  return worker;
}

/** Notices a worker that has been at one seed for too long. */
function watchdog(campaign: Campaign, settle: () => void): () => void {
  const hangMs = campaign.request.hangMs ?? 120_000;
  const seen = new Map<Gauge, { readonly seed: number; readonly sinceMs: number }>();
  return () => {
    for (const gauge of campaign.gauges) {
      const seed = gauge.get('seed');
      const last = seen.get(gauge);
      if (last?.seed !== seed) seen.set(gauge, { seed, sinceMs: campaign.elapsedMs() });
      else if (seed > 0 && campaign.elapsedMs() - last.sinceMs > hangMs) {
        campaign.hungSeed = seed;
        settle();
      }
    }
  };
}
