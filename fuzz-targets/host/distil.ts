/// <reference types="node" />
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Coverage } from '../engines/coverage.ts';
import { smallest } from '../engines/minimise.ts';
import { replay } from '../engines/replay.ts';
import type { FuzzTarget } from '../target.ts';
import { readSeed, writeSeed } from './corpus-files.ts';
import { nameOf, words } from './crash-files.ts';

/** The name of a seed that a machine found begins so; people name theirs otherwise, and keep them. */
const FOUND = 'found-';
const EXECUTIONS_EACH = 150;

export interface Distilled {
  /** By people, all of them kept. */
  readonly byHand: number;
  readonly candidates: number;
  readonly kept: number;
  readonly reached: number;
}

/** Systems and editors leave hidden files. */
function isSeed(name: string): boolean {
  return !name.startsWith('.');
}

function execute(target: FuzzTarget, coverage: Coverage, bytes: Uint8Array): boolean {
  coverage.clear();
  return replay(target, bytes) === undefined;
}

/**
 * Rewrites the found seeds of a corpus: of them and of what fuzzing kept, shortest first, those that reach a place that nothing before
 * reaches, each made as small as it can be. Measured in this thread, so `target` must come with `coverage`.
 */
export function distil(target: FuzzTarget, coverage: Coverage, corpus: string, keptFolder: string): Distilled {
  const folder = join(corpus, target.name);
  const files = existsSync(folder) ? readdirSync(folder).filter(isSeed).sort() : [];
  const byHand = files.filter((name) => !name.startsWith(FOUND)).map((name) => readSeed(target, join(folder, name)).bytes);
  const found = files.filter((name) => name.startsWith(FOUND)).map((name) => readSeed(target, join(folder, name)).bytes);
  const fresh = existsSync(keptFolder)
    ? readdirSync(keptFolder)
        .filter(isSeed)
        .sort()
        .map((name) => new Uint8Array(readFileSync(join(keptFolder, name))))
    : [];
  for (const bytes of byHand) if (execute(target, coverage, bytes)) coverage.collect();
  const candidates = [...found, ...fresh].sort((a, b) => a.length - b.length);
  const kept: Uint8Array[] = [];
  for (const bytes of candidates) {
    if (!execute(target, coverage, bytes)) continue;
    const wanted = coverage.peek();
    if (wanted.length === 0) continue;
    const small = smallest(bytes, EXECUTIONS_EACH, (candidate) => execute(target, coverage, candidate) && coverage.covers(wanted));
    execute(target, coverage, small);
    coverage.collect();
    kept.push(small);
  }
  for (const name of files) if (name.startsWith(FOUND)) rmSync(join(folder, name));
  for (const bytes of kept)
    writeSeed(target, folder, FOUND + nameOf(bytes), bytes, target.notation === undefined ? [words(target, bytes)] : []);
  return { byHand: byHand.length, candidates: candidates.length, kept: kept.length, reached: coverage.reached };
}
