import { describe, expect, it } from 'vitest';
import { loadLdk } from '../../../scripts/node/load-ldk.ts';
import { nodeProviders } from '../../../scripts/node/native-crypto.ts';
import { createOracles } from '../../oracles/index.ts';
import { runScenario } from '../../run/run.ts';
import type { Action, Scenario } from '../../scenario/types.ts';
import { specOf } from '../../world/world.fixture.ts';

const ldk = await loadLdk();

/** Connects again, as far as both have told the other where they stand. */
const back: readonly Action[] = [
  { do: 'connect', link: 'A-B' },
  ...['init', 'channel_reestablish'].flatMap((message) => ['A', 'B'].map((to): Action => ({ do: 'deliver', link: 'A-B', to, message }))),
];

/** A day in the life of a channel: payments both ways, a lost connection and a crash of either side on the way. */
const DAY: readonly Action[] = [
  { do: 'pay', as: 'p1', from: 'A', channel: 'c1', amountMsat: '20000000', cltvDelta: 100 },
  { do: 'pay', as: 'p2', from: 'B', channel: 'c1', amountMsat: '30000000', cltvDelta: 100 },
  ...['update_add_htlc', 'commitment_signed'].map((message): Action => ({ do: 'deliver', link: 'A-B', to: 'B', message })),
  { do: 'disconnect', link: 'A-B' },
  ...back,
  { do: 'crash', node: 'B' },
  { do: 'restart', node: 'B' },
  ...back,
  { do: 'crash', node: 'A' },
  { do: 'restart', node: 'A' },
  ...back,
];

function run(opener: string, format: 'anchors' | 'static_remotekey', actions: readonly Action[]): ReturnType<typeof runScenario> {
  const accepter = opener === 'A' ? 'B' : 'A';
  const channel = { name: 'c1', opener, accepter, fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500, format };
  const world = specOf({ crypto: 'native', channels: [channel] }, {}, { driver: 'ldk' });
  const scenario: Scenario = { format: 1, world, actions, expect: 'pass' };
  const oracles = createOracles().map((oracle) => () => oracle);
  return runScenario(scenario, { drivers: { ldk }, providers: nodeProviders(), oracles });
}

describe('LDK on the other side', () => {
  it.each([
    ['A', 'anchors'],
    ['A', 'static_remotekey'],
    ['B', 'anchors'],
    ['B', 'static_remotekey'],
  ] as const)('is paid, pays, comes back and closes: opened by %s, %s', (opener, format) => {
    const lived = run(opener, format, DAY);
    expect([lived.finding, lived.rotted]).toEqual([undefined, []]);
    const events = lived.stats.counts.get('event');
    expect([events?.get('payment_sent'), events?.get('broadcast funding: accepted')]).toEqual([3, 1]);
    expect(lived.stats.counts.get('message')?.get('channel_reestablish')).toBe(6);
    const closed = run(opener, format, [{ do: 'shutdown', node: format === 'anchors' ? 'A' : 'B', channel: 'c1' }]);
    expect(closed.finding).toBeUndefined();
    expect(closed.stats.counts.get('event')?.get('broadcast closing: accepted')).toBe(1);
  });

  it('is the same again, byte by byte', () => {
    expect(run('A', 'anchors', DAY).hash).toBe(run('A', 'anchors', DAY).hash);
  });
});
