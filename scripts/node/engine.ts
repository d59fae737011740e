/// <reference types="node" />
import { pathToFileURL } from 'node:url';
import { fulguriteDriver } from '../../sim/drivers/fulgurite.ts';
import { Engine } from '../../sim/campaign/engine.ts';
import type { CampaignOptions, CryptoName } from '../../sim/run/seed.ts';
import type { DriverFactory } from '../../sim/scenario/types.ts';
import { loadConfig } from './load-config.ts';
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
}

/** An engine with the fastest crypto that this machine has. */
export async function createEngine({ campaign, config: file, planted, twice }: RunOptions = {}): Promise<Engine> {
  const own = await loadConfig(file);
  const config = { ...own, interpreter: own.interpreter ?? (await loadInterpreter()) };
  return new Engine({
    config: planted === undefined ? config : { ...config, drivers: { ...config.drivers, fulgurite: await plantedDriver(planted) } },
    providers: nodeProviders(),
    ...((campaign || planted?.crypto) && { campaign: { ...(planted?.crypto && { crypto: planted.crypto }), ...campaign } }),
    ...(twice !== undefined && { twice }),
  });
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
