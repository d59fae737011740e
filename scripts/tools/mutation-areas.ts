/// <reference types="node" />
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A folder of core whose own files are mutated in one run: what is interrupted loses no more than one of these. */
export interface Area {
  /** `core/channel/close` → `channel-close`. */
  readonly name: string;
  readonly files: readonly string[];
}

/** What became of the mutants of an area. */
export interface Tally {
  /** Noticed: some test failed, or never ended. */
  readonly noticed: number;
  readonly survived: number;
  /** Survivors that no test even reaches. */
  readonly unreached: number;
}

/** Not worth a mutant: tests and what only they use, lists of names, types. */
const LEFT_OUT = /\.(test|fixture)\.ts$|(^|\/)(index|types|state|[a-z]+-vocabulary|signer|services)\.ts$/;

/** Every folder of core that has something to mutate. */
export function areasOf(root: string): readonly Area[] {
  const files = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !LEFT_OUT.test(path))
    .map((path) => `core/${path.replaceAll('\\', '/')}`)
    .sort();
  const folders = [...new Set(files.map(dirname))];
  return folders.map((folder) => ({
    name: folder.split('/').slice(1).join('-') || 'core',
    files: files.filter((file) => dirname(file) === folder),
  }));
}

/** Where an area's configuration, log and report lie. */
export function folderOf(root: string, { name }: Area): string {
  return join(root, 'reports', 'mutation', name);
}

/** The configuration of one area's run: that of the project, narrowed. */
export function configOf(root: string, area: Area): string {
  const common = JSON.parse(readFileSync(join(root, 'mutation/stryker.config.json'), 'utf8')) as object;
  const folder = `reports/mutation/${area.name}`;
  const own = {
    mutate: area.files,
    incrementalFile: `${folder}/incremental.json`,
    htmlReporter: { fileName: `${folder}/index.html` },
    jsonReporter: { fileName: `${folder}/report.json` },
  };
  return JSON.stringify({ ...common, ...own }, undefined, 2);
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** What an area's report says, if there is a whole one. */
export function tallyOf(root: string, area: Area): Tally | undefined {
  const file = join(folderOf(root, area), 'report.json');
  if (!existsSync(file)) return undefined;
  const { files } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (...wanted: readonly string[]): number => statuses.filter((status) => wanted.includes(status)).length;
  return { noticed: count('Killed', 'Timeout'), survived: count('Survived', 'NoCoverage'), unreached: count('NoCoverage') };
}

/** Whether an area's report is younger than everything that it depends on: it would say the same again. */
export function isCurrent(root: string, area: Area): boolean {
  const report = statSync(join(folderOf(root, area), 'report.json'), { throwIfNoEntry: false });
  if (report === undefined) return false;
  const sources = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return sources.every((path) => statSync(join(root, 'core', path)).mtimeMs <= report.mtimeMs);
}

/** The share of mutants that were noticed, in percent; of nothing there is none. */
export function score({ noticed, survived }: Tally): number | undefined {
  return noticed + survived === 0 ? undefined : (100 * noticed) / (noticed + survived);
}

/**
 * Runs one area after the other until all are done or somebody interrupts. One that fails, or is interrupted, costs no other. Returns the
 * names of those that failed.
 */
export async function runAreas(
  areas: readonly Area[],
  run: (area: Area, signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const area of areas) {
    if (signal.aborted) break;
    const done = await run(area, signal);
    if (!done && !signal.aborted) failed.push(area.name);
  }
  return failed;
}
