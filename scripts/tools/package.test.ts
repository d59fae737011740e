/// <reference types="node" />
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { linksOf, placeOf } from './readme-links.fixture.ts';

const root = packageRoot();
const project = scratch();
const installed = join(project, 'node_modules', 'fulgurite');
const bin = join(project, 'node_modules', '.bin', 'fulgurite');

function run(command: string, args: readonly string[], cwd = project): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
}

/** The package as `npm publish` would send it, installed in an empty project; its dependencies are those of this checkout. */
function install(): readonly string[] {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], root)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  mkdirSync(installed, { recursive: true });
  run('tar', ['-xzf', packed.filename, '-C', installed, '--strip-components=1']);
  const { dependencies, bin } = manifest();
  for (const name of Object.keys(dependencies)) link(name);
  mkdirSync(join(project, 'node_modules', '.bin'));
  symlinkSync(join('..', 'fulgurite', bin.fulgurite), join(project, 'node_modules', '.bin', 'fulgurite'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'empty', type: 'module', private: true }));
  return packed.files.map(({ path }) => path);
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly bin: { readonly fulgurite: string };
  readonly repository: { readonly url: string };
  readonly homepage: string;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
}

/** All that comes with the package when nothing optional is asked for, by the lock file: packages, and their bytes on disk. */
function installedWithIt(): { readonly packages: readonly string[]; readonly bytes: number } {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dependencies?: Readonly<Record<string, string>> }>>;
  };
  const found = new Set<string>();
  const follow = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {}).forEach(follow);
  };
  Object.keys(manifest().dependencies).forEach(follow);
  const bytesOf = (folder: string): number =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  const folders = [...found].map((name) => join(root, 'node_modules', name));
  return { packages: [...found], bytes: [installed, ...folders].reduce((sum, folder) => sum + bytesOf(folder), 0) };
}

function link(name: string): void {
  const from = join(root, 'node_modules', name);
  const to = join(project, 'node_modules', name);
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}

/** Compiles TypeScript of the project with the strictest settings a user may have. */
function compile(files: readonly string[]): void {
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'ES2023',
    module: 'NodeNext',
    rootDir: '.',
    outDir: 'out',
  };
  const others = { types: [], lib: ['ES2023', 'DOM'], rewriteRelativeImportExtensions: true };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, ...others }, files }));
  run(process.execPath, [createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', '.']);
}

describe('the package, installed in an empty project', () => {
  let files: readonly string[];
  beforeAll(() => {
    files = install();
  }, 300_000);

  it('holds what is compiled and the few pages that go with it', () => {
    const others = files.filter((file) => !file.startsWith('dist/')).sort();
    expect(others).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']);
    expect(files.filter((file) => /\.test\.|fixture/.test(file))).toEqual([]);
  });

  it('has a README none of whose links leads nowhere, wherever the package lies', () => {
    const { repository, homepage } = manifest();
    expect(repository.url).toBe('git+https://github.com/fulgurite/fulgurite.git');
    expect(homepage).toBe('https://github.com/fulgurite/fulgurite#readme');
    const links = linksOf(readFileSync(join(installed, 'README.md'), 'utf8'));
    expect(links.length).toBeGreaterThan(20);
    for (const link of links) {
      const place = placeOf(link);
      if (place !== undefined) expect(existsSync(join(root, place.path)), link).toBe(true);
      else if (!/^https?:/.test(link)) expect(files, link).toContain(link);
    }
  });

  it('brings what the core needs, and nothing else', () => {
    const { packages, bytes } = installedWithIt();
    expect([...packages, 'fulgurite'].length).toBeLessThanOrEqual(12);
    expect(bytes).toBeLessThan(8 * 1024 * 1024);
  });

  it('has the entry points that it says, and no other; those of the core, the simulator and the Node host need nothing more', () => {
    const script = `
      const names = ['fulgurite', 'fulgurite/sim', 'fulgurite/node'];
      const loaded = await Promise.all(names.map((name) => import(name)));
      console.log(loaded.every((one) => Object.keys(one).length > 3));
      await import('fulgurite/dist/core/index.js').catch((error) => console.log(error.code));`;
    expect(run(process.execPath, ['--input-type=module', '-e', script])).toBe('true\nERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('runs the example of the README with its types', { timeout: 120_000 }, () => {
    const [, code = ''] = /^```ts example\n(.*?)^```$/ms.exec(readFileSync(join(installed, 'README.md'), 'utf8')) ?? [];
    writeFileSync(join(project, 'readme.ts'), code);
    compile(['readme.ts']);
    expect(run(process.execPath, ['out/readme.js'])).toBe('650000000n 350000000n\n');
  });

  it('says which line installs what the harness needs, where that is absent', () => {
    const line =
      /needs the package [a-z0-9-]+, which is not installed: npm i -D bitcore-lib@\d\S+ fast-check@\d\S+ jsfuzz@\d\S+ \S+ yargs@\d/;
    const { status, stderr, stdout } = spawnSync(bin, ['consistency', '--seeds', '1..4'], { cwd: project, encoding: 'utf8' });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain('    at ');
    const script = `import { createEngine } from 'fulgurite/node'; await createEngine().catch(({ name, message }) => console.log(name, message));`;
    expect(run(process.execPath, ['--input-type=module', '-e', script])).toMatch(line);
  });
});

describe('the package with what the harness needs', () => {
  beforeAll(() => Object.keys(manifest().peerDependencies).forEach(link));

  it('has targets to fuzz', () => {
    const script = `console.log((await import('fulgurite/fuzz')).fuzzTargets.length > 20)`;
    expect(run(process.execPath, ['--input-type=module', '-e', script])).toBe('true\n');
  });

  it('has a command line that hunts with its workers', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    expect(run(bin, ['--version'])).toBe(`${version}\n`);
    const args = ['consistency', '--seeds', '1..4', '--steps', '5', '--workers', '2', '--json', 'report.json'];
    expect(run(bin, args)).toContain('4 runs in');
    expect(JSON.parse(readFileSync(join(project, 'report.json'), 'utf8'))).toMatchObject({ runs: 4 });
  });

  it('says which line installs another implementation, which comes with nothing', () => {
    const { status, stderr } = spawnSync(bin, ['consistency', '--seeds', '1', '--drivers', 'fulgurite,ldk'], {
      cwd: project,
      encoding: 'utf8',
    });
    expect([status, stderr.trim()]).toEqual([
      2,
      expect.stringMatching(/the package lightningdevkit is not installed: npm i -D lightningdevkit@0\.1\.2-0$/),
    ]);
    const unknown = spawnSync(bin, ['consistency', '--seeds', '1', '--drivers', 'fulgurite,lnd'], { cwd: project, encoding: 'utf8' });
    expect([unknown.status, unknown.stderr]).toEqual([2, "fulgurite: no driver is called 'lnd': there are fulgurite, toy, ldk\n"]);
  });

  it('runs the example project with its own operation, oracle and regressions', { timeout: 120_000 }, () => {
    const example = join(project, 'example');
    cpSync(join(root, 'sim/example'), example, { recursive: true, filter: (path) => !path.endsWith('.test.ts') });
    for (const name of readdirSync(example).filter((file) => file.endsWith('.ts'))) {
      const text = readFileSync(join(example, name), 'utf8');
      writeFileSync(join(example, name), text.replaceAll("'../index.ts'", "'fulgurite/sim'"));
    }
    const main = `
      import { check } from 'fulgurite/sim';
      import config from './fulgurite.config.ts';
      console.log(check({ ...config, runs: 2, campaign: { steps: 10 } }).runs);`;
    writeFileSync(join(example, 'main.ts'), main);
    compile(['example/main.ts']);
    expect(run(process.execPath, ['out/example/main.js'])).toBe('2\n');
    const replayed = `
      import { replayAll } from 'fulgurite/node';
      import config from './out/example/fulgurite.config.js';
      for (const { name, run } of replayAll('example/regressions', config)) { run(); console.log(name); }`;
    expect(run(process.execPath, ['--input-type=module', '-e', replayed])).toBe('burst-across-a-disconnect\n');
  });
});
