import type { CustomOperation } from '../actions/registry.ts';
import type { DriverFactory, OracleFactory } from '../scenario/types.ts';

/** What a project adds to the simulator: the default of `fulgurite.config.{js,ts}`, and the same as an argument of the library. */
export interface FulguriteConfig {
  /** By the name that a scenario's node gives. One called 'fulgurite' replaces the built-in. */
  readonly drivers?: Readonly<Record<string, DriverFactory>>;
  /** Your own, namespaced (`acme/foo`), drawn beside the built-in ones. */
  readonly operations?: readonly CustomOperation[];
  /** Your own faults, namespaced too, each with the outcomes that it licenses. */
  readonly faults?: readonly CustomOperation[];
  /** Asked beside the built-in ones. */
  readonly oracles?: readonly OracleFactory[];
  /** Where `promote` stores regressions and `replayAll` finds them. Default 'corpus/regressions'. */
  readonly corpusDir?: string;
}

/** For the editor's sake: gives a configuration its type. */
export function defineConfig(config: FulguriteConfig): FulguriteConfig {
  return config;
}
