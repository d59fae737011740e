import { describe, expect, it } from 'vitest';
import { providerNamed, runScenario } from './run.ts';
import { noble } from '../../core/crypto/noble.fixture.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import type { Action, DriverFactory, Scenario } from '../scenario/types.ts';
import { specOf } from '../world/world.fixture.ts';

const pay: Action = { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '5000000', cltvDelta: 144 };
const scenario = (actions: readonly Action[], more: Partial<Scenario> = {}): Scenario => ({
  format: 1,
  world: specOf(),
  actions,
  expect: 'pass',
  ...more,
});

describe('runScenario', () => {
  it('applies every action, settles, and says what happened', () => {
    const result = runScenario(scenario([pay, { do: 'disconnect', link: 'A-B' }]));
    expect(result).toMatchObject({ rotted: [], scenario: { expect: 'pass' } });
    expect(result.finding).toBeUndefined();
    expect(result.applied).toHaveLength(2);
    expect(result.stats).toMatchObject({ actions: { pay: 1, disconnect: 1 }, events: { payment_sent: 2 } });
    expect(result.stats.messageTypes['update_add_htlc']).toBe(2);
  });

  it('skips what no longer applies, and reports it as rot', () => {
    const result = runScenario(scenario([pay, { do: 'restart', node: 'B' }, pay]));
    expect(result.applied).toEqual([pay]);
    expect(result.rotted).toEqual([
      'action 1 no longer applies: {"do":"restart","node":"B"}',
      expect.stringContaining('action 2 no longer applies'),
    ]);
  });

  it('reports milestones that were not reached', () => {
    const actions: readonly Action[] = [pay, { do: 'crash', node: 'B' }, { do: 'restart', node: 'B' }];
    const reached = ['action:2', 'restart:B', 'crash:B', 'pay:A', 'message:channel_reestablish', 'event:payment_sent'];
    expect(runScenario(scenario(actions, { milestones: reached })).rotted).toEqual([]);
    const missed = ['action:3', 'restart:A', 'disconnect:A-B', 'message:shutdown', 'event:failed', 'nothing'];
    expect(runScenario(scenario(actions, { milestones: missed })).rotted).toEqual(
      missed.map((name) => `the milestone '${name}' was not reached`),
    );
  });

  it('records what an oracle found, with its fingerprint', () => {
    const oracle = {
      name: 'o',
      kinds: ['k'],
      settled: () => ({ oracle: 'o', rule: 'r', kind: 'k', message: 'm', expected: 'e', actual: 'a', at: 'settle' as const }),
      licensed: new Map([['expired-htlc', 3]]),
      fork: () => oracle,
    };
    const result = runScenario(scenario([pay]), { oracles: [() => oracle] });
    expect(result).toMatchObject({
      fingerprint: 'o/r/k',
      scenario: { expect: 'o/r/k', actions: [pay] },
      stats: { outcomes: { 'expired-htlc': 3 } },
    });
  });

  it('finds a node that throws when it is only asked', () => {
    const broken: DriverFactory = (context) => {
      const driver = fulguriteDriver(context);
      driver.sendable = () => {
        throw new RangeError('broken after 7 blocks');
      };
      return driver;
    };
    const { finding, fingerprint } = runScenario(scenario([pay]), { drivers: { fulgurite: broken } });
    expect(fingerprint).toBe('exception/sendable/RangeError');
    expect(finding).toMatchObject({ at: 'settle' });
  });

  it('explains what a world cannot have', () => {
    const world = specOf({ nodes: [{ name: 'A', driver: 'ldk' }, { name: 'B' }] });
    expect(() => runScenario(scenario([], { world }))).toThrow("no driver 'ldk'; there are: fulgurite, toy");
  });
});

describe('crypto', () => {
  it('is taken from the host where it has it, and falls back to what gives the same results', () => {
    const own = { ...noble, name: 'own' };
    expect(providerNamed('native', { native: () => own })()).toBe(own);
    expect(providerNamed('native', { noble: () => own })()).toBe(own);
    expect(providerNamed('native')().name).toBe('noble');
    expect(providerNamed('noble')().name).toBe('noble');
    expect(providerNamed('fake')().name).toBe('fake');
    expect(providerNamed('fake')()).not.toBe(providerNamed('fake')());
  });

  it('is real where a world asks for it', () => {
    const result = runScenario(scenario([pay], { world: specOf({ crypto: 'noble' }) }));
    expect(result.finding).toBeUndefined();
    expect(result.stats.events['payment_sent']).toBe(2);
  });
});
