/// <reference types="node" />
import { Worker } from 'node:worker_threads';
import type { FromHunter, Job, Outcome } from './protocol.ts';

/** A run that takes longer never ends, which is noticed, too. */
const HANG_MS = 30_000;

/** A worker that hunts one mutant at a time, replaced when it hangs. */
export class Hunter {
  private readonly file: string;
  private readonly module: string;
  private worker: Worker | undefined;

  constructor(file: string, module: string) {
    this.file = file;
    this.module = module;
  }

  hunt(job: Job): Promise<Outcome> {
    const worker = (this.worker ??= new Worker(this.file, { workerData: { module: this.module } }));
    return new Promise((resolve, reject) => {
      let runs = 0;
      let lastMs = performance.now();
      const watch = setInterval(() => {
        if (performance.now() - lastMs > HANG_MS) end(() => resolve({ fingerprint: 'hang', runs: runs + 1, operations: 0 }), true);
      }, 1000);
      const end = (settle: () => void, broken: boolean): void => {
        clearInterval(watch);
        worker.off('error', onError).off('message', onMessage);
        if (broken) void this.close();
        settle();
      };
      const onError = (error: Error): void => end(() => reject(error), true);
      const onMessage = (message: FromHunter): void => {
        lastMs = performance.now();
        if (message.kind === 'alive') runs++;
        else end(() => resolve(message.outcome), false);
      };
      worker.on('error', onError).on('message', onMessage);
      worker.postMessage(job);
    });
  }

  async close(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }
}
