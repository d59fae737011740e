import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Found, SeedRange } from './results.ts';
import { Merger, emptyTally, tallyRun } from './results.ts';
import { rulesLine, statistics as tables, statisticsLine, verdict } from '../report/summary.ts';
import { Statistics } from '../world/statistics.ts';

function statistics(encrypted: boolean): Statistics {
  const stats = new Statistics();
  stats.steps = 7;
  stats.messages = 3;
  stats.count('message', 'update_add_htlc', 2);
  stats.count('message', 'commitment_signed');
  if (encrypted) stats.count('message', 'act_one');
  stats.count('action', 'pay', 2);
  stats.count('action', 'disconnect');
  stats.count('event', 'payment_sent');
  stats.count('outcome', 'fee-spike', 2);
  return stats;
}

function found(seed: number, kind: string): Found {
  const finding = { oracle: 'toy', rule: 'rule', kind, message: '', expected: '', actual: '', at: 0 } as const;
  const world = { seed: 's', crypto: 'fake', nodes: [], links: [], channels: [] } as const;
  const scenario = { format: 1, world, actions: [], expect: `toy/rule/${kind}` } as const;
  return { seed, token: `t${seed}`, finding, foundAs: `toy/rule/as ${seed % 10}`, scenario };
}

function range(index: number, kinds: readonly string[]): SeedRange {
  const tally = emptyTally();
  tallyRun(tally, statistics(index === 2), index % 2 === 0 ? [] : ['fee-spike']);
  return { index, span: [index * 10, index * 10 + 9], tally, found: kinds.map((kind, at) => found(index * 10 + at, kind)) };
}

const ranges = [range(0, []), range(1, ['a', 'b', 'a']), range(2, ['b']), range(3, ['c']), range(4, ['d', 'a'])];

describe('merging', () => {
  it('gives the same whatever the order in which workers finish', () => {
    const inOrder = new Merger({ maxFindings: 3 });
    for (const one of ranges) inOrder.add(one);
    expect(inOrder.full).toBe(true);
    expect(inOrder.findings.map(({ fingerprint, seeds, first }) => [fingerprint, seeds.length, first.seed])).toEqual([
      ['toy/rule/a', 2, 10],
      ['toy/rule/b', 2, 11],
      ['toy/rule/c', 1, 30],
    ]);
    expect(inOrder.findings[0]?.foundAs).toEqual(['toy/rule/as 0', 'toy/rule/as 2']);
    expect(inOrder.tally.runs).toBe(4);
    expect(inOrder.covered).toEqual([[0, 39]]);
    fc.assert(
      fc.property(fc.shuffledSubarray(ranges, { minLength: ranges.length }), (order) => {
        const merger = new Merger({ maxFindings: 3 });
        for (const one of order) merger.add(one);
        expect(merger.findings).toEqual(inOrder.findings);
        expect(merger.tally).toEqual(inOrder.tally);
      }),
      { seed: 7, numRuns: 50 },
    );
  });

  it('stops in the middle of a range that brings more than was asked for', () => {
    const merger = new Merger({ maxFindings: 1 });
    for (const one of ranges) merger.add(one);
    expect(merger.findings.map(({ fingerprint, seeds }) => [fingerprint, seeds.length])).toEqual([['toy/rule/a', 1]]);
    expect(merger.tally.runs).toBe(2);
  });

  it('does not count known findings towards the limit, but lists them with the reason', () => {
    const merger = new Merger({ maxFindings: 2, known: { 'toy/rule/a': 'waits for a decision' } });
    for (const one of ranges) merger.add(one);
    expect(merger.findings.map(({ fingerprint, known }) => [fingerprint, known])).toEqual([
      ['toy/rule/a', 'waits for a decision'],
      ['toy/rule/b', undefined],
      ['toy/rule/c', undefined],
    ]);
  });

  it('counts what waits behind a range that never came, once the campaign ends', () => {
    const merger = new Merger({ maxFindings: 9 });
    merger.add(range(2, ['b']));
    expect(merger.findings).toEqual([]);
    merger.close([found(99, 'early')]);
    expect(merger.findings.map(({ fingerprint }) => fingerprint)).toEqual(['toy/rule/b', 'toy/rule/early']);
    expect(merger.covered).toEqual([[20, 29]]);
    expect(merger.tally.runs).toBe(1);
  });
});

describe('the closing summary', () => {
  it('says what happened, what never did, and what was found', () => {
    const merger = new Merger({ maxFindings: 9 });
    for (const one of ranges.slice(0, 3)) merger.add(one);
    const { tally } = merger;
    const possible = { message: ['commitment_signed', 'error'], rule: ['init.twice', 'channel.over'] };
    expect(statisticsLine({ tally, elapsedMs: 2000 })).toBe('3 runs in 2.0 s, 9 operations, 9 messages');
    expect(statisticsLine({ tally, elapsedMs: 6000 })).toBe('3 runs in 6.0 s, 0.500 runs/s, 9 operations, 9 messages');
    expect(rulesLine({ tally, possible })).toBe('0 of 2 rules triggered; --stats names those that never were');
    const text = tables({ tally, elapsedMs: 6000, possible });
    expect(text.split('\n').filter((line) => line !== '')).toEqual([
      'messages received',
      '          6  update_add_htlc              1  act_one',
      '          3  commitment_signed',
      '      never  error',
      'operations and faults',
      '          6  pay                          3  disconnect',
      'events: told to hosts, broadcast, invalid commands, dry runs',
      '          3  payment_sent',
      'licensed outcomes, by licence',
      '          6  fee-spike',
      'rules triggered, by a peer or by a command',
      '      never  init.twice, channel.over',
      'licences drawn',
      '          1  fee-spike',
      '21 steps of nodes',
      '1.50 messages/s',
      '1 run drew a fault that licenses an outcome (33.3%), 6 outcomes were licensed',
      '1 run went through the encrypted transport (33.3%)',
    ]);
    expect(verdict(merger.findings)).toBe('2 findings');
    expect(verdict([{ fingerprint: 'a/b/c', known: 'since May' }])).toBe('known: a/b/c, since May\nonly known findings');
    expect(verdict([])).toBe('nothing found');
  });

  it('sums what is rare instead of listing it for pages', () => {
    const tally = emptyTally();
    for (let n = 0; n < 35; n++) tally.counts.event[`event ${n}`] = 100 - n;
    const text = tables({ tally, elapsedMs: 0, possible: {} });
    expect(text).toContain('71  event 29');
    expect(text).toContain('340  … 5 rarer ones');
    expect(text).not.toContain('event 30');
  });
});
