import { SEEDS_A_WORLD } from './generate.ts';
import type { Span } from './seed-span.ts';

/** One of several parts of a range of seeds, each for a machine of its own. */
export interface Shard {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

/**
 * The seeds of a range that a shard takes: as many worlds as the others, one more or less, and never a part of one, which two machines
 * would have to set up. Undefined where there are fewer worlds than shards, and none is left for it.
 */
export function partOf([from, to]: Span, { index, of }: Shard): Span | undefined {
  const first = Math.floor(from / SEEDS_A_WORLD);
  const worlds = Math.floor(to / SEEDS_A_WORLD) - first + 1;
  const [begin, end] = [index - 1, index].map((n) => first + Math.floor((worlds * n) / of)) as [number, number];
  return begin === end ? undefined : [Math.max(from, begin * SEEDS_A_WORLD), Math.min(to, end * SEEDS_A_WORLD - 1)];
}
