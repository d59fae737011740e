/// <reference types="node" />
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { emptyTally, tallyRun } from '../../../sim/campaign/results.ts';
import type { DriverFactory } from '../../../sim/scenario/types.ts';
import { sweep } from '../../../sim/sweep/sweep.ts';
import { fingerprint } from '../../../sim/world/finding.ts';
import { createEngine } from '../../node/engine.ts';
import type { FromHunter, Job, Outcome } from './protocol.ts';
import type { choose } from './runtime.ts';

const ALIVE_MS = 1000;
/** One cell in so many. */
const SOME = 8;

/** Lives as long as the hunt, and hunts one mutant after the other: of each, seeds until one shows it. */
const { module } = workerData as { readonly module: string };
const mutated = (await import(pathToFileURL(module).href)) as { readonly choose: typeof choose; readonly fulguriteDriver: DriverFactory };
const correct = await createEngine();

async function hunt({ number, fault, sides, runs, sweeps }: Job): Promise<Outcome> {
  mutated.choose(number, fault);
  const swept = sweeps && sweepFor(sweeps);
  if (swept?.fingerprint !== undefined) return swept;
  const engine = await createEngine({ planted: { module, sides } });
  const tally = emptyTally();
  for (let seed = 1; seed <= runs; seed++) {
    let run: ReturnType<typeof engine.runSeed>;
    try {
      run = engine.runSeed(seed);
    } catch (error) {
      // An oracle that asks a copy of a node hears it throw.
      return {
        ...swept,
        fingerprint: `exception/${String(error).slice(0, 80)}/asked-by-an-oracle`,
        runs: seed,
        operations: tally.operations,
      };
    }
    const { found, stats, licences } = run;
    tallyRun(tally, stats, licences);
    if (found !== undefined) {
      const kept = correct.keep(found.scenario);
      return {
        ...swept,
        fingerprint: fingerprint(found.finding),
        runs: seed,
        operations: tally.operations,
        ...(kept.expect !== 'pass' && { otherwise: true as const }),
      };
    }
    say({ kind: 'alive' });
  }
  return { ...swept, runs, operations: tally.operations };
}

function isSome(_: string, at: number): boolean {
  return at % SOME === 0;
}

/** The boundary sweep, as far as the first that it shows. */
function sweepFor(names: Exclude<Job['sweeps'], undefined>): Outcome {
  let lastMs = performance.now();
  const { cells, misdeeds } = sweep({
    driver: mutated.fulguriteDriver,
    ...(names !== 'all' && { chooses: names === 'some' ? isSome : (id: string) => names.some((name) => id.includes(name)) }),
    stops: (found) => {
      if (performance.now() - lastMs > ALIVE_MS) {
        lastMs = performance.now();
        say({ kind: 'alive' });
      }
      return found > 0;
    },
  });
  const [first] = misdeeds;
  return { ...(first && { fingerprint: `sweep/${first.fingerprint}` }), runs: 0, operations: 0, cells };
}

function say(message: FromHunter): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (job: Job) => void hunt(job).then((outcome) => say({ kind: 'done', outcome })));
