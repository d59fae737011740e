import { describe, expect, it } from 'vitest';
import { fingerprint } from '../world/finding.ts';
import type { Action, Finding, Scenario } from '../scenario/types.ts';
import { difference } from './diff.ts';
import { findingReport } from './finding-report.ts';
import { ansi } from './style.ts';
import { table } from './table.ts';
import { duration, grouped, rate } from '../scenario/text.ts';
import { describeAction } from './describe-action.ts';

describe('two differing values', () => {
  it('stand one above the other with the difference marked', () => {
    expect(difference('to_local 5000 sat', 'to_local 4990 sat')).toBe(
      ['  expected  to_local 5000 sat', '  actual    to_local 4990 sat', '                     ^^^'].join('\n'),
    );
  });

  it('mark what only one has', () => {
    expect(difference('abc', 'abcd').split('\n')[2]).toBe('               ^');
    expect(difference('', 'x').split('\n')).toEqual(['  expected  ', '  actual    x', '            ^']);
  });

  it('show long ones around the first difference', () => {
    const [expected, actual, marks, where] = difference(
      `${'0'.repeat(300)}1${'2'.repeat(300)}`,
      `${'0'.repeat(300)}9${'2'.repeat(300)}`,
    ).split('\n');
    expect(expected).toMatch(/^ {2}expected {2}…0{24}12+…$/);
    expect(actual).toMatch(/^ {2}actual {4}…0{24}92+…$/);
    expect(marks?.indexOf('^')).toBe(expected?.indexOf('1'));
    expect(marks?.trim()).toBe('^');
    expect(where).toContain('character 300 of 601 and 601');
  });

  it('of several lines are compared by line', () => {
    expect(difference('{\n a: 1\n b: 2\n c: 3\n}', '{\n a: 1\n b: 4\n c: 3\n d: 5\n}')).toBe(
      ['  - expected, + actual', '     a: 1', '  -  b: 2', '  +  b: 4', '     c: 3', '  +  d: 5'].join('\n'),
    );
  });

  it('are coloured on demand', () => {
    expect(difference('a1', 'a2', ansi)).toContain('a\u001b[31m2\u001b[39m');
  });
});

describe('the report of a finding', () => {
  const scenario: Scenario = {
    format: 1,
    world: {
      seed: 's',
      crypto: 'fake',
      licences: ['stale-backup'],
      nodes: [{ name: 'A', storage: { kind: 'uniform', minMs: 1, maxMs: 9 }, config: { toSelfDelay: 9 } }, { name: 'B' }],
      links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 5 } }],
      channels: [{ name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '0', feeratePerKw: 253, format: 'anchors' }],
    },
    actions: [
      { do: 'pay', as: 'p', from: 'A', channel: 'c1', amountMsat: '5000000', cltvDelta: 40 },
      { do: 'disconnect', link: 'A-B' },
    ],
    expect: 'agreement/commitment/amount',
  };
  const finding: Finding = {
    oracle: 'agreement',
    rule: 'commitment',
    kind: 'amount',
    node: 'B',
    channel: 'c1',
    message: 'B verifies another commitment than A signed\u001b[2J',
    expected: '1',
    actual: '2',
    at: 1,
  };

  it('says what differs, where, in which world, and how to see it again', () => {
    const report = {
      finding,
      scenario,
      token: 'T0',
      shrunk: { fromActions: 61, executions: 44 },
      chart: 'CHART',
      replay: 'fulgurite replay x.json',
    };
    expect(findingReport(report).split('\n')).toEqual([
      'FOUND agreement/commitment/amount',
      'B verifies another commitment than A signed?[2J',
      'node B, channel c1, at action 1: A-B disconnects, and loses what is in flight',
      '',
      '  expected  1',
      '  actual    2',
      '            ^',
      '',
      'seed    T0',
      'scenario, shrunk from 61 to 2 actions in 44 executions',
      '  node A: stores in 1 to 9 ms, toSelfDelay 9',
      '  node B',
      '  link A-B: 5 ms',
      '  channel c1: opened by A to B, 1,000,000 sat, pushed 0 msat, 253 sat/kw,',
      '    anchors',
      '  crypto fake, keys from seed "s"',
      '  licences: stale-backup',
      '  0  A pays 5,000 sat over c1 (p, expires in 40 blocks)',
      '  1  A-B disconnects, and loses what is in flight   ← here',
      '',
      'CHART',
      '',
      'replay  fulgurite replay x.json',
    ]);
  });

  it('places what happened outside of the actions', () => {
    expect(findingReport({ scenario, finding: { ...finding, at: 'settle' } })).toContain('when everything must settle');
    expect(findingReport({ scenario, finding: { ...finding, at: 'setup' } })).toContain('while the channels were opened');
  });

  it('says what the campaign called it, where that was something else', () => {
    expect(findingReport({ scenario, finding, foundAs: ['ledger/base/x'] })).toContain('the campaign saw it as ledger/base/x');
    expect(findingReport({ scenario, finding, foundAs: [fingerprint(finding)] })).not.toContain('saw it as');
  });
});

describe('words', () => {
  it.each<[Action, string]>([
    [{ do: 'crash', node: 'A', survive: 5 }, 'A crashes; 2 unfinished stores made it to disk after all'],
    [{ do: 'stored', node: 'A', channel: 'c1', sink: 'w', which: 3 }, 'A finishes the 4th oldest unfinished update of watcher w of c1'],
    [{ do: 'mine', blocks: 1 }, '1 block is found'],
    [{ do: 'reorg', depth: 1, transactions: 'mined' }, 'the newest block is replaced by 2, with the same transactions in the first'],
    [{ do: 'reorg', depth: 3, transactions: 'lost' }, 'the newest 3 blocks are replaced by 4, and what was confirmed is lost'],
    [
      { do: 'pay', as: 'p', from: 'A', channel: 'c', amountMsat: '1500', cltvDelta: 1, hashOf: 'q' },
      'A pays 1,500 msat over c (p, expires in 1 block, same hash as q)',
    ],
  ])('%j', (action, words) => {
    expect(describeAction(action)).toBe(words);
  });

  it('write numbers alike everywhere', () => {
    expect([grouped(1234567), grouped(999), grouped(1000n)]).toEqual(['1,234,567', '999', '1,000']);
    expect([duration(450), duration(1250), duration(200_000)]).toEqual(['450 ms', '1.3 s', '3 min 20 s']);
    expect([rate(12345.6), rate(234.5), rate(1.234)]).toEqual(['12,346', '235', '1.23']);
  });

  it('tables are as wide as their cells', () => {
    const text = table(
      [{ title: 'name' }, { title: 'n', align: 'right' }],
      [
        ['a', '10'],
        ['longer', '5'],
      ],
    );
    expect(text).toBe('name     n\na       10\nlonger   5');
  });
});
