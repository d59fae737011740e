import type { OperationRegistry } from '../actions/registry.ts';
import { BUILT_IN_REGISTRY, createWorld, runScenario } from '../run/run.ts';
import type { RunOptions, RunResult } from '../run/run.ts';
import type { Oracle, Scenario } from '../scenario/types.ts';
import type { World } from '../world/world.ts';
import { inOneGo, shrinking } from './shrink.ts';
import type { ShrinkOptions, ShrinkProgress } from './shrink.ts';
import { CONTINUATIONS, deciding } from './when-decided.ts';
import type { Decided, DecidedProgress } from './when-decided.ts';

/** Runs scenarios again and again, as an engine or a script's simulation has configured them. */
export interface Bench extends Pick<ShrinkOptions, 'execute' | 'simplerCustom'> {
  readonly registry: OperationRegistry;
  /** Under every oracle, with observers before them. */
  runScenario(scenario: Scenario, observers?: readonly Oracle[]): RunResult;
  /** Its world, set up, under those oracles that shrinking needs. */
  start(scenario: Scenario): World;
}

/** For runs under the same oracles each time; nobody listens to their steps. */
export function benchOf(all: RunOptions): Bench {
  const { listener: _, ...options } = all;
  const { operations: registry = BUILT_IN_REGISTRY, oracles = [] } = options;
  const run = (scenario: Scenario, observers: readonly Oracle[]): RunResult =>
    runScenario(scenario, { ...options, oracles: [...observers.map((observer) => () => observer), ...oracles] });
  return {
    registry,
    start: (scenario) => createWorld(scenario.world, options),
    runScenario: (scenario, observers = []) => run(scenario, observers),
    execute(candidate) {
      const { fingerprint, applied, hash } = run(candidate, []);
      return { fingerprint, applied, hash };
    },
  };
}

export interface ExplainOptions {
  /** For shrinking; 0 leaves the case as it is. */
  readonly maxExecutions: number;
  /** What the continuations are drawn from. */
  readonly label: string;
  /** From before each action, to count when it was decided; 0 for none. Default 100. */
  readonly continuations?: number;
}

/** A case as small as it gets, and when it was decided. */
export interface Explained {
  readonly scenario: Scenario;
  readonly shrunk?: { readonly fromActions: number; readonly executions: number };
  /** Undefined where it was not asked, or the finding does not reproduce; `not available` where a driver cannot fork. */
  readonly decided?: Decided | 'not available';
}

export type ExplainProgress = ShrinkProgress | DecidedProgress;

/**
 * Shrinks what was found for the finding that is reported: the one of a replay under every oracle. What is small enough for one oracle may show another
 * finding under all of them; then that one is reported, and shrunk.
 */
export function* explaining(
  bench: Bench,
  recorded: Scenario,
  { maxExecutions, label, continuations = CONTINUATIONS }: ExplainOptions,
): Generator<ExplainProgress, Explained> {
  let scenario = withEveryOracle(bench, recorded);
  if (maxExecutions === 0) return { scenario };
  let executions = 0;
  let reproduced = false;
  for (let expected = ''; expected !== scenario.expect && executions < maxExecutions;) {
    expected = scenario.expect;
    const result = yield* shrinking(scenario, { ...shrinkOptions(bench), maxExecutions: maxExecutions - executions });
    if (!result.reproduced) break;
    reproduced = true;
    executions += result.executions;
    scenario = withEveryOracle(bench, result.scenario);
  }
  if (!reproduced) return { scenario };
  const shrunk = { fromActions: recorded.actions.length, executions };
  if (continuations === 0) return { scenario, shrunk };
  const decided = yield* deciding(bench.start(scenario), scenario.actions, label, bench.registry, continuations);
  return { scenario, shrunk, decided: decided ?? 'not available' };
}

function shrinkOptions(bench: Bench): Pick<ShrinkOptions, 'execute' | 'simplerCustom'> {
  const { simplerCustom } = bench;
  return {
    execute: (candidate) => bench.execute(candidate),
    ...(simplerCustom && { simplerCustom: (action) => bench.simplerCustom?.(action) ?? [] }),
  };
}

/** The same scenario up to the finding that is made when every oracle watches: one of them may see a bug sooner than the one that found it. */
function withEveryOracle(bench: Bench, scenario: Scenario): Scenario {
  const { fingerprint, applied } = bench.runScenario(scenario);
  return fingerprint === undefined ? scenario : { ...scenario, actions: applied, expect: fingerprint };
}

/** The same in one go. */
export function explain(bench: Bench, recorded: Scenario, options: ExplainOptions): Explained {
  return inOneGo(explaining(bench, recorded, options));
}
