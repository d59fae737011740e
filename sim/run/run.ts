import type { Crypto } from '../../core/crypto/types.ts';
import { createNobleCrypto } from '../../core/crypto/noble.ts';
import { apply } from '../actions/apply.ts';
import { createFakeCrypto } from '../deterministic/fake-crypto.ts';
import { fulguriteDriver } from '../drivers/fulgurite.ts';
import { toyDriver } from '../drivers/toy.ts';
import { exceptionFinding, fingerprint, UndeclaredKindError } from '../world/finding.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { OperationRegistry } from '../actions/registry.ts';
import { OwnCodeError } from './own-code.ts';
import type { CryptoName } from './seed.ts';
import { settle } from './settle.ts';
import { setUp } from './setup.ts';
import type { Statistics } from '../world/statistics.ts';
import { scriptStrategy } from '../strategies/scripted.ts';
import type { Strategy } from '../strategies/strategy.ts';
import type { TraceListener } from '../world/trace.ts';
import type {
  Action,
  Capability,
  DriverFactory,
  Finding,
  OracleFactory,
  Scenario,
  ScriptInterpreter,
  WorldSpec,
} from '../scenario/types.ts';
import { shapeOf } from '../scenario/topology.ts';
import { htlcsOnChain } from '../oracles/on-the-chain.ts';
import { World } from '../world/world.ts';

/** How each is made: every node has one of its own. */
export type CryptoProviders = Readonly<Partial<Record<CryptoName, () => Crypto>>>;

/** What a host adds to what is built in. */
export interface RunOptions {
  readonly oracles?: readonly OracleFactory[];
  /** Beside the built-in ones, or instead of one with the same name. */
  readonly drivers?: Readonly<Record<string, DriverFactory>>;
  /** Default: the built-in ones. */
  readonly operations?: OperationRegistry;
  /** Faster providers of this platform. Where `native` is missing, `noble` gives the same results. */
  readonly providers?: CryptoProviders;
  /** Executes scripts. Without one the oracles judge transactions by their structure, amounts and relay policy alone. */
  readonly interpreter?: ScriptInterpreter;
  readonly listener?: TraceListener;
}

export interface RunResult {
  readonly finding?: Finding;
  /** Of the finding. */
  readonly fingerprint?: string;
  /** Equal for equal runs, on every platform. */
  readonly hash: string;
  readonly stats: Statistics;
  /** The actions that were carried out, in order. */
  readonly applied: readonly Action[];
  /** Why a stored scenario no longer says what it once did: actions that don't apply, milestones that were not reached. */
  readonly rotted: readonly string[];
  /** What was run, every delivery explicit, expecting what happened. */
  readonly scenario: Scenario;
}

const BUILT_IN_DRIVERS: Readonly<Record<string, DriverFactory>> = { fulgurite: fulguriteDriver, toy: toyDriver };
export const BUILT_IN_REGISTRY = new OperationRegistry(BUILT_IN_OPERATIONS);

export function providerNamed(name: CryptoName, providers: CryptoProviders = {}): () => Crypto {
  return providers[name] ?? (name === 'fake' ? createFakeCrypto : (providers.noble ?? createNobleCrypto));
}

/** A world that is set up: links connected, channels of the spec open. */
export function createWorld(spec: WorldSpec, options: RunOptions = {}): World {
  const { oracles = [], drivers = {}, providers, interpreter, listener } = options;
  const world = new World(spec, {
    createCrypto: providerNamed(spec.crypto, providers),
    drivers: { ...BUILT_IN_DRIVERS, ...drivers },
    oracles: oracles.map((create) => create()),
    ...(interpreter !== undefined && { interpreter }),
    ...(listener !== undefined && { listener }),
  });
  setUp(world);
  return world;
}

/** Runs a stored scenario from its beginning, settlement included. Actions that no longer apply are skipped, and reported as rot. */
export function runScenario(scenario: Scenario, options: RunOptions = {}): RunResult {
  return execute(createWorld(scenario.world, options), scriptStrategy(scenario.actions), options, scenario);
}

/** Lets a strategy move a world until it ends or something is found, then settles. */
export function execute(world: World, strategy: Strategy, options: RunOptions, scenario?: Scenario): RunResult {
  const operations = options.operations ?? BUILT_IN_REGISTRY;
  const applied: Action[] = [];
  const rotted: string[] = [];
  const passed = new Set<string>();
  try {
    for (let index = 0; world.finding === undefined; index++) {
      world.at = index;
      const action = strategy.next(world);
      if (action === undefined) break;
      if (apply(world, action, operations) === 'applied') {
        applied.push(action);
        if (scenario?.milestones !== undefined) pass(passed, action, index);
      } else if (world.finding === undefined) {
        rotted.push(`action ${index} no longer applies: ${JSON.stringify(action)}`);
      }
    }
    if (world.finding === undefined) settle(world);
  } catch (error) {
    if (error instanceof OwnCodeError || error instanceof UndeclaredKindError) throw error;
    // Steps tell of themselves. This is a node that was asked what it can send, or whoever judges what a broken one shows.
    world.finding ??= exceptionFinding(error, 'a node, or who looked at it,', world.at);
  }
  for (const milestone of scenario?.milestones ?? []) {
    if (!passed.has(milestone) && !world.stats.reached(milestone)) rotted.push(`the milestone '${milestone}' was not reached`);
  }
  return resultOf(world, applied, rotted, scenario);
}

function resultOf(world: World, applied: readonly Action[], rotted: readonly string[], scenario: Scenario | undefined): RunResult {
  const { finding } = world;
  for (const { licensed } of world.oracles) {
    for (const [name, times] of licensed ?? []) world.stats.count('outcome', name, times);
  }
  world.stats.count('topology', shapeOf(world.spec));
  const left = htlcsOnChain(world);
  if (left > 0) world.stats.count('chain', [...world.licences].sort().join(' + ') || 'no licence', left);
  countAsked(world);
  countUnasked(world);
  const expect = finding === undefined ? 'pass' : fingerprint(finding);
  const recorded: Scenario = { format: 1, ...scenario, world: world.spec, actions: applied, expect };
  const base = { hash: world.trace.digest(world.crypto), stats: world.stats, applied, rotted, scenario: recorded };
  return finding === undefined ? base : { ...base, finding, fingerprint: expect };
}

/** Of oracles that are asked after steps; who is asked after settling is counted there. The first one that fires ends a step. */
function countAsked({ finding, oracles, stats }: World): void {
  const fired = oracles.findIndex(({ name }) => name === finding?.oracle);
  const inStep = fired >= 0 && !stats.counts.has('asked');
  for (const [index, { name, step }] of oracles.entries())
    if (step !== undefined) stats.count('asked', name, stats.steps - (inStep && index > fired ? 1 : 0));
  if (fired >= 0) stats.count('fired', oracles[fired]?.name ?? '');
}

/** What the world itself asks drivers for, beside its oracles. */
const ASKED: Readonly<Record<string, readonly Capability[]>> = {
  'crash and restart': ['serialise', 'restart'],
  'pings, and connections that nobody answers': ['peers', 'nextDeadline'],
  'violations received, invalid commands, updates of fees': ['channels'],
  'probe of what is sendable': ['sendable'],
  'what both show of a channel': ['view'],
};

/** What was not applicable to a node, once a run: by what is missing. */
function countUnasked(world: World): void {
  const asked = [...Object.entries(ASKED), ...world.oracles.map(({ name, asks = [] }) => [name, asks] as const)];
  for (const { driver } of world.hosts.values()) {
    for (const [what, capabilities] of asked) {
      const missing = capabilities.filter((capability) => driver[capability] === undefined);
      if (missing.length > 0) world.stats.count('unasked', `${what} (no ${missing.join(', ')})`);
    }
  }
}

/** What a milestone may name: `action:7`, `restart:A`, `disconnect:A-B`. (`message:…` and `event:…` are counted by the world.) */
function pass(passed: Set<string>, action: Action, index: number): void {
  passed.add(`action:${index}`);
  for (const key of ['node', 'from', 'link'] as const) {
    const subject = (action as Readonly<Record<string, unknown>>)[key];
    if (typeof subject === 'string') passed.add(`${action.do}:${subject}`);
  }
}
