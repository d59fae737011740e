/// <reference types="node" />
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { emptyTally, tallyRun } from '../../../sim/campaign/results.ts';
import { fingerprint } from '../../../sim/world/finding.ts';
import { createEngine } from '../../node/engine.ts';
import type { FromHunter, Job, Outcome } from './protocol.ts';
import type { choose } from './runtime.ts';

/** Lives as long as the hunt, and hunts one mutant after the other: of each, seeds until one shows it. */
const { module } = workerData as { readonly module: string };
const mutated = (await import(pathToFileURL(module).href)) as { readonly choose: typeof choose };
const correct = await createEngine();

async function hunt({ number, fault, sides, runs }: Job): Promise<Outcome> {
  mutated.choose(number, fault);
  const engine = await createEngine({ planted: { module, sides } });
  const tally = emptyTally();
  for (let seed = 1; seed <= runs; seed++) {
    const { found, stats, licences } = engine.runSeed(seed);
    tallyRun(tally, stats, licences);
    if (found !== undefined) {
      const kept = correct.keep(found.scenario);
      return {
        fingerprint: fingerprint(found.finding),
        runs: seed,
        operations: tally.operations,
        ...(kept.expect !== 'pass' && { otherwise: true as const }),
      };
    }
    say({ kind: 'alive' });
  }
  return { runs, operations: tally.operations };
}

function say(message: FromHunter): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (job: Job) => void hunt(job).then((outcome) => say({ kind: 'done', outcome })));
