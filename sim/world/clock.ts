import { between } from '../deterministic/random.ts';
import type { Random } from '../deterministic/random.ts';
import type { Latency } from '../scenario/types.ts';

/** Virtual time in integer milliseconds. It never goes back: an event that is late happens now. */
export class Clock {
  nowMs: number;

  constructor(nowMs = 0) {
    this.nowMs = nowMs;
  }

  advanceTo(ms: number): void {
    if (ms > this.nowMs) this.nowMs = ms;
  }
}

export function drawLatency(latency: Latency, random: Random): number {
  return latency.kind === 'fixed' ? latency.ms : between(random, latency.minMs, latency.maxMs);
}
