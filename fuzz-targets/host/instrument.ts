/// <reference types="node" />
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CounterCoverage } from '../engines/coverage.ts';
import type { FuzzTarget } from '../target.ts';

interface Instrumenter {
  instrumentSync(code: string, file: string): string;
}
interface IstanbulModule {
  createInstrumenter(options: { readonly compact: boolean; readonly esModules: boolean }): Instrumenter;
}

/** The instrumenter that jsfuzz itself uses. */
function loadInstrumenter(): Instrumenter {
  const ofJsfuzz = createRequire(createRequire(import.meta.url).resolve('jsfuzz/package.json'));
  const { createInstrumenter } = ofJsfuzz('istanbul-lib-instrument') as IstanbulModule;
  return createInstrumenter({ compact: true, esModules: true });
}

/** Relative imports of a compiled file. Libraries stay outside: instrumented, they would drown the signal. */
function localImports(code: string): string[] {
  return [...code.matchAll(/(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g)].map((match) => match[1] as string);
}

/** The harness looks at others: what happens in it says nothing about them. The bundler names each source in a comment. */
function isHarness(code: string): boolean {
  const sources = [...code.matchAll(/^\/\/ (\S+\.ts)$/gm)].map((match) => match[1] as string);
  return sources.length > 0 && sources.every((source) => source.startsWith('fuzz-targets/'));
}

/**
 * A copy of a compiled module and of all that it imports of this package, instrumented, in `folder`. ES modules, which jsfuzz by itself
 * can't measure. Made once for each state of the code: it takes seconds.
 */
export function instrumented(entry: string, root: string, folder: string): string {
  const files = new Map<string, string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    const code = readFileSync(file, 'utf8');
    files.set(file, code);
    for (const name of localImports(code)) visit(join(dirname(file), name));
  };
  visit(entry);
  const hash = createHash('sha256');
  for (const [file, code] of files) hash.update(relative(root, file)).update(code);
  const home = join(folder, hash.digest('hex').slice(0, 16));
  const target = (file: string): string => join(home, relative(root, file));
  if (existsSync(home)) return target(entry);
  const instrumenter = loadInstrumenter();
  const draft = `${home}.${process.pid}`;
  for (const [file, code] of files) {
    const out = join(draft, relative(root, file));
    mkdirSync(dirname(out), { recursive: true });
    const plain = code.replace(/^\/\/# sourceMappingURL=.*$/m, '');
    writeFileSync(out, isHarness(code) ? plain : instrumenter.instrumentSync(plain, out));
  }
  // Whole or not at all: several may be at it at once.
  if (!existsSync(home)) renameSync(draft, home);
  return target(entry);
}

/** Targets whose every execution is measured. `fresh` gives a measurement that has seen nothing yet; only the newest one counts. */
export interface Measured {
  readonly targets: readonly FuzzTarget[];
  fresh(): CounterCoverage;
}

/** Loads instrumented targets into this thread. */
export async function loadInstrumented(file: string): Promise<Measured> {
  const { fuzzTargets } = (await import(pathToFileURL(file).href)) as { readonly fuzzTargets: readonly FuzzTarget[] };
  const { __coverage__ } = globalThis as { __coverage__?: ConstructorParameters<typeof CounterCoverage>[0] };
  if (__coverage__ === undefined) throw new Error(`${file} is not instrumented`);
  return { targets: fuzzTargets, fresh: () => new CounterCoverage(__coverage__) };
}
