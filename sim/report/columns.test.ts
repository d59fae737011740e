import { describe, expect, it } from 'vitest';
import { columns } from './columns.ts';
import { drawChart } from './chart.ts';
import { ruleWords } from './rule-words.ts';
import { wrapped } from './wrapped.ts';

describe('two values side by side', () => {
  const comparison = {
    left: 'B built',
    right: 'A signed',
    rows: [
      { what: 'feerate', left: '2,500 sat/kw', right: '1,000 sat/kw' },
      { what: 'to_remote of A', left: '998,190 sat', right: '998,190 sat' },
      { what: 'script', left: 'ab'.repeat(60), right: 'cd'.repeat(60) },
    ],
  };

  it('are aligned, and only what differs is marked', () => {
    const lines = columns({ ...comparison, rows: comparison.rows.slice(0, 2) }, 80).split('\n');
    expect(lines).toEqual([
      '                    B built       A signed',
      '  ≠ feerate         2,500 sat/kw  1,000 sat/kw',
      '    to_remote of A  998,190 sat   998,190 sat',
    ]);
  });

  it('have room in 80 characters, and lose nothing', () => {
    const text = columns(comparison, 80);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(text.replace(/[^c]/g, '').length).toBeGreaterThanOrEqual(60);
  });
});

describe('the words of a rule', () => {
  it('stand with its BOLT and requirements', () => {
    expect(ruleWords('commitment_signed.signature')).toEqual([
      'commitment_signed.signature, BOLT 2 (B2-COMMIT-R-01-sig-check):',
      '“if `signature` is not valid for its local commitment transaction OR non-compliant with LOW-S-standard rule”',
    ]);
    expect(ruleWords('node.no_such_channel')[0]).toContain('our own rule');
    expect(ruleWords('commitment')).toEqual([]);
  });
});

describe('a chart', () => {
  it('marks where it went wrong, keeps the last words, and draws who takes part', () => {
    const text = drawChart(
      [
        {
          timeMs: 5,
          at: 'setup',
          node: 'A',
          event: { kind: 'other', text: 'open 1,000,000 sat to C' },
          sent: [{ to: 'C', label: 'open_channel' }],
          did: [],
          channels: new Map(),
        },
      ],
      { nodes: ['A', 'B', 'C'], setup: true, guilty: { node: 'C', text: 'C accepts what it must refuse, and keeps the channel' } },
    );
    expect(text).not.toMatch(/^ +A +B/);
    expect(text).toContain('✗ C accepts what it must');
    expect(text).toContain('refuse, and keeps the channel');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('wrapping', () => {
  it('cuts at blanks, and what is longer anywhere', () => {
    expect(wrapped('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrapped('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrapped('', 4)).toEqual(['']);
  });
});
