/// <reference types="node" />
import { createEngine } from './host/engine.ts';
import { replayAll } from './host/replay-all.ts';

/** What `npm run coverage` measures: the first seeds of a campaign, and every regression, in one thread, from the sources. */
const SEEDS = 150;

const engine = await createEngine();
let findings = 0;
for (let seed = 1; seed <= SEEDS; seed++) if (engine.runSeed(seed).found) findings += 1;
let regressions = 0;
for (const { run } of replayAll('corpus/regressions')) {
  run();
  regressions += 1;
}
console.log(`${SEEDS} seeds, ${findings} findings, ${regressions} regressions`);
