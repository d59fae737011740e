import { expect, it } from 'vitest';
import { measureLines, oneBugOneReport } from './measure.ts';

it('one bug, one report: counts findings a bug, and names bugs that share one', () => {
  const measure = oneBugOneReport([
    { bug: 'a', file: 'x.ts', fingerprints: ['f'] },
    { bug: 'b', file: 'x.ts', fingerprints: ['f', 'g'] },
    { bug: 'c', file: 'y.ts', fingerprints: ['g', 'h', 'i', 'j'] },
    { bug: 'd', file: 'z.ts', fingerprints: [] },
  ]);
  expect(measure).toEqual({
    found: 3,
    medianFindings: 2,
    mostFindings: 4,
    scattered: ['c'],
    shared: [
      { bugs: ['a', 'b'], fingerprints: ['f'], sameFile: true },
      { bugs: ['b', 'c'], fingerprints: ['g'], sameFile: false },
    ],
    sharedElsewherePercent: 66.7,
  });
  expect(measureLines(measure)).toEqual([
    'findings a bug, merged: median 2, most 4, more than 3: c',
    'bugs that share a name with one of another file: 66.7%',
    '  a and b, one file: f',
    '  b and c, two files: g',
  ]);
  expect(oneBugOneReport([]).sharedElsewherePercent).toBe(0);
});
