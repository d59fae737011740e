/// <reference types="node" />
import { parentPort, workerData } from 'node:worker_threads';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { stream } from '../../sim/deterministic/random.ts';
import { GuidedFuzzer } from '../engines/guided.ts';
import { minimise } from '../engines/minimise.ts';
import { FULL_GUIDANCE, NO_GUIDANCE } from '../engines/mutator.ts';
import { checkProperty } from '../engines/property.ts';
import type { Failure } from '../engines/replay.ts';
import { replay } from '../engines/replay.ts';
import type { FuzzTarget } from '../target.ts';
import { loadInstrumented } from './instrument.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-protocol.ts';
import { Gauge } from './worker-protocol.ts';

/** How long a worker fuzzes before it looks whether it was told something. */
const SLICE_MS = 40;
const PROPERTY_RUNS = 500;

if (parentPort === null) throw new Error('fulgurite: this file runs as a worker of a fuzzing session');
const port = parentPort;
const setup = workerData as WorkerSetup;
const gauge = new Gauge(setup.gauge);
const known = new Set(setup.known);
const random = stream(String(setup.seed), `fuzz ${setup.target}`);
const int = (n: number): number => random.int(n);
let stopped = false;

const say = (message: FromWorker): void => port.postMessage(message);
const executing = (bytes: Uint8Array): void => gauge.executing(bytes);

function report(target: FuzzTarget, bytes: Uint8Array, { fingerprint, error }: Failure): void {
  if (known.has(fingerprint)) return;
  known.add(fingerprint);
  say({ kind: 'crash', fingerprint, bytes: bytes.slice(), stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  say({ kind: 'minimised', fingerprint, bytes: minimise(target, bytes, fingerprint, { executing }) });
}

function named(targets: readonly FuzzTarget[]): FuzzTarget {
  const target = targets.find(({ name }) => name === setup.target);
  if (target === undefined) throw new Error(`no target ${setup.target} in ${setup.module}`);
  return target;
}

function goesOn(): boolean {
  return !stopped && gauge.executions < setup.maxExecutions;
}

async function runJsfuzz(): Promise<void> {
  const { targets, fresh } = await loadInstrumented(setup.module);
  const coverage = fresh();
  const target = named(targets);
  const fuzzer = new GuidedFuzzer(target, coverage, setup.corpus, int, setup.guided ? FULL_GUIDANCE : NO_GUIDANCE);
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'offer') fuzzer.offer(message.bytes);
  });
  while (goesOn()) {
    for (const until = performance.now() + SLICE_MS; performance.now() < until && goesOn();) {
      const { bytes, kept, failure } = fuzzer.step(executing);
      if (failure !== undefined) report(target, bytes, failure);
      else if (kept) say({ kind: 'kept', bytes: bytes.slice() });
    }
    gauge.progress(coverage.reached, fuzzer.corpus.length);
    await nextTurn();
  }
}

async function runFastCheck(): Promise<void> {
  const { fuzzTargets } = (await import(pathToFileURL(setup.module).href)) as { readonly fuzzTargets: readonly FuzzTarget[] };
  const target = named(fuzzTargets);
  for (const bytes of setup.corpus) {
    executing(bytes);
    const failure = replay(target, bytes);
    if (failure !== undefined) report(target, bytes, failure);
  }
  while (goesOn()) {
    const numRuns = Math.min(PROPERTY_RUNS, setup.maxExecutions - gauge.executions);
    const failure = checkProperty(target, { seed: int(0x7fffffff), numRuns, timeLimit: 10 * SLICE_MS, executing });
    if (failure !== undefined) report(target, failure.bytes, failure);
    await nextTurn();
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'stop') stopped = true;
});
await (setup.engine === 'jsfuzz' ? runJsfuzz() : runFastCheck());
say({ kind: 'done' });
port.close();
