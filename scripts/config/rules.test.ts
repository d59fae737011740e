/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';

const root = packageRoot();

/** A project of these files, with this project's rules. */
function project(files: Readonly<Record<string, string>>): string {
  const folder = scratch();
  cpSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `${text}\n`);
  }
  return folder;
}

/** The rules that each file breaks. */
function lint(folder: string, area: string): ReadonlyMap<string, readonly string[]> {
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['-f', 'json', area], { cwd: folder, encoding: 'utf8' });
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly filename: string; readonly code: string }[] };
  const broken = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) broken.set(filename, [...(broken.get(filename) ?? []), code]);
  return broken;
}

const FORBIDDEN: Readonly<Record<string, string>> = {
  date: 'export const now = (): Date => new Date();',
  random: 'export const random = (): number => Math.random();',
  computed: "export const random = (): number => Math['random']();",
  timer: 'setTimeout(() => undefined, 1);',
  asynchronous: 'export async function wait(): Promise<void> { await undefined; }',
  node: "export { readFileSync } from 'node:fs';",
  process: 'export const { argv } = process;',
  intl: "export const format = new Intl.NumberFormat('en');",
  locale: 'export const compare = (a: string, b: string): number => a.localeCompare(b);',
  console: "console.log('hello');",
  entropy: 'crypto.getRandomValues(new Uint8Array(1));',
  power: 'export const power = (a: number): number => Math.pow(a, 0.5);',
  generator: "import seedrandom from 'seedrandom';\nexport const random = seedrandom();",
};

describe('the bans', () => {
  it.each(['core', 'sim'])('hold in %s', (area) => {
    const files = Object.fromEntries(Object.entries(FORBIDDEN).map(([name, text]) => [`${area}/${name}.ts`, text]));
    const broken = lint(project({ ...files, [`${area}/fine.ts`]: 'export const sum = (a: number, b: number): number => a + b;' }), area);
    for (const name of Object.keys(files)) expect([name, broken.get(name) ?? []]).not.toEqual([name, []]);
    expect(broken.get(`${area}/fine.ts`)).toBeUndefined();
  });

  it('leave the shell alone', () => {
    const { date = '', node = '', process = '', asynchronous = '' } = FORBIDDEN;
    expect(lint(project({ 'scripts/node/shell.ts': [date, node, process, asynchronous].join('\n') }), 'scripts').size).toBe(0);
  });
});

function cruise(folder: string, areas: readonly string[]): { readonly ok: boolean; readonly out: string } {
  const args = ['--config', join(root, 'scripts/config/imports.cjs'), ...areas];
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/depcruise'), args, { cwd: folder, encoding: 'utf8' });
  return { ok: status === 0, out: stdout };
}

describe('the direction of imports', () => {
  it('is kept', () => {
    const areas = ['core', 'sim', 'fuzz-targets', 'mutation', 'scripts'];
    expect(cruise(root, areas).out).toContain('no dependency violations');
  });

  it.each([
    ['wire imports a channel', 'core/wire/a.ts', 'core/channel/b.ts'],
    ['crypto imports a node', 'core/crypto/a.ts', 'core/node/b.ts'],
    ['core imports the simulator', 'core/channel/a.ts', 'sim/world/b.ts'],
    ['the simulator imports the shell', 'sim/world/a.ts', 'scripts/node/b.ts'],
  ])('is broken when %s', (_, from, to) => {
    const up = '../'.repeat(from.split('/').length - 1);
    const folder = project({ [from]: `export { b } from '${up}${to}';`, [to]: 'export const b = 1;' });
    const { ok, out } = cruise(folder, [...new Set([from, to].map((file) => file.split('/')[0] ?? ''))]);
    expect(out).toContain('imports from above');
    expect(ok).toBe(false);
  });
});

describe('the lock file', () => {
  it('names no registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"|https?:\/\/[^"]*registry/);
  });
});
