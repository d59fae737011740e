import { describe, expect, it } from 'vitest';
import { Engine } from '../../campaign/engine.ts';
import { messageFields, viewObserver } from './step-view.ts';
import type { StepView } from './step-view.ts';
import { sharedRows } from './state-rows.ts';
import { stepReport } from './step-report.ts';
import type { FundedState } from '../../../core/channel/model/state.ts';

describe('a step in full', () => {
  const engine = new Engine();
  const { scenario } = engine.runToken(engine.token(4));
  const steps: StepView[] = [];
  const states: FundedState[] = [];
  engine.runScenario(scenario, [viewObserver(steps)]);
  const look = {
    name: 'look',
    kinds: [],
    fork: () => look,
    step: (world: Parameters<NonNullable<ReturnType<typeof viewObserver>['step']>>[0]) => {
      const state = world.channelState('A', 'c1');
      if (state?.phase === 'funded') states.push(state);
      return undefined;
    },
  };
  engine.runScenario(scenario, [look]);

  it('is one for every step of a run, as wide as the terminal', () => {
    expect(steps.map(({ index }) => index)).toEqual(steps.map((_, index) => index));
    for (const step of steps) {
      const text = stepReport(step, steps.length - 1, 80);
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
      expect(text).toMatch(new RegExp(`^step ${step.index} of 0 to ${steps.length - 1}: ${step.node}, after`));
    }
  });

  it('tells what changed: a commitment_signed makes a next commitment, and the revoke_and_ack after it the current one', () => {
    const signed = steps.find(({ event, at }) => at !== 'setup' && event.kind === 'message' && event.label.startsWith('commitment_signed'));
    const text = signed === undefined ? '' : stepReport(signed, steps.length - 1, 80);
    expect(text).toMatch(/^ {4}signature [0-9a-f]{32}… \(64 bytes\)$/m);
    expect(text).toMatch(/^ {2}≠ [AB]'s( next)?: number /m);
    expect(text).toContain(`what changed at ${signed?.node}`);
  });

  it('has each change once: what a step leaves is what the next one of that node finds', () => {
    const last = new Map<string, Map<string, string>>();
    for (const { node, channels } of steps) {
      for (const { name, changed } of channels) {
        const known = last.get(`${node}/${name}`) ?? new Map<string, string>();
        for (const { what, before, after } of changed) {
          expect(known.get(what) ?? '').toBe(before);
          known.set(what, after);
        }
        last.set(`${node}/${name}`, known);
      }
    }
  });

  it('shows a state that makes no sense rather than throwing', () => {
    const [state] = states;
    if (state === undefined) throw new Error('never funded');
    const logs = { opener: [{ kind: 'fail', id: 7n, reason: '' }], accepter: [] };
    const current = { number: 1n, cut: { opener: 9, accepter: 9 } };
    const base = { ...state.shared.base, cut: { opener: 0, accepter: 0 } };
    const broken = {
      ...state,
      shared: { base, logs, commitments: { opener: { current }, accepter: { current } } },
    } as unknown as FundedState;
    const rows = sharedRows(broken, { opener: 'A', accepter: 'B' });
    expect(rows.find(({ what }) => what === "A's: contents")?.value).toMatch(/^make no sense: /);
  });

  it('says of bytes that are no message why', () => {
    expect(messageFields(Uint8Array.of(0, 132, 1))).toEqual([{ what: expect.stringMatching(/\w/), value: '008401' }]);
  });
});
