import { describe, expect, it } from 'vitest';
import type { Action, Scenario } from '../scenario/types.ts';
import type { Execution } from './shrink.ts';
import { shrink } from './shrink.ts';
import { decimals } from '../actions/simpler.ts';

const LATENCY = { kind: 'uniform', minMs: 3, maxMs: 90 } as const;
const FOUND = 'toy/crossing/balance';

function pay(as: string, amountMsat: string): Action {
  return { do: 'pay', as, from: 'A', channel: 'c1', amountMsat, cltvDelta: 77 };
}

const noise = (round: number): Action[] => [
  pay(`n${round}`, '1234'),
  { do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' },
  { do: 'stored', node: 'B', channel: 'c1', sink: 'state', which: 1 },
  { do: 'fulfill', node: 'B', payment: `n${round}` },
  { do: 'wait', ms: 1234 },
  { do: 'mine', blocks: 3 },
  { do: 'see', node: 'C', blocks: 3 },
];

const scenario: Scenario = {
  format: 1,
  world: {
    seed: 'x',
    crypto: 'fake',
    licences: ['fee-spike'],
    nodes: [
      { name: 'A', storage: LATENCY, config: { toSelfDelay: 20, maxAcceptedHtlcs: 3 } },
      { name: 'B', watchers: [{ name: 'w', latency: LATENCY }] },
      { name: 'C', acknowledge: 'later' },
    ],
    links: [
      { ends: ['A', 'B'], latency: LATENCY },
      { ends: ['B', 'C'], latency: LATENCY },
    ],
    channels: [
      { name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1234567', pushMsat: '23456000', feeratePerKw: 777, format: 'anchors' },
      { name: 'c2', opener: 'B', accepter: 'C', fundingSat: '1234567', pushMsat: '23456000', feeratePerKw: 777, format: 'anchors' },
    ],
  },
  actions: [0, 1, 2].flatMap((round) => [
    ...noise(round),
    ...(round === 1 ? [pay('big', '87654321')] : []),
    { do: 'disconnect', link: 'A-B' },
    ...noise(round + 10),
    { do: 'connect', link: 'A-B' },
  ]),
  expect: FOUND,
};

/** The bug: a payment of at least 354 satoshi over c1, and a disconnect somewhere after it. Names that are not there are skipped. */
function execute(candidate: Scenario): Execution {
  const payments = new Set<string>();
  const applied: Action[] = [];
  let big = false;
  let found: string | undefined;
  for (const action of candidate.actions) {
    if (action.do === 'pay') {
      if (!candidate.world.channels.some(({ name }) => name === action.channel)) continue;
      payments.add(action.as);
      big ||= BigInt(action.amountMsat) >= 354_000n;
    }
    if (action.do === 'fulfill' && !payments.has(action.payment)) continue;
    applied.push(action);
    if (action.do === 'disconnect') found = big ? FOUND : found;
  }
  // What a shrinker that looks only at "some finding" would slip to.
  if (applied.length === 1) found = 'toy/other/empty';
  return { fingerprint: found, applied, hash: 'equal' };
}

describe('shrinking', () => {
  it('leaves the two actions that matter, in a world of their own, with round amounts', () => {
    const result = shrink(scenario, { execute });
    expect(result).toMatchObject({ reproduced: true, minimal: true });
    expect(result.scenario.actions).toEqual([
      { do: 'pay', as: 'big', from: 'A', channel: 'c1', amountMsat: '1000000', cltvDelta: 40 },
      { do: 'disconnect', link: 'A-B' },
    ]);
    const { world } = result.scenario;
    expect(world.nodes).toEqual([{ name: 'A' }, { name: 'B' }]);
    expect(world.links).toEqual([{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 0 } }]);
    expect(world.channels.map(({ name, pushMsat, feeratePerKw }) => [name, pushMsat, feeratePerKw])).toEqual([['c1', '0', 253]]);
    expect(result.scenario.expect).toBe(FOUND);
    expect(result.executions).toBeLessThan(80);
  });

  it('removes a licence where nothing is left that needs it and the same trace shows the same without it, and nowhere else', () => {
    const other = (candidate: Scenario): Execution => ({ ...execute(candidate), hash: `${candidate.world.licences?.length ?? 0}` });
    expect(shrink(scenario, { execute: other }).scenario.world.licences).toEqual(['fee-spike']);
    expect(shrink(scenario, { execute }).scenario.world.licences).toEqual(['fee-spike']);
    const licensed = (licences: readonly string[]): Scenario => ({ ...scenario, world: { ...scenario.world, licences } });
    expect(shrink(licensed(['force-close', 'expired-htlc']), { execute }).scenario.world.licences).toEqual(['expired-htlc']);
    expect(shrink(licensed(['force-close']), { execute: other }).scenario.world.licences).toEqual(['force-close']);
  });

  it('keeps to its budget and says that it was not enough', () => {
    const result = shrink(scenario, { execute, maxExecutions: 7 });
    expect(result).toMatchObject({ executions: 7, reproduced: true, minimal: false });
    expect(execute(result.scenario).fingerprint).toBe(FOUND);
  });

  it('returns what does not reproduce as it came', () => {
    const other = { ...scenario, expect: 'toy/other/rule' };
    expect(shrink(other, { execute })).toEqual({ scenario: other, executions: 1, reproduced: false, minimal: false });
  });

  it('executes no candidate twice and reports each execution', () => {
    const seen = new Set<string>();
    const progress: number[] = [];
    const counting = (candidate: Scenario): Execution => {
      const text = JSON.stringify(candidate);
      expect(seen.has(text)).toBe(false);
      seen.add(text);
      return execute(candidate);
    };
    const result = shrink(scenario, { execute: counting, onProgress: ({ executions }) => progress.push(executions) });
    expect(seen.size).toBe(result.executions);
    expect(Math.max(...progress)).toBe(result.executions);
  });

  it('shrinks custom operations with their own rule', () => {
    const custom = (size: number): Action => ({ do: 'custom', operation: 'acme/burst', args: { size } });
    const burst = { ...scenario, actions: [...scenario.actions, custom(9)] };
    const result = shrink(burst, {
      execute: ({ actions }) => ({
        fingerprint: actions.some((a) => a.do === 'custom' && Number(a.args['size']) >= 4) ? FOUND : undefined,
        applied: actions,
        hash: '',
      }),
      simplerCustom: (action) => [custom(Number(action.args['size']) - 1)],
    });
    expect(result.scenario.actions).toEqual([custom(4)]);
  });
});

describe('simpler amounts', () => {
  it('are smaller or rounder, and end', () => {
    expect(decimals('0')).toEqual([]);
    expect(decimals('1000')).toEqual(['0']);
    expect(decimals('87654321')).toEqual(['0', '1000', '1000000', '10000000', '80000000', '87000000', '87600000']);
    for (const start of ['7', '10', '99', '354001', '100000000', '123456789012']) {
      for (let value = start, steps = 0; value !== '0'; steps++) {
        expect(steps).toBeLessThan(40);
        value = decimals(value).at(-1) ?? '0';
      }
    }
  });
});
