import { createWorld } from '../run/run.ts';
import type { RunOptions } from '../run/run.ts';
import type { NodeSpec, WorldSpec } from '../scenario/types.ts';
import type { World } from './world.ts';

/** Two nodes with quick disks, and one channel that both can spend from. */
export function specOf(overrides: Partial<WorldSpec> = {}, a: Partial<NodeSpec> = {}, b: Partial<NodeSpec> = {}): WorldSpec {
  return {
    seed: 'test',
    crypto: 'fake',
    nodes: [
      { name: 'A', ...a },
      { name: 'B', ...b },
    ],
    links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 10 } }],
    channels: [
      { name: 'c1', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '400000000', feeratePerKw: 2500, format: 'anchors' },
    ],
    ...overrides,
  };
}

/** Set up, with the first action under way. */
export function worldOf(spec: WorldSpec = specOf(), options: RunOptions = {}): World {
  const world = createWorld(spec, options);
  world.at = 0;
  return world;
}

export const SLOW_DISK = { storage: { kind: 'fixed', ms: 1000 } } as const;
