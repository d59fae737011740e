import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldByQuorum, neededToBegin } from './quorum.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const roster = fc.record({
  count: fc.nat({ max: NAMES.length }),
  quorum: fc.oneof(fc.nat({ max: 6 }), fc.constant(Number.MAX_SAFE_INTEGER)),
});

/** Every set of these names, as a number whose bits say who is in it. */
function sizeOf(set: number): number {
  return NAMES.filter((_, at) => ((set >> at) & 1) === 1).length;
}

describe('a quorum', () => {
  it('holds an update that so many hold, and none that fewer do', () => {
    fc.assert(
      fc.property(roster, fc.array(fc.nat({ max: 9 }), { minLength: 5, maxLength: 5 }), ({ count, quorum }, held) => {
        const watchers = NAMES.slice(0, count);
        const number = heldByQuorum({ watchers, quorum }, (name) => held[NAMES.indexOf(name)] as number);
        const holding = (least: number): number => watchers.filter((_, at) => (held[at] as number) >= least).length;
        const needed = Math.min(quorum, count);
        if (needed === 0) {
          expect(number).toBe(Number.MAX_SAFE_INTEGER);
          return;
        }
        expect(holding(number)).toBeGreaterThanOrEqual(needed);
        expect(holding(number + 1)).toBeLessThan(needed);
      }),
      { seed: 5 },
    );
  });

  it('has a watcher in common with every set that is enough to begin, and none is left beside it', () => {
    for (let count = 1; count <= NAMES.length; count++) {
      for (let quorum = 1; quorum <= count; quorum++) {
        const needed = neededToBegin({ watchers: NAMES.slice(0, count), quorum });
        const sets = Array.from({ length: 1 << count }, (_, set) => set);
        for (const begun of sets.filter((set) => sizeOf(set) === needed))
          for (const held of sets.filter((set) => sizeOf(set) === quorum)) expect(begun & held).not.toBe(0);
        // One fewer would not do.
        expect(sets.some((begun) => sizeOf(begun) === needed - 1 && sizeOf(sets.length - 1 - begun) >= quorum)).toBe(true);
      }
    }
    expect(neededToBegin({ watchers: [], quorum: 2 })).toBe(0);
    expect(neededToBegin({ watchers: NAMES, quorum: Number.MAX_SAFE_INTEGER })).toBe(1);
  });
});
