/// <reference types="node" />
import { checkConfig } from '../../sim/campaign/config.ts';
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
 * Throws at once for a folder that is not there (it would test nothing for ever), a file that cannot be read, and a wrong configuration.
 */
export function replayAll(folder: string, config: FulguriteConfig = {}): readonly RegressionCase[] {
  checkConfig(config);
  return readScenarios(folder).map(({ name, scenario }) => ({ name, run: () => replayScenario(scenario, config) }));
}
