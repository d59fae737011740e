/// <reference types="node" />
import type { FulguriteConfig } from '../../sim/campaign/config.ts';
import { replayScenario } from '../../sim/check.ts';
import { readScenarios } from './scenario-files.ts';

/** One stored regression as a test: give `name` and `run` to any test runner. */
export interface RegressionCase {
  readonly name: string;
  /** Throws an Error with the full report if the scenario does not do what it expects, or has rotted. */
  run(): void;
}

/**
 * The regressions of a folder, in the order of their names: `for (const { name, run } of replayAll('corpus/regressions')) test(name, run)`.
 * A folder that is not there has none; a file that cannot be read throws at once.
 */
export function* replayAll(folder: string, config: FulguriteConfig = {}): Generator<RegressionCase> {
  for (const { name, scenario } of readScenarios(folder)) yield { name, run: () => replayScenario(scenario, config) };
}
