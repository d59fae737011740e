/**
 * The simulator's public names. Everything runs in virtual time, in one thread, from one seed; nothing here touches a clock, a disk or
 * a network.
 */
export { Simulation } from './simulation.ts';
export type { OpenOptions, PayOptions, SimulationOptions } from './simulation.ts';

export { check, FindingError, replayScenario, RottedError } from './check.ts';
export type { CheckOptions, CheckResult } from './check.ts';
export { defineConfig } from './config.ts';
export type { FulguriteConfig } from './config.ts';

export { runScenario, createWorld, BUILT_IN_REGISTRY } from './run.ts';
export type { RunOptions, RunResult } from './run.ts';
export { runBytes, runSeed } from './generate.ts';
export { DEFAULT_CAMPAIGN, GENERATOR_VERSION, parseToken, printToken } from './seed.ts';
export type { CampaignOptions, CryptoName, SeedToken, StrategyName } from './seed.ts';
export { parseScenario } from './parse-scenario.ts';
export { shrink } from './shrink.ts';
export type { ShrinkOptions, ShrinkResult } from './shrink.ts';
export { fingerprint } from './finding.ts';
export { findingReport } from './report/finding.ts';

export { World } from './world.ts';
export { apply } from './apply.ts';
export type { Applied } from './apply.ts';
export { pendingEvents } from './pending.ts';
export type { PendingEvent } from './pending.ts';
export { settle } from './settle.ts';
export { explore } from './strategies/exhaustive.ts';
export type { ExhaustiveOptions, ExhaustiveResult } from './strategies/exhaustive.ts';
export { ByteChoices, Random, stream } from './random.ts';
export type { Choices } from './random.ts';
export { OperationRegistry } from './operation.ts';
export type { CustomOperation, Operation } from './operation.ts';
export { BUILT_IN_OPERATIONS } from './operations/index.ts';
export type { TraceListener } from './trace.ts';
export type { Statistics } from './statistics.ts';

export { createFakeCrypto } from './crypto/fake.ts';
export { fulguriteDriver } from './drivers/fulgurite.ts';
export { COSTLY, createOracles, LICENCES, ORACLES } from './oracles/index.ts';
export type { Licence, OracleEntry, OracleOptions } from './oracles/index.ts';
export type {
  Action,
  ChannelInfo,
  ChannelSpec,
  Driver,
  DriverContext,
  DriverEffect,
  DriverFactory,
  DriverTransport,
  Finding,
  Latency,
  LinkSpec,
  LinkTransport,
  NodeSpec,
  Oracle,
  OracleFactory,
  PaymentRecord,
  ProbeRecord,
  Scenario,
  StepRecord,
  WorldSpec,
  WorldView,
} from './types.ts';
