import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEEDS_A_WORLD } from './generate.ts';
import { countSeeds, joined, spansText, without } from './seed-span.ts';
import type { Span } from './seed-span.ts';
import { partOf } from './shard.ts';

const span = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 300 })).map(([from, more]): Span => [from, from + more]);

describe('the shards of a range', () => {
  it('have each seed once, whole worlds, and about as many as the others', () => {
    fc.assert(
      fc.property(span, fc.integer({ min: 1, max: 20 }), (whole, of) => {
        const parts = Array.from({ length: of }, (_, i) => partOf(whole, { index: i + 1, of }));
        const taken = parts.filter((part) => part !== undefined);
        expect(joined(taken)).toEqual([whole]);
        expect(countSeeds(taken)).toBe(countSeeds([whole]));
        for (const [from] of taken.slice(1)) expect(from % SEEDS_A_WORLD).toBe(0);
        const worlds = parts.map((part) => (part ? Math.floor(part[1] / SEEDS_A_WORLD) - Math.floor(part[0] / SEEDS_A_WORLD) + 1 : 0));
        expect(Math.max(...worlds) - Math.min(...worlds)).toBeLessThanOrEqual(1);
      }),
      { seed: 7 },
    );
  });

  it('are empty where there are more of them than worlds', () => {
    expect([1, 2, 3].map((index) => partOf([1, 9], { index, of: 3 }))).toEqual([undefined, [1, 7], [8, 9]]);
  });
});

describe('spans of seeds', () => {
  it('are joined where they touch, and what is missing is named', () => {
    const spans: Span[] = [
      [60, 60],
      [1, 10],
      [11, 40],
      [35, 38],
    ];
    expect(joined(spans)).toEqual([
      [1, 40],
      [60, 60],
    ]);
    expect(spansText(without([1, 70], spans))).toBe('41..59, 61..70');
    expect(without([2, 9], spans)).toEqual([]);
    expect(without([50, 55], spans)).toEqual([[50, 55]]);
  });

  it('lack exactly the seeds that no span has', () => {
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 5 }), (whole, others) => {
        const lacking = without(whole, others);
        const has = (spans: readonly Span[], seed: number): boolean => spans.some(([from, to]) => seed >= from && seed <= to);
        for (let seed = 0; seed < 900; seed++) expect(has(lacking, seed)).toBe(has([whole], seed) && !has(others, seed));
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});
