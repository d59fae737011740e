/// <reference types="node" />
import { readCorpus } from '../../fuzz-targets/host/corpus-files.ts';
import type { Crash } from '../../fuzz-targets/host/session.ts';
import { Session } from '../../fuzz-targets/host/session.ts';
import { fuzzTargets } from '../../fuzz-targets/registry.ts';
import { join } from 'node:path';
import { compiledFile, packageRoot } from '../node/package-files.ts';
import type { PlantedBug } from '../node/plant.ts';
import { StaleBugError, plant } from '../node/plant.ts';

/** The module that a planted bug is built into for fuzzing. */
export const TARGETS_SOURCE = 'fuzz-targets/registry.ts';
const TIME_MS = 60_000;
const HANG_MS = 10_000;

export interface TargetHunt {
  readonly crash?: Crash;
  readonly executions: number;
}

/** Looks for a planted bug with the fuzz target that it names: first with what its corpus keeps, then with what the declarations draw. */
export async function huntTarget(bug: PlantedBug, signal: AbortSignal): Promise<TargetHunt> {
  const target = fuzzTargets.find(({ name }) => name === bug.expect);
  if (target === undefined) throw new StaleBugError(`${bug.name}: there is no fuzz target ${bug.expect}`);
  const { module } = await plant(bug, TARGETS_SOURCE);
  const session = new Session(
    {
      target,
      engine: 'fast-check',
      worker: compiledFile('fuzz-targets/host/worker.js'),
      module,
      workers: 1,
      seed: 1,
      timeMs: TIME_MS,
      maxExecutions: Infinity,
      corpus: readCorpus(target, join(packageRoot(), 'corpus')).map(({ bytes }) => bytes),
      guided: true,
      hangMs: HANG_MS,
      memoryMb: 1024,
      known: [],
      maxFindings: 1,
    },
    { crash: () => {}, kept: () => {}, progress: () => {} },
  );
  const { found, executions } = await session.run(signal);
  const [crash] = found;
  return crash === undefined ? { executions } : { crash, executions };
}
