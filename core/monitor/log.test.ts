import { describe, expect, it } from 'vitest';
import { Log } from './log.ts';

describe('a log', () => {
  it('keeps its older values apart from what grew from them, twice over', () => {
    const empty = new Log<number>();
    const one = empty.with([1]);
    const left = one.with([2, 3]);
    const right = one.with([4]);
    expect([empty, one, left, right].map((log) => log.first(9))).toEqual([[], [1], [1, 2, 3], [1, 4]]);
    expect([one.at(0), one.at(1), right.at(1), left.at(2), right.at(2)]).toEqual([1, undefined, 4, 3, undefined]);
    expect(left.first(2)).toEqual([1, 2]);
  });

  it('costs what is added: nothing is copied where the newest grows', () => {
    const items: number[] = [];
    let log = new Log(items);
    for (let i = 0; i < 1000; i++) log = log.with([i]);
    expect(items).toHaveLength(1000);
    expect(log.length).toBe(1000);
  });
});
