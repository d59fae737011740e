import { describe, expect, it } from 'vitest';
import { verifySpend } from '../interpreter/bitcore.ts';
import { createWorld } from '../run/run.ts';
import { settle } from '../run/settle.ts';
import { runToRest } from '../run/setup.ts';
import { apply } from '../actions/apply.ts';
import { createOracles } from '../oracles/index.ts';
import type { Action, WorldSpec } from '../scenario/types.ts';
import type { World } from './world.ts';

const FORMATS = ['anchors', 'static_remotekey'] as const;

function worldOf(format: (typeof FORMATS)[number], claims: 'many' | 'few' | 'none' = 'many'): World {
  const nodes = ['A', 'B'].map((name) => ({ name, claims }));
  const amounts = { fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500, format };
  const spec: WorldSpec = {
    seed: 'claims',
    crypto: 'fake',
    nodes,
    links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 1 } }],
    channels: [{ name: 'c1', opener: 'A', accepter: 'B', ...amounts }],
    licences: ['force-close'],
  };
  const oracles = createOracles().map((oracle) => () => oracle);
  return createWorld(spec, { oracles, interpreter: { name: 'bitcore', verifySpend } });
}

function act(world: World, ...actions: readonly Action[]): void {
  for (const action of actions) {
    expect([action, apply(world, action)]).toEqual([action, 'applied']);
    runToRest(world);
  }
}

describe('a channel that a node closes by itself', () => {
  it.each(FORMATS)('is claimed on the chain and forgotten, whoever is restarted in between (%s)', (format) => {
    const world = worldOf(format);
    for (const as of ['p1', 'p2']) act(world, { do: 'pay', as, from: 'A', channel: 'c1', amountMsat: '30000000', cltvDelta: 40 });
    act(world, { do: 'force_close', node: 'A', channel: 'c1' }, { do: 'mine', blocks: 1 }, { do: 'fulfill', node: 'B', payment: 'p1' });
    act(world, { do: 'crash', node: 'B' }, { do: 'mine', blocks: 1 }, { do: 'restart', node: 'B' });
    settle(world);
    expect(world.finding).toBeUndefined();
    expect([...world.payments].map(({ name, outcome }) => [name, outcome])).toEqual([
      ['p1', 'sent'],
      ['p2', 'failed'],
    ]);
    expect(world.channels.map(({ name }) => [world.channelState('A', name), world.channelState('B', name)])).toEqual([
      [undefined, undefined],
    ]);
  });
});
