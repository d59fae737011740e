import xor128 from 'seedrandom/lib/xor128.js';
import type { Xor128 } from 'seedrandom/lib/xor128.js';
import { RunningHash } from './hash.ts';

/** Where decisions come from: a seeded stream, or the bytes of a fuzzer. */
export interface Choices {
  /** An integer in [0, n); `n` in [1, 2^32]. */
  int(n: number): number;
}

/** Where a stream stands: four words, not all zero. */
export interface RandomState {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
}

/** A seeded stream of integers. Its state can be saved and restored; `fork` continues independently from the same point. */
export class Random implements Choices {
  private readonly generator: Xor128;

  constructor(state: RandomState) {
    this.generator = xor128('', { state });
  }

  int(n: number): number {
    return Math.floor(this.generator() * n);
  }

  state(): RandomState {
    return this.generator.state();
  }

  fork(): Random {
    return new Random(this.state());
  }
}

/** The stream of one concern: independent of every other label's, so that what shortens one does not shift another. */
export function stream(seed: string, label: string): Random {
  const hash = new RunningHash();
  hash.text(seed);
  hash.text(label);
  const words = new DataView(hash.state().buffer);
  // All zero is the one state that xor128 never leaves.
  return new Random({ x: words.getInt32(0), y: words.getInt32(4), z: words.getInt32(8), w: words.getInt32(12) | 1 });
}

/** True `times` times in `of`. */
export function chance(choices: Choices, times: number, of: number): boolean {
  return choices.int(of) < times;
}

/** An integer in [min, max]. */
export function between(choices: Choices, min: number, max: number): number {
  return min + choices.int(max - min + 1);
}

/** One element; `items` must not be empty. */
export function pick<T>(choices: Choices, items: readonly T[]): T {
  return items[choices.int(items.length)] as T;
}

/** Index of one weight, in proportion; undefined when all are zero. Weights are non-negative integers. */
export function pickWeighted(choices: Choices, weights: readonly number[]): number | undefined {
  let total = 0;
  for (const weight of weights) total += weight;
  if (total === 0) return undefined;
  let at = choices.int(total);
  for (let i = 0; i < weights.length; i++) {
    at -= weights[i] as number;
    if (at < 0) return i;
  }
  return undefined;
}

export function shuffle<T>(choices: Choices, items: readonly T[]): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = choices.int(i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** Choices read from bytes, two bytes each; zero when they have run out. */
export class ByteChoices implements Choices {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get exhausted(): boolean {
    return this.at >= this.bytes.length;
  }

  int(n: number): number {
    if (n <= 1) return 0;
    const low = this.bytes[this.at++] ?? 0;
    // One byte where one will do: a fuzzer then changes one choice by changing one byte.
    if (n <= 256) return low % n;
    return (low | ((this.bytes[this.at++] ?? 0) << 8)) % n;
  }
}
