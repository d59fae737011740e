import { bitcoreInterpreter } from '../interpreter/bitcore.ts';
import type { ChannelState, StoredChannel } from '../../core/channel/model/state.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { NodeInput } from '../../core/node/node-vocabulary.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import type { Message, MessageName } from '../../core/wire/messages/index.ts';
import { apply } from '../actions/apply.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { fingerprint } from '../world/finding.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { chance, pick, stream } from '../deterministic/random.ts';
import { pendingEvents } from '../world/pending-events.ts';
import { settle } from '../run/settle.ts';
import { setUp } from '../run/setup.ts';
import { drawOperation } from '../strategies/weighted.ts';
import type { Driver, DriverEffect, DriverFactory, Finding, NodeSpec, Oracle, StepRecord, WorldSpec } from '../scenario/types.ts';
import { World } from '../world/world.ts';
import { messageOf, nameOf } from '../world/channel-changes.ts';

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
    createCrypto: () => run.crypto ?? createFakeCrypto(),
    drivers: { fulgurite: run.driver ?? fulguriteDriver },
    oracles: run.oracles,
    interpreter: bitcoreInterpreter,
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
  const weighted = BUILT_IN_OPERATIONS.filter(({ name }) => operations.includes(name)).map((operation) => ({ operation, weight: 1 }));
  const choices = stream(run.seed, 'schedule');
  for (let i = 0; i < steps && world.finding === undefined; i++) {
    world.at = i;
    run.between?.(world, i);
    const events = pendingEvents(world);
    const event = events.length > 0 && chance(choices, 2, 3) ? pick(choices, events).action : drawOperation(world, choices, weighted);
    if (event !== undefined) apply(world, event);
  }
  if (world.finding === undefined) settle(world);
  return { world, finding: world.finding };
}

/** What a planted driver does otherwise than the honest one inside it. */
export interface Tampering {
  /** Which nodes have it. Default: all. */
  readonly nodes?: readonly string[];
  readonly effect?: (effect: DriverEffect, input: NodeInput | undefined) => DriverEffect | readonly DriverEffect[];
  readonly input?: (input: NodeInput) => NodeInput | undefined;
  readonly state?: (state: ChannelState) => ChannelState;
  readonly serialise?: (bytes: Uint8Array) => Uint8Array;
  readonly readBack?: (stored: StoredChannel) => StoredChannel;
  readonly sendable?: (range: Sendable) => Sendable;
  readonly restored?: (channels: readonly Uint8Array[]) => readonly Uint8Array[];
}
type Sendable = { readonly minMsat: bigint; readonly maxMsat: bigint };

/** A driver with a planted deviation. */
export function tampered(tampering: Tampering): DriverFactory {
  return (context) => {
    const inner = fulguriteDriver(context);
    return tampering.nodes !== undefined && !tampering.nodes.includes(context.name) ? inner : wrap(inner, tampering);
  };
}

function wrap(inner: Driver, tampering: Tampering): Driver {
  const { effect: edit, input: take, state: show, serialise, readBack, sendable, restored } = tampering;
  const edited = (effects: readonly DriverEffect[], input: NodeInput | undefined): readonly DriverEffect[] =>
    edit === undefined ? effects : effects.flatMap((effect) => edit(effect, input));
  const shown = new WeakMap<ChannelState, ChannelState>();
  const view = (state: ChannelState): ChannelState => {
    const known = shown.get(state) ?? show?.(state) ?? state;
    shown.set(state, known);
    return known;
  };
  return {
    nodeId: inner.nodeId,
    step(input) {
      const taken = take === undefined ? input : take(input);
      return taken === undefined ? [] : edited(inner.step(taken), input);
    },
    serialise: (effect) => {
      const bytes = inner.serialise?.(effect) ?? new Uint8Array();
      return serialise?.(bytes) ?? bytes;
    },
    read: (bytes) => {
      const stored = inner.read?.(bytes) as StoredChannel;
      return readBack?.(stored) ?? stored;
    },
    restart: (channels, ...rest) => edited(inner.restart?.(restored?.(channels) ?? channels, ...rest) ?? [], undefined),
    channels: () => new Map([...(inner.channels?.() ?? [])].map(([id, state]) => [id, view(state)])),
    sendable: (id) => {
      const range = inner.sendable?.(id);
      return range && (sendable?.(range) ?? range);
    },
    fork: () => wrap(inner.fork?.() as Driver, tampering),
  };
}

/** The fingerprints that planted runs over these seeds give, each once. */
export function fingerprintsOf(seeds: number, run: (seed: string) => Finding | undefined): readonly string[] {
  const found = new Set<string>();
  for (let i = 0; i < seeds; i++) {
    const finding = run(`seed ${i}`);
    if (finding !== undefined) found.add(fingerprint(finding));
  }
  return [...found];
}

/** A message of this name that leaves, with its fields replaced. */
export function rewrite<N extends MessageName>(
  name: N,
  edit: (message: Extract<Message, { type: N }>) => Message,
): NonNullable<Tampering['effect']> {
  return (effect) => {
    if (effect.kind !== 'send' || nameOf(effect.bytes) !== name) return effect;
    const message = messageOf(effect.bytes) as Extract<Message, { type: N }>;
    return { ...effect, bytes: encodeMessage(edit(message)) };
  };
}
