import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueBy, nextDeadline, reschedule } from './deadlines.ts';
import type { Deadlines } from './deadlines.ts';

describe('deadlines', () => {
  it('are what a search over all that waits would find, whatever order it came in', () => {
    const changes = fc.array(fc.tuple(fc.nat(8), fc.option(fc.nat(20), { nil: undefined })), { maxLength: 40 });
    fc.assert(
      fc.property(changes, fc.nat(20), (script, nowMs) => {
        const waiting = new Map<number, number>();
        let deadlines: Deadlines<number> = [];
        for (const [of, atMs] of script) {
          const before = deadlines;
          const copy = [...before];
          deadlines = reschedule(deadlines, of, atMs);
          expect(before).toEqual(copy);
          expect(deadlines === before).toBe(waiting.get(of) === atMs);
          if (waiting.get(of) === atMs) continue;
          waiting.delete(of);
          if (atMs !== undefined) waiting.set(of, atMs);
        }
        const times = [...waiting.values()];
        expect(nextDeadline({ deadlines })).toBe(times.length === 0 ? undefined : Math.min(...times));
        const due = [...waiting].filter(([, atMs]) => atMs <= nowMs).toSorted(([, a], [, b]) => a - b);
        expect(dueBy(deadlines, nowMs)).toEqual(due.map(([of]) => of));
      }),
      { seed: 11, numRuns: 500 },
    );
  });

  it('of several states are one question', () => {
    const a = { deadlines: reschedule([], 'a', 7) };
    const b = { deadlines: reschedule([], 1, 5) };
    const none = { deadlines: [] };
    expect(nextDeadline(a, none, b)).toBe(5);
    expect(nextDeadline(none, none)).toBeUndefined();
    expect(nextDeadline()).toBeUndefined();
  });
});
