/// <reference types="node" />
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { replaceFile } from '../../fuzz-targets/host/replace-file.ts';
import { compiledFile, packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { run } from './spawned.fixture.ts';
import type { During, Ran } from './spawned.fixture.ts';
import { buildIfStale } from '../tools/build.ts';

const shell = (command: string, cwd: string, during?: During): Promise<Ran> => run('sh', ['-c', command], cwd, during);

const FULGURITE = `exec ${process.execPath} ${compiledFile('scripts/cli/fulgurite.js')}`;
const HUNT = `${FULGURITE} consistency --seeds 1..4 --steps 5 --workers 2 --shrink 0 --max-findings 1 --json report.json`;

/** A folder whose configuration finds something in every run. */
function withFinding(): string {
  const folder = scratch();
  const found = "{ oracle: 'acme/oracle', rule: 'r', kind: 'k', message: '', expected: '', actual: '', at: world.at }";
  const oracle = `const oracle = { name: 'acme/oracle', kinds: ['k'], step: (world) => world.at > 0 ? ${found} : undefined, fork: () => oracle };`;
  writeFileSync(join(folder, 'fulgurite.config.js'), `${oracle}\nexport default { oracles: [() => oracle] };`);
  return folder;
}

beforeAll(() => buildIfStale(packageRoot()));

describe.skipIf(process.platform === 'win32')('a hunt whose output finds no room', () => {
  it('tells the token before it writes, reports all the same, and ends as a broken harness', async () => {
    const { code, out, errors } = await shell(`ulimit -f 0; ${HUNT}`, withFinding());
    expect(errors).toMatch(/^found acme\/oracle\/r\/k with seed f[^]*^fulgurite: not written: EFBIG/m);
    expect(out).toMatch(/^FOUND acme\/oracle\/r\/k$[^]*^seed {4}f[^]*stored nowhere/m);
    expect(out).toMatch(/^\d+ runs? in /m);
    expect(errors).not.toContain('    at ');
    expect(code).toBe(3);
  });

  it.skipIf(!existsSync('/dev/full'))('sends the report where there is room', async () => {
    const folder = withFinding();
    const { code, errors } = await shell(`${HUNT} > /dev/full`, folder);
    expect(errors).toMatch(/the standard output cannot be written: ENOSPC[^]*^FOUND acme\/oracle\/r\/k$/m);
    expect(errors).not.toContain('    at ');
    expect(code).toBe(3);
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({ findings: [{ fingerprint: 'acme/oracle/r/k' }] });
  });

  it('goes on when nobody reads any more, and is no finding', async () => {
    const folder = withFinding();
    const { code, errors } = await shell(HUNT, folder, (child) => child.stdout?.destroy());
    expect(errors).not.toContain('    at ');
    expect(code).toBe(3);
    expect(readdirSync(join(folder, 'findings'))).toEqual(['acme-oracle-r-k.html', 'acme-oracle-r-k.json']);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('hears %s through npm run, and ends with its report', async (signal) => {
    const command = `exec npm run -s fulgurite -- consistency --seeds 1.. --steps 5 --workers 1 --out ${scratch()}`;
    const { out } = await shell(command, packageRoot(), (child) => {
      child.stderr?.on('data', (said: string) => {
        if (said.startsWith('seeds 1..')) child.kill(signal);
      });
    });
    expect(out).toMatch(/^[\d,]+ runs? in /m);
  });
});

describe('a file that is replaced', () => {
  it('is the old one or the new one, its folder is made, and a link stays one', () => {
    const folder = scratch();
    const file = join(folder, 'a', 'b');
    replaceFile(file, 'one');
    const link = join(folder, 'link');
    symlinkSync(file, link);
    replaceFile(link, 'two', { durable: true });
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
    mkdirSync(join(folder, 'full'));
    expect(() => replaceFile(join(folder, 'full'), 'three')).toThrow('EISDIR');
    expect(readdirSync(folder).sort()).toEqual(['a', 'full', 'link']);
  });
});
