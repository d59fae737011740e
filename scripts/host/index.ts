/**
 * What needs Node.js: a node that runs, fast crypto, campaigns on all cores, regressions from a folder. Everything else is in the other
 * entry points and runs anywhere.
 */
export { connect, Host, listen } from '../node/index.ts';
export type { Address, Services } from '../node/index.ts';

export { loadNativeCrypto, nodeHashes } from './native-crypto.ts';
export { createEngine } from './engine.ts';
export type { RunOptions } from './engine.ts';
export { runCampaign } from './run-campaign.ts';
export type { CampaignHooks, CampaignProgress, CampaignRequest, CampaignResult } from './run-campaign.ts';
export { replayAll } from './replay-all.ts';
export type { RegressionCase } from './replay-all.ts';
export { readScenario, readScenarios } from './scenario-files.ts';
export { scenarioText, writeScenario } from './finding-files.ts';
export { findConfig, loadConfig } from './load-config.ts';
