/// <reference types="node" />
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../engines/replay.ts';
import { replay } from '../engines/replay.ts';
import { fuzzTargets } from '../registry.ts';
import type { FuzzTarget } from '../target.ts';
import type { Seed } from './corpus-files.ts';
import { hexNotation, readCorpus } from './corpus-files.ts';

/** One input that is kept for ever, and its target. */
export interface CorpusCase {
  readonly name: string;
  readonly target: FuzzTarget;
  readonly seed: Seed;
}

/** All inputs of all targets. Throws a RangeError for a folder of inputs without target: they would be forgotten. */
export function corpusCases(corpus: string, targets = fuzzTargets): readonly CorpusCase[] {
  const folders = existsSync(corpus) ? readdirSync(corpus, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  for (const { name } of folders) {
    const isOurs = readdirSync(join(corpus, name)).some((file) => file.endsWith(hexNotation.extension));
    if (isOurs && !targets.some((target) => target.name === name)) throw new RangeError(`corpus/${name}: there is no target of that name`);
  }
  return targets.flatMap((target) => readCorpus(target, corpus).map((seed) => ({ name: `${target.name}/${seed.name}`, target, seed })));
}

/** What is wrong with it, if anything: a broken promise, or a milestone that it does not reach any more. */
export function checkCase({ target, seed }: CorpusCase): Failure | undefined {
  const failure = replay(target, seed.bytes);
  if (failure !== undefined || seed.reaches.length === 0) return failure;
  const reached = target.reaches?.(seed.bytes) ?? [];
  const missing = seed.reaches.filter((milestone) => !reached.includes(milestone));
  if (missing.length === 0) return undefined;
  return {
    fingerprint: 'rotted',
    error: new Error(`rotted: it no longer reaches ${missing.join(', ')}, only ${reached.join(', ') || 'nothing'}`),
  };
}
