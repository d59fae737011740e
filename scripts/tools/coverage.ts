/// <reference types="node" />
import { checkCase, corpusCases } from '../../fuzz-targets/host/regress.ts';
import { createEngine } from '../node/engine.ts';
import { replayAll } from '../node/replay-all.ts';

/**
 * What `npm run coverage` measures, in one thread, from the sources: the first seeds of a campaign and every regression. What
 * `npm run coverage:corpora` measures: the corpora alone, of all targets or of the one that is named.
 */
const SEEDS = 150;

async function campaign(): Promise<string> {
  const engine = await createEngine();
  let findings = 0;
  for (let seed = 1; seed <= SEEDS; seed++) if (engine.runSeed(seed).found) findings += 1;
  let regressions = 0;
  for (const { run } of replayAll('corpus/regressions')) {
    run();
    regressions += 1;
  }
  return `${SEEDS} seeds, ${findings} findings, ${regressions} regressions`;
}

function corpora(target: string | undefined): string {
  const cases = corpusCases('corpus').filter((one) => target === undefined || one.target.name === target);
  if (cases.length === 0) throw new RangeError(`the corpus has nothing for a target '${target ?? ''}'; fulgurite fuzz --list names them`);
  const failed = cases.filter((one) => checkCase(one) !== undefined);
  return `${cases.length} inputs of ${target ?? 'all targets'}, ${failed.length} failures`;
}

const [what, target] = process.argv.slice(2);
console.log(what === 'corpora' ? corpora(target) : await campaign());
