import { describe, expect, it } from 'vitest';
import { tampered } from '../oracles/run.fixture.ts';
import { decidedLine } from '../report/decided.ts';
import type { DriverFactory, Scenario } from '../scenario/types.ts';
import { Engine } from './engine.ts';
import { explain } from './explain.ts';
import { decidingAction } from './when-decided.ts';

const scenario: Scenario = {
  format: 1,
  world: {
    seed: 'decided',
    crypto: 'fake',
    nodes: [{ name: 'A' }, { name: 'B' }],
    links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 } }],
    channels: [{ name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '0', feeratePerKw: 253, format: 'anchors' }],
  },
  actions: [
    { do: 'mine', blocks: 1 },
    { do: 'crash', node: 'A' },
  ],
  expect: 'durability/restart/channel-gone',
};
/** It comes back with nothing. */
const forgetful = tampered({ nodes: ['A'], restored: () => [] });

function explained(driver: DriverFactory) {
  return explain(new Engine({ config: { drivers: { fulgurite: driver } } }), scenario, {
    label: 'test',
    maxExecutions: 50,
    continuations: 20,
  });
}

describe('when a finding was decided', () => {
  it('is where most more continuations fail after an action than before it, the same each time', () => {
    const { decided, scenario: small } = explained(forgetful);
    expect(small.actions).toEqual([{ do: 'crash', node: 'A' }]);
    if (decided === undefined || decided === 'not available') throw new Error('a driver of ours can be copied');
    const [before = 20, after] = decided.failing;
    expect([decided.continuations, decided.failing.length, after]).toEqual([20, 2, 20]);
    expect(before).toBeLessThan(16);
    expect(decidingAction(decided)).toBe(0);
    expect(explained(forgetful).decided).toEqual(decided);
  });

  it('is not available where a driver cannot be copied', () => {
    const single: DriverFactory = (context) => {
      const { fork: _, ...driver } = forgetful(context);
      return driver;
    };
    expect(explained(single).decided).toBe('not available');
  });

  it('is a line with a bar for each action', () => {
    expect(decidedLine({ continuations: 100, failing: [0, 3, 3, 97] })).toBe(
      '▁▁▁█  of 100 continuations from before action 2 fail 3, after it 97',
    );
    expect(decidedLine({ continuations: 100, failing: [100] })).toBe(
      '█  100 of 100 continuations fail from the start, and no action makes it more',
    );
    expect(decidedLine('not available')).toContain('not available');
  });
});
