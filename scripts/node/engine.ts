/// <reference types="node" />
import { pathToFileURL } from 'node:url';
import { fulguriteDriver } from '../../sim/drivers/fulgurite.ts';
import { Engine } from '../../sim/campaign/engine.ts';
import type { CampaignOptions, CryptoName } from '../../sim/run/seed.ts';
import type { DriverFactory } from '../../sim/scenario/types.ts';
import { ConfigError } from '../../sim/campaign/config.ts';
import { loadConfig } from './load-config.ts';
import { loadLdk } from './load-ldk.ts';
import { loadInterpreter } from './load-interpreter.ts';
import { nodeProviders } from './native-crypto.ts';
import type { Planted } from './plant.ts';

export type { Engine } from '../../sim/campaign/engine.ts';

/** What a worker needs to make the same engine as everybody else: data only. */
export interface RunOptions {
  readonly campaign?: Partial<CampaignOptions>;
  /** The file of a configuration. */
  readonly config?: string;
  readonly planted?: Planted;
  readonly twice?: boolean;
  /** Other implementations that its scenarios have, by name, beside those of its campaign. */
  readonly drivers?: readonly string[];
}

/** An engine with the fastest crypto that this machine has. */
export async function createEngine({ campaign, config: file, planted, twice, drivers = [] }: RunOptions = {}): Promise<Engine> {
  const own = await loadConfig(file);
  const others = await loadDrivers([...drivers, ...(campaign?.drivers ?? [])], own.drivers);
  const config = { ...own, ...(others && { drivers: others }), interpreter: own.interpreter ?? (await loadInterpreter()) };
  return new Engine({
    config: planted === undefined ? config : { ...config, drivers: { ...config.drivers, fulgurite: await plantedDriver(planted) } },
    providers: nodeProviders(),
    campaign: {
      ...(planted?.crypto && { crypto: planted.crypto }),
      ...(planted?.topology && { topology: planted.topology }),
      ...campaign,
    },
    ...(twice !== undefined && { twice }),
  });
}

const BUILT_IN: readonly string[] = ['fulgurite', 'toy'];

/** A project's own drivers, and those of other implementations that are wanted beside them. Throws a ConfigError for a name that is neither. */
async function loadDrivers(
  names: readonly string[],
  own: Readonly<Record<string, DriverFactory>> | undefined,
): Promise<Readonly<Record<string, DriverFactory>> | undefined> {
  const missing = names.filter((name) => !BUILT_IN.includes(name) && own?.[name] === undefined);
  const unknown = missing.find((name) => name !== 'ldk');
  if (unknown !== undefined) {
    const known = [...BUILT_IN, 'ldk', ...Object.keys(own ?? {})];
    throw new ConfigError(`no driver is called '${unknown}': there are ${[...new Set(known)].join(', ')}`);
  }
  return missing.length === 0 ? own : { ...own, ldk: await loadLdk() };
}

/** The driver, or the providers that drivers are given: those who judge keep correct ones. */
interface BuiltBug {
  readonly fulguriteDriver?: DriverFactory;
  readonly nodeProviders?: typeof nodeProviders;
}

/** The driver with a bug in it; where only one side has it, that is node A. */
async function plantedDriver({ module, sides }: Planted): Promise<DriverFactory> {
  const { fulguriteDriver: driver, nodeProviders: providers } = (await import(pathToFileURL(module).href)) as BuiltBug;
  const buggy: DriverFactory = (context) => {
    if (driver !== undefined) return driver(context);
    const createCrypto = providers?.()[context.crypto.name as CryptoName];
    return fulguriteDriver(createCrypto === undefined ? context : { ...context, crypto: createCrypto() });
  };
  return (context) => (sides === 'both' || context.name === 'A' ? buggy(context) : fulguriteDriver(context));
}
