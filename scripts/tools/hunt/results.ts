/// <reference types="node" />
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from '../../../fuzz-targets/host/replace-file.ts';
import type { Outcome } from './protocol.ts';

interface Stored {
  readonly sources: string;
  readonly runs: number;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** What became of mutants, on disk after each, so that an interrupted hunt goes on where it was. Of other sources, or other budgets, it knows nothing. */
export class Results {
  private readonly file: string;
  private readonly sources: string;
  private readonly runs: number;
  private readonly outcomes: Map<string, Outcome>;

  constructor(file: string, root: string, runs: number, fresh: boolean) {
    this.file = file;
    this.sources = hashOfSources(root);
    this.runs = runs;
    const stored = fresh || !existsSync(file) ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as Stored);
    const fits = stored?.sources === this.sources && stored.runs === runs;
    this.outcomes = new Map(fits ? Object.entries(stored.outcomes) : []);
  }

  get(id: string): Outcome | undefined {
    return this.outcomes.get(id);
  }

  set(id: string, outcome: Outcome): void {
    this.outcomes.set(id, outcome);
    const stored: Stored = { sources: this.sources, runs: this.runs, outcomes: Object.fromEntries([...this.outcomes].sort()) };
    mkdirSync(dirname(this.file), { recursive: true });
    replaceFile(this.file, new TextEncoder().encode(JSON.stringify(stored, undefined, 1)));
  }
}

/** Of what decides an outcome: the core and what hunts it. */
function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  for (const folder of ['core', 'sim', 'scripts/tools/hunt']) {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort())
      hash.update(`${folder}/${file}\n`).update(readFileSync(join(root, folder, file)));
  }
  return hash.digest('hex');
}
