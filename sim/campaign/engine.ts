import type { Found } from './results.ts';
import { checkConfig } from './config.ts';
import type { FulguriteConfig } from './config.ts';
import { generate } from './generate.ts';
import { OperationRegistry } from '../actions/registry.ts';
import { BUILT_IN_OPERATIONS } from '../actions/index.ts';
import { COSTLY, createOracles, differing, drawCostly, ORACLES } from '../oracles/index.ts';
import type { CryptoProviders, RunOptions, RunResult } from '../run/run.ts';
import { createWorld, execute, runScenario } from '../run/run.ts';
import { guardDrivers, guardOperation, guardOracle } from '../run/own-code.ts';
import type { CampaignOptions, SeedToken } from '../run/seed.ts';
import { DEFAULT_CAMPAIGN, parseToken, printToken } from '../run/seed.ts';
import type { Bench } from './explain.ts';
import type { Execution } from './shrink.ts';
import { explore } from '../run/exhaustive.ts';
import type { ExhaustiveOptions, ExhaustiveResult } from '../run/exhaustive.ts';
import type { Statistics } from '../world/statistics.ts';
import type { Action, Finding, Oracle, OracleFactory, Scenario, WorldSpec } from '../scenario/types.ts';
import { fingerprint } from '../world/finding.ts';
import type { World } from '../world/world.ts';

export interface EngineOptions {
  /** What differs from DEFAULT_CAMPAIGN. */
  readonly campaign?: Partial<CampaignOptions>;
  readonly config?: FulguriteConfig;
  /** Faster providers of this platform. */
  readonly providers?: CryptoProviders;
  /** Run every seed twice and compare the traces. Default false. */
  readonly twice?: boolean;
}

/** What a campaign needs to know of one seed. */
export interface SeedRun {
  readonly stats: Statistics;
  readonly licences: readonly string[];
  readonly hash: string;
  readonly found?: Found;
}

/** Runs seeds and scenarios with one configuration: what the command line, its workers and `check` share. */
export class Engine implements Bench {
  readonly campaign: CampaignOptions;
  readonly config: FulguriteConfig;
  readonly registry: OperationRegistry;
  private readonly options: RunOptions;
  private readonly ownOracles: readonly OracleFactory[];
  private readonly twice: boolean;
  /** The world of the last seed, as it was when it had been set up. */
  private shared: World | undefined;

  /** Throws a ConfigError for a configuration that cannot be. */
  constructor({ campaign, config = {}, providers, twice = false }: EngineOptions = {}) {
    checkConfig(config);
    this.campaign = { ...DEFAULT_CAMPAIGN, ...campaign };
    this.config = config;
    this.ownOracles = (config.oracles ?? []).map(guardOracle);
    const own = [...(config.operations ?? []), ...(config.faults ?? [])].map(guardOperation);
    this.registry = new OperationRegistry([...BUILT_IN_OPERATIONS, ...own]);
    this.twice = twice;
    this.options = {
      operations: this.registry,
      ...(config.drivers && { drivers: guardDrivers(config.drivers) }),
      ...(providers && { providers }),
      ...(config.interpreter && { interpreter: config.interpreter }),
    };
  }

  token(seed: number): string {
    return printToken({ options: this.campaign, seed }, this.registry);
  }

  /** Of every oracle that can watch a run. */
  get oracleNames(): readonly string[] {
    return [...new Set([...ORACLES.map(({ create }) => create().name), ...this.ownOracles.map((create) => create().name)])];
  }

  /** `twice`: runs it again and compares the traces, also where the engine is not made for that. */
  runSeed(seed: number, twice = false): SeedRun {
    return this.runParsed({ options: this.campaign, seed }, twice);
  }

  /** Runs what a token says, whatever this engine's own campaign. Throws a RangeError that explains why it cannot. */
  runToken(text: string): SeedRun & { readonly scenario: Scenario } {
    return this.runParsed(parseToken(text, this.registry));
  }

  /** Runs a scenario under every oracle, with observers before them. */
  runScenario(scenario: Scenario, observers: readonly Oracle[] = []): RunResult {
    const oracles = this.oracles(COSTLY);
    return runScenario(scenario, this.with([...observers, ...oracles]));
  }

  /** Every interleaving of a scenario's actions, of different actors in any order, under the cheap oracles. Throws if its world can't be set up. */
  explore(scenario: Scenario, options: Omit<ExhaustiveOptions, 'script'> = {}): ExhaustiveResult {
    const oracles = this.oracles();
    const world = createWorld(scenario.world, this.with(oracles));
    return explore(world, { script: scenario.actions, ...options });
  }

  /** For shrinking: the cheap oracles, and the one that saw what the scenario expects. */
  execute(candidate: Scenario): Execution {
    const { fingerprint, applied, hash } = runScenario(candidate, this.with(this.oraclesFor(candidate)));
    return { fingerprint, applied, hash };
  }

  /** A scenario's world, set up, under the same oracles. */
  start(scenario: Scenario): World {
    return createWorld(scenario.world, this.with(this.oraclesFor(scenario)));
  }

  private oraclesFor({ expect }: Scenario): readonly Oracle[] {
    const [wanted] = expect.split('/');
    // A costly variant of an oracle reports under that oracle's name, not under its own.
    const oracles = ORACLES.map(({ cost, create }) => ({ cost, oracle: create() }))
      .filter(({ cost, oracle }) => cost === 'cheap' || oracle.name === wanted)
      .map(({ oracle }) => oracle);
    return [...oracles, ...this.ownOracles.map((create) => create())];
  }

  *simplerCustom(action: Extract<Action, { do: 'custom' }>): Generator<Action> {
    const operation = this.registry.custom(action.operation);
    for (const args of operation?.shrink?.(action.args) ?? []) yield { ...action, args };
  }

  /** The scenario as a regression: only what applied, expecting what happens now, with milestones that notice when it rots. */
  keep(scenario: Scenario): Scenario {
    const { scenario: recorded } = this.runScenario(scenario);
    return { ...recorded, milestones: milestonesOf(recorded.actions) };
  }

  /** A failure that is no finding names the seed, too. */
  private runParsed(token: SeedToken, twice = false): SeedRun & { readonly scenario: Scenario } {
    const label = printToken(token, this.registry);
    try {
      return this.runLabelled(token, label, twice || this.twice);
    } catch (error) {
      throw new Error(`seed ${label}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  private runLabelled(token: SeedToken, label: string, twice: boolean): SeedRun & { readonly scenario: Scenario } {
    const costly = drawCostly(label);
    const run = (open: (spec: WorldSpec) => World): RunResult => {
      const { spec, strategy } = generate(token, this.registry);
      return execute(open(spec), strategy, this.options);
    };
    const result = run((spec) => this.openShared(spec, costly));
    const { stats, scenario, hash } = result;
    // What is found must be found again by whoever replays it: in a world of its own, not in a copy.
    const again = twice || result.finding !== undefined ? run((spec) => this.open(spec, costly)) : result;
    const finding = differing(again, result) ?? result.finding;
    const base = { stats, licences: scenario.world.licences ?? [], hash, scenario };
    return finding === undefined ? base : { ...base, found: { seed: token.seed, token: label, ...this.replayed(finding, scenario) } };
  }

  /**
   * A finding as whoever replays it sees it, under every oracle: one of them may see the bug sooner than those that watched the seed. What
   * a seed shows then follows from the seed alone, whichever others ran beside it.
   */
  private replayed(finding: Finding, scenario: Scenario): Pick<Found, 'finding' | 'foundAs' | 'scenario'> {
    const foundAs = fingerprint(finding);
    if (foundAs !== scenario.expect) return { finding, foundAs, scenario };
    const seen = this.runScenario(scenario);
    return seen.finding === undefined ? { finding, foundAs, scenario } : { finding: seen.finding, foundAs, scenario: seen.scenario };
  }

  /** A world of a campaign, set up, under the oracles that watch it. */
  private open(spec: WorldSpec, costly: readonly string[]): World {
    return createWorld(spec, this.with(this.oracles(costly)));
  }

  /**
   * The same, set up once for the seeds that share it, unless a costly oracle is to watch from the beginning. Drivers and oracles of a
   * project's own need not be able to fork.
   */
  private openShared(spec: WorldSpec, costly: readonly string[]): World {
    if (costly.length > 0 || this.config.drivers !== undefined || this.config.oracles !== undefined) return this.open(spec, costly);
    if (this.shared?.spec.seed !== spec.seed) this.shared = this.open({ ...spec, licences: [] }, costly);
    return this.shared.fork(spec);
  }

  private oracles(costly: readonly string[] = []): readonly Oracle[] {
    return createOracles({ costly, own: this.ownOracles });
  }

  private with(oracles: readonly Oracle[]): RunOptions {
    return { ...this.options, oracles: oracles.map((oracle) => () => oracle) };
  }
}

/** The last action, every fault and command by its subject, and every kind of message that is delivered by name. */
function milestonesOf(actions: readonly Action[]): string[] {
  const milestones = new Set<string>();
  for (const action of actions) {
    if (action.do === 'deliver') milestones.add(`message:${action.message}`);
    else if ('link' in action) milestones.add(`${action.do}:${action.link}`);
    else if ('node' in action && action.do !== 'stored' && action.do !== 'see') milestones.add(`${action.do}:${action.node}`);
    else if ('from' in action) milestones.add(`${action.do}:${action.from}`);
  }
  if (actions.length > 0) milestones.add(`action:${actions.length - 1}`);
  return [...milestones];
}
