/**
 * What needs Node.js: a node that runs, fast crypto, campaigns on all cores, regressions from a folder. Everything else is in the other
 * entry points and runs anywhere.
 */
export { Host } from './host.ts';
export type { Services } from './services.ts';
export { connect, listen } from './tcp.ts';
export type { Address } from './tcp.ts';
export { stayConnected } from './stay-connected.ts';
export type { BackOff } from './stay-connected.ts';
export { FileStore } from './file-store.ts';
export { fromBitcoinCore } from './sources/bitcoin-core.ts';
export type { CoreServer } from './sources/bitcoin-core.ts';
export { fromElectrum } from './sources/electrum.ts';
export { fromCompactFilters } from './sources/compact-filters.ts';
export type { ServerAddress } from './sources/lines.ts';
export { watchingServices } from './sources/running.ts';
export type { RunningSource, SourceListener } from './sources/running.ts';

export { loadInterpreter } from './load-interpreter.ts';
export { MissingPackageError } from './missing-package.ts';
export { loadNativeCrypto, nodeHashes } from './native-crypto.ts';
export { createEngine } from './engine.ts';
export type { RunOptions } from './engine.ts';
export { runCampaign } from '../cli/run-campaign.ts';
export type { CampaignHooks, CampaignProgress, CampaignRequest, CampaignResult } from '../cli/run-campaign.ts';
export { replayAll } from './replay-all.ts';
export type { RegressionCase } from './replay-all.ts';
export { readScenario, readScenarios } from './scenario-files.ts';
export { scenarioText, writeScenario } from '../cli/finding-files.ts';
export { findConfig, loadConfig } from './load-config.ts';
