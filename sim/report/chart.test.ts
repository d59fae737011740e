import { describe, expect, it } from 'vitest';
import { drawChart } from './chart.ts';
import type { ChartStep } from './observe-step.ts';
import { ansi } from './style.ts';

function step(timeMs: number, node: string, event: ChartStep['event'], rest: Partial<ChartStep> = {}): ChartStep {
  return { timeMs, at: 0, node, event, sent: [], did: [], channels: new Map(), ...rest };
}

const add = { kind: 'other', text: 'add 5,000 msat to c1' } as const;
const arrives = (from: string, label: string) => ({ kind: 'message', from, label }) as const;

describe('the sequence chart', () => {
  it('draws arrows, messages under way, losses and what changed in the channel', () => {
    const steps = [
      step(0, 'A', { kind: 'other', text: 'opening' }, { at: 'setup', channels: new Map([['c1', 'ours 0 theirs 0']]) }),
      step(5, 'A', add, { sent: [{ to: 'B', label: 'update_add_htlc 0' }], channels: new Map([['c1', 'ours 0 theirs 0']]) }),
      step(25, 'B', arrives('A', 'update_add_htlc 0'), { channels: new Map([['c1', 'ours 0 theirs 0 HTLCs 0▸ ◂1']]) }),
      step(
        30,
        'A',
        { kind: 'other', text: 'commit c1' },
        {
          sent: [
            { to: 'B', label: 'commitment_signed' },
            { to: 'B', label: 'update_fee 300' },
          ],
          did: ['store c1 v2'],
        },
      ),
      step(30, 'A', { kind: 'stored', text: 'c1 state 2 is durable' }),
      step(35, 'A', { kind: 'stored', text: 'c1 state 1 is durable' }),
      step(40, 'B', arrives('A', 'commitment_signed'), { sent: [{ to: 'A', label: 'revoke_and_ack' }] }),
      step(50, 'A', { kind: 'disconnected', peer: 'B' }, { at: 1 }),
      step(50, 'B', { kind: 'disconnected', peer: 'A' }, { at: 1 }),
      step(1234, 'A', { kind: 'crash' }, { at: 'settle' }),
    ];
    expect(`\n${drawChart(steps, { nodes: ['A', 'B'], width: 89 })}\n`).toBe(`
           A                                      B
     5 ms  │ ● add 5,000 msat to c1               │
           │── update_add_htlc 0 ────────────────▶│
    25 ms  │                                      │ c1: ours 0 theirs 0 HTLCs 0▸ ◂1
    30 ms  │ ● commit c1                          │
           │ store c1 v2                          │
           │── commitment_signed #2 ─▷            │
           │── update_fee 300 #3 ─▷               │
    35 ms  │ ● c1 state 1 is durable              │
    40 ms  │            ── commitment_signed #2 ─▶│
           │               ◁─ revoke_and_ack #4 ──│
    50 ms  │ ● disconnected from B, #3 #4 lost    │
    50 ms  │                                      │ ● disconnected from A
           ── faults end; everything must settle ──
 1,234 ms  │ ✗ crash                              │
`);
  });

  it('draws blocks in which nothing happens as one line a node', () => {
    const block = (node: string, height: number, rest: Partial<ChartStep> = {}): ChartStep =>
      step(height, node, { kind: 'other', text: `block ${height}`, quiet: { from: height, to: height } }, rest);
    const steps = [101, 102, 103, 104].flatMap((height) => [
      block('A', height, height === 103 ? { did: ['broadcast funding'] } : {}),
      block('B', height),
    ]);
    expect(`\n${drawChart(steps, { nodes: ['A', 'B'] })}\n`).toBe(`
           A                                  B
   101 ms  │ ● blocks 101 to 102              │
   101 ms  │                                  │ ● blocks 101 to 102
   103 ms  │ ● block 103                      │
           │ broadcast funding                │
   103 ms  │                                  │ ● blocks 103 to 104
   104 ms  │ ● block 104                      │
`);
  });

  it('crosses the lifelines between, cuts what does not fit, and says what it leaves out', () => {
    const far = step(1, 'A', add, { sent: [{ to: 'C', label: 'update_add_htlc 0' }] });
    const chart = drawChart([step(0, 'B', add), step(0, 'A', add), far, step(2, 'C', arrives('A', 'update_add_htlc 0'))], {
      nodes: ['A', 'B', 'C'],
      width: 60,
      maxRows: 1,
    }).split('\n');
    expect(chart).toEqual([
      '           A                       B                       C',
      '           … 6 earlier lines',
      '           │── update_add_htlc 0 ─────────────────────────▶│',
    ]);
  });

  it('colours only where the host asks for it', () => {
    const steps = [step(0, 'A', { kind: 'crash' })];
    expect(drawChart(steps, { nodes: ['A', 'B'] })).not.toContain('\u001b');
    expect(drawChart(steps, { nodes: ['A', 'B'], style: ansi })).toContain('\u001b[31m✗ crash\u001b[39m');
  });
});
