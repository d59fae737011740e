/// <reference types="node" />
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../node/engine.ts';
import { runSeedRange } from './seed-range.ts';
import type { FromWorker, ToWorker, WorkerSetup } from './worker-protocol.ts';
import { Gauge } from './worker-protocol.ts';

/** Lives as long as its campaign and runs the ranges that it is given, one after the other. */
async function work(port: NonNullable<typeof parentPort>): Promise<void> {
  const setup = workerData as WorkerSetup;
  const engine = await createEngine(setup.run);
  const gauge = new Gauge(setup.gauge);
  const say = (message: FromWorker): void => port.postMessage(message);
  port.on('message', ({ index, from, count }: ToWorker) => {
    const range = runSeedRange(engine, index, from, count, (found) => say({ kind: 'found', found }), gauge);
    say({ kind: 'range', range });
  });
  say({ kind: 'ready' });
}

if (parentPort === null) throw new Error('fulgurite: this file runs as a worker of a campaign');
await work(parentPort);
