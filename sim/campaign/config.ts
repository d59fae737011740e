import type { CustomOperation } from '../actions/registry.ts';
import type { DriverFactory, OracleFactory, ScriptInterpreter } from '../scenario/types.ts';

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
  /**
   * Executes scripts: `await loadInterpreter()` of fulgurite/node, or your own. The command line always has one; without it oracles judge a
   * transaction by its structure, amounts and relay policy alone.
   */
  readonly interpreter?: ScriptInterpreter;
  /** Where `promote` stores regressions and `replayAll` finds them. Default 'corpus/regressions'; what is still open goes to `known` beside it. */
  readonly corpusDir?: string;
}

/** For the editor's sake: gives a configuration its type. */
export function defineConfig(config: FulguriteConfig): FulguriteConfig {
  return config;
}

/** A configuration that cannot be, said by the name of what is wrong in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What a kind of difference looks like, so that fingerprints can be read, and files be named after them. */
const KIND = /^[\w.-]+$/;

type Problem = string | undefined;
type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with each entry, if anything. */
const ENTRIES: { readonly [K in keyof Required<FulguriteConfig>]: (value: unknown) => Problem } = {
  drivers: (value) =>
    isObject(value)
      ? firstOf(Object.entries(value).map(([name, factory]) => isFunction(factory, `drivers.${name}`, 'a function that makes a driver')))
      : 'drivers: write an object of factories by name',
  operations: (value) => each('operations', value, operationProblem),
  faults: (value) => each('faults', value, operationProblem),
  oracles: (value) => each('oracles', value, oracleProblem),
  interpreter: (value) =>
    isObject(value)
      ? isFunction(value['verifySpend'], 'interpreter.verifySpend', 'a function')
      : 'interpreter: write { name, verifySpend }',
  corpusDir: (value) => (typeof value === 'string' && value !== '' ? undefined : 'corpusDir: write the path of a folder'),
};

/** Throws a ConfigError for what no configuration may be. */
export function checkConfig(config: unknown): asserts config is FulguriteConfig {
  const problem = isObject(config) ? problemOf(config) : 'a configuration is an object';
  if (problem !== undefined) throw new ConfigError(problem);
}

function problemOf(config: Fields): Problem {
  const known = Object.keys(ENTRIES);
  const unknown = Object.keys(config).find((key) => !known.includes(key));
  if (unknown !== undefined) return `nobody knows '${unknown}': there are ${known.join(', ')}`;
  const given = Object.entries(ENTRIES).filter(([key]) => config[key] !== undefined);
  return firstOf(given.map(([key, problem]) => problem(config[key]))) ?? twice(config as FulguriteConfig);
}

function operationProblem(value: unknown, place: string): Problem {
  if (!isObject(value)) return `${place}: write an operation, { name, kind, generate, validate, apply }`;
  const { name } = value;
  if (typeof name !== 'string' || !/^[^/\s]+\/\S+$/.test(name))
    return `${place}: its name must have a namespace, like 'acme/foo', and is ${JSON.stringify(name)}`;
  const named = `${place} (${name})`;
  if (value['kind'] !== 'operation' && value['kind'] !== 'fault') return `${named}: its kind must be 'operation' or 'fault'`;
  return firstOf(['generate', 'validate', 'apply'].map((method) => isFunction(value[method], `${named}.${method}`, 'a function')));
}

function oracleProblem(value: unknown, place: string): Problem {
  if (typeof value !== 'function')
    return `${place} must be a factory, a function that makes a new oracle for each run, and is ${kindOf(value)}`;
  const oracle = made(value as () => unknown, place);
  if (!isObject(oracle) || typeof oracle['name'] !== 'string' || typeof oracle['fork'] !== 'function')
    return `${place} must make an oracle, { name, kinds, step?, settled?, fork }, and makes ${kindOf(oracle)}`;
  const { kinds } = oracle;
  if (!Array.isArray(kinds) || !kinds.every((kind) => typeof kind === 'string' && KIND.test(kind)))
    return `${place} (${oracle['name']}): kinds must list every kind of difference that it can find, in words joined by hyphens`;
  return undefined;
}

function made(create: () => unknown, place: string): unknown {
  try {
    return create();
  } catch (error) {
    throw new ConfigError(`${place} cannot make its oracle: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function twice({ operations = [], faults = [] }: FulguriteConfig): Problem {
  const names = [...operations, ...faults].map(({ name }) => name);
  const again = names.find((name, index) => names.indexOf(name) !== index);
  return again === undefined ? undefined : `two operations are called '${again}'`;
}

function each(key: string, value: unknown, problem: (item: unknown, place: string) => Problem): Problem {
  return Array.isArray(value) ? firstOf(value.map((item, index) => problem(item, `${key}[${index}]`))) : `${key}: write a list`;
}

function isFunction(value: unknown, place: string, what: string): Problem {
  return typeof value === 'function' ? undefined : `${place} must be ${what}, and is ${kindOf(value)}`;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`.replace('a object', 'an object');
}

function firstOf(problems: readonly Problem[]): Problem {
  return problems.find((problem) => problem !== undefined);
}
