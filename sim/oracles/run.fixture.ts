import type { Crypto } from '../../core/crypto/types.ts';
import { apply } from '../apply.ts';
import { createFakeCrypto } from '../crypto/fake.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { BUILT_IN_OPERATIONS } from '../operations/index.ts';
import { chance, pick, stream } from '../random.ts';
import { pendingEvents } from '../pending.ts';
import { settle } from '../settle.ts';
import { setUp } from '../setup.ts';
import { drawOperation } from '../strategies/mixed.ts';
import type { DriverFactory, Finding, NodeSpec, Oracle, StepRecord, WorldSpec } from '../types.ts';
import { World } from '../world.ts';

/** Runs of two nodes for the oracles' own tests: real drivers, random operations and faults. */
export interface RunSpec {
  readonly seed: string;
  readonly oracles: readonly Oracle[];
  readonly crypto?: Crypto;
  readonly operations?: readonly string[];
  readonly steps?: number;
  readonly nodes?: readonly Partial<NodeSpec>[];
  readonly licences?: readonly string[];
  readonly format?: 'anchors' | 'static_remotekey';
  readonly driver?: DriverFactory;
  readonly onStep?: (record: StepRecord) => void;
  /** Called between actions: for planted faults. */
  readonly between?: (world: World, done: number) => void;
}

export const CALM = ['pay', 'fulfill', 'fail', 'fail_malformed', 'fee', 'mine', 'feerate', 'acknowledge', 'commit'] as const;
export const FAULTS = ['disconnect', 'connect', 'crash', 'restart'] as const;

export function specOf({ seed, crypto, nodes = [], licences = [], format = 'anchors' }: RunSpec): WorldSpec {
  const slow = { kind: 'uniform', minMs: 1, maxMs: 200 } as const;
  const node = (name: string, overrides: Partial<NodeSpec> | undefined): NodeSpec => ({ name, storage: slow, ...overrides });
  return {
    seed,
    crypto: (crypto?.name ?? 'fake') as 'fake',
    nodes: [node('A', nodes[0]), node('B', nodes[1])],
    links: [{ ends: ['A', 'B'], latency: { kind: 'uniform', minMs: 5, maxMs: 100 } }],
    channels: [{ name: 'c', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '400000123', feeratePerKw: 2500, format }],
    licences,
  };
}

export function startWorld(run: RunSpec): World {
  const world = new World(specOf(run), {
    crypto: run.crypto ?? createFakeCrypto(),
    drivers: { fulgurite: run.driver ?? fulguriteDriver },
    oracles: run.oracles,
    ...(run.onStep === undefined ? {} : { listener: { step: run.onStep } }),
  });
  setUp(world);
  world.at = 0;
  return world;
}

/** Sets up, shakes, heals. What comes out is the first finding, if any. */
export function runWorld(run: RunSpec): { readonly world: World; readonly finding: Finding | undefined } {
  const world = startWorld(run);
  const { steps = 120, operations = [...CALM, ...FAULTS] } = run;
  const mix = BUILT_IN_OPERATIONS.filter(({ name }) => operations.includes(name)).map((operation) => ({ operation, weight: 1 }));
  const choices = stream(run.seed, 'schedule');
  for (let i = 0; i < steps && world.finding === undefined; i++) {
    world.at = i;
    run.between?.(world, i);
    const events = pendingEvents(world);
    const event = events.length > 0 && chance(choices, 2, 3) ? pick(choices, events).action : drawOperation(world, choices, mix);
    if (event !== undefined) apply(world, event);
  }
  if (world.finding === undefined) settle(world);
  return { world, finding: world.finding };
}
