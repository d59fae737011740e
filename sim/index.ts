/**
 * The simulator's public names. Everything runs in virtual time, in one thread, from one seed; nothing here touches a clock, a disk or
 * a network.
 */
export { Simulation } from './simulation.ts';
export type { OpenOptions, PayOptions, SimulationOptions } from './simulation.ts';
export { network } from './network.ts';
export type { NetworkOptions } from './network.ts';
export { edges, line, ring, star } from './scenario/topology.ts';
export type { Topology } from './scenario/topology.ts';
export { Payment } from './payment.ts';
export type { PaymentOutcome } from './payment.ts';

export { check, FindingError, replayScenario, RottedError } from './check.ts';
export type { CheckOptions, CheckResult } from './check.ts';
export { defineConfig } from './campaign/config.ts';
export type { FulguriteConfig } from './campaign/config.ts';

export { runScenario, createWorld, BUILT_IN_REGISTRY } from './run/run.ts';
export type { RunOptions, RunResult } from './run/run.ts';
export { runBytes, runSeed } from './campaign/generate.ts';
export { DEFAULT_CAMPAIGN, GENERATOR_VERSION, parseToken, printToken } from './run/seed.ts';
export type { CampaignOptions, CryptoName, SeedToken, StrategyName } from './run/seed.ts';
export { parseScenario } from './run/parse-scenario.ts';
export { shrink } from './campaign/shrink.ts';
export type { ShrinkOptions, ShrinkResult } from './campaign/shrink.ts';
export { fingerprint } from './world/finding.ts';
export { findingReport } from './report/finding-report.ts';

export { World } from './world/world.ts';
export { apply } from './actions/apply.ts';
export type { Applied } from './actions/apply.ts';
export { pendingEvents } from './world/pending-events.ts';
export type { PendingEvent } from './world/pending-events.ts';
export { settle } from './run/settle.ts';
export { explore } from './run/exhaustive.ts';
export type { ExhaustiveOptions, ExhaustiveResult } from './run/exhaustive.ts';
export { ByteChoices, Random, stream } from './deterministic/random.ts';
export type { Choices } from './deterministic/random.ts';
export { OperationRegistry } from './actions/registry.ts';
export type { CustomOperation, Operation } from './actions/registry.ts';
export { BUILT_IN_OPERATIONS } from './actions/index.ts';
export type { TraceListener } from './world/trace.ts';
export type { Statistics } from './world/statistics.ts';

export { createFakeCrypto } from './deterministic/fake-crypto.ts';
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
  ScriptInterpreter,
  Scenario,
  StepRecord,
  WorldSpec,
  WorldView,
} from './scenario/types.ts';
