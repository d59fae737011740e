/// <reference types="node" />
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode, encode } from '@jridgewell/sourcemap-codec';
import type { SourceMapSegment } from '@jridgewell/sourcemap-codec';
import { replaceFile } from '../../fuzz-targets/host/replace-file.ts';
import { packageRoot } from '../node/package-files.ts';

/** Everything that starts somewhere: the public entry points, the command line, its worker, and the benchmark. */
const ENTRIES = [
  'core/index.ts',
  'sim/index.ts',
  'fuzz-targets/index.ts',
  'fuzz-targets/registry.ts',
  'fuzz-targets/host/worker.ts',
  'scripts/node/index.ts',
  'scripts/cli/worker.ts',
  'scripts/cli/fulgurite.ts',
  'scripts/tools/bench.ts',
];
const SOURCES = ['core', 'sim', 'fuzz-targets', 'scripts'];
const EXECUTABLE = 'scripts/cli/fulgurite.js';

function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** Changes when a source file is added, removed or written. */
function stampOf(root: string): string {
  const files = [...SOURCES.flatMap((folder) => sourceFiles(join(root, folder))), join(root, 'package.json')];
  const newest = files.reduce((latest, file) => Math.max(latest, statSync(file).mtimeMs), 0);
  return `${files.length} files, newest ${newest}`;
}

/** Bundles the JavaScript into dist/, dependencies left outside, shared code in chunks. */
export async function build(root: string): Promise<void> {
  const stamp = stampOf(root);
  const dist = join(root, 'dist');
  const { build: bundle } = await import('esbuild');
  const result = await bundle({
    absWorkingDir: root,
    entryPoints: ENTRIES.filter((entry) => existsSync(join(root, entry))),
    outdir: dist,
    outbase: '.',
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    // Places in stacks are mapped; the sources themselves are not shipped.
    sourcesContent: false,
    write: false,
  });
  const written = new Set(result.outputFiles.map((file) => file.path));
  // Another process may be reading, or building the same.
  for (const { path, contents, text } of result.outputFiles)
    replaceFile(path, path.endsWith('.map') ? byLine(text) : contents, path.endsWith(EXECUTABLE) ? { mode: 0o755 } : {});
  for (const old of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, old);
    if (/\.js(\.map)?$/.test(old) && !written.has(path)) rmSync(path);
  }
  replaceFile(join(dist, '.stamp'), stamp);
}

/** A source map that knows lines and no columns, which is what a stack needs: a fifth of the bytes. */
function byLine(map: string): string {
  const whole = JSON.parse(map) as { readonly mappings: string };
  const mappings = encode(decode(whole.mappings).map(([first]) => (first === undefined ? [] : [withoutName(first)])));
  return JSON.stringify({ ...whole, names: [], mappings });
}

function withoutName(segment: SourceMapSegment): SourceMapSegment {
  return segment.length === 5 ? [0, segment[1], segment[2], segment[3]] : segment;
}

/** Declarations for whoever installs the package. */
function buildTypes(root: string): void {
  rmSync(join(root, 'dist', 'types'), { recursive: true, force: true });
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'scripts/config/tsconfig.types.json')], { stdio: 'inherit' });
  const types = join(root, 'dist', 'types');
  for (const name of readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))) {
    const file = join(types, name);
    // The compiler rewrites the endings of relative imports in JavaScript only.
    writeFileSync(file, readFileSync(file, 'utf8').replace(/((?:from|import) ?\(?)'(\.{1,2}\/[^']+)\.ts'/g, "$1'$2.js'"));
  }
}

/** Builds when a source is newer than dist/. True when it had to. */
export async function buildIfStale(root: string): Promise<boolean> {
  const stampFile = join(root, 'dist', '.stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOf(root)) return false;
  await build(root);
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const root = packageRoot();
  const flags = new Set(process.argv.slice(2));
  if (!flags.has('--if-stale')) await build(root);
  else if (await buildIfStale(root)) console.error(`built ${relative(process.cwd(), join(root, 'dist')) || 'dist'}/`);
  if (flags.has('--types')) buildTypes(root);
}
