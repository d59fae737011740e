import type { CustomOperation } from '../actions/registry.ts';
import type { DriverFactory, Oracle, OracleFactory } from '../scenario/types.ts';

/**
 * Code of a project's own has thrown where nothing may: an oracle, an operation, or a driver that cannot be made. That is no finding. (A
 * driver that throws in a step is one: it is what is being tested.)
 */
export class OwnCodeError extends Error {
  override readonly name = 'OwnCodeError';
}

function guarded<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof OwnCodeError) throw error;
    throw new OwnCodeError(`${what} threw: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The same oracles, whose failures tell whose they are. */
export function guardOracle(create: OracleFactory): OracleFactory {
  return () => around(create());
}

function around(oracle: Oracle): Oracle {
  const { name } = oracle;
  const what = `the oracle '${name}'`;
  return {
    name,
    kinds: oracle.kinds,
    ...(oracle.asks && { asks: oracle.asks }),
    ...(oracle.step && { step: (world, record) => guarded(what, () => oracle.step?.(world, record)) }),
    ...(oracle.settled && { settled: (world) => guarded(what, () => oracle.settled?.(world)) }),
    fork: () => around(guarded(what, () => oracle.fork())),
    ...(oracle.licensed && { licensed: oracle.licensed }),
  };
}

export function guardDrivers(drivers: Readonly<Record<string, DriverFactory>>): Readonly<Record<string, DriverFactory>> {
  const guard = ([name, create]: readonly [string, DriverFactory]): [string, DriverFactory] => [
    name,
    (context) => guarded(`the driver '${name}', made for ${context.name},`, () => create(context)),
  ];
  return Object.fromEntries(Object.entries(drivers).map(guard));
}

export function guardOperation(operation: CustomOperation): CustomOperation {
  const { name, kind, licences } = operation;
  const what = `the operation '${name}'`;
  return {
    name,
    kind,
    ...(licences && { licences }),
    generate: (world, choices) => guarded(what, () => operation.generate(world, choices)),
    validate: (args) => guarded(what, () => operation.validate(args)),
    apply: (world, args) => guarded(what, () => operation.apply(world, args)),
    ...(operation.shrink && { shrink: (args) => operation.shrink?.(args) ?? [] }),
  };
}
