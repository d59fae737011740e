/// <reference types="node" />
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { messageRegistry } from '../../../core/wire/messages/index.ts';
import { buildIfStale } from '../../tools/build.ts';
import { packageRoot } from '../../node/package-files.ts';
import { scratch } from '../../node/scratch.fixture.ts';
import { fulgurite } from '../spawned.fixture.ts';
import type { During, Ran } from '../spawned.fixture.ts';

const fuzz = (cwd: string, args: readonly string[], during?: During): Promise<Ran> => fulgurite(cwd, ['fuzz', ...args], during);
const folder = scratch;
const BUG = join(packageRoot(), 'mutation/planted/wire-bigsize-not-minimal.json');

beforeAll(() => buildIfStale(packageRoot()));

describe('fulgurite fuzz', () => {
  it('names its targets', async () => {
    const { code, out } = await fuzz(folder(), ['--list']);
    expect(code).toBe(0);
    for (const { name } of messageRegistry) expect(out).toContain(`message-${name} `);
  });

  it.each([
    ['a target that is none', ['bigsise']],
    ['neither a target nor all', []],
    ['both', ['bigsize', '--all']],
    ['an input that is not there', ['bigsize', '--replay', 'nowhere']],
    ['an engine that is none', ['bigsize', '--engine', 'afl']],
    ['no number of workers', ['bigsize', '--workers', '0']],
  ])('refuses %s', async (_, args) => {
    expect((await fuzz(folder(), args)).code).toBe(2);
  });

  it('says kindly that Jazzer.js is absent', async () => {
    const { code, errors } = await fuzz(folder(), ['bigsize', '--engine', 'jazzer']);
    expect(code).toBe(3);
    expect(errors).toContain('--engine jsfuzz');
  });

  it.each(['jsfuzz', 'fast-check'])('finds, minimises, describes and saves a planted bug with %s', async (engine) => {
    const here = folder();
    const { code, out } = await fuzz(here, ['bigsize', '--engine', engine, '--planted', BUG, '--time', '60s', '--max-findings', '1']);
    expect(code).toBe(1);
    expect(out).toContain('decode, encode: the same bytes');
    const files = readdirSync(join(here, 'findings/fuzz/bigsize'));
    expect(files).toEqual(['decode-encode-the-same-bytes.hex']);
    const file = join('findings/fuzz/bigsize', files[0] as string);
    expect(out).toContain(`fuzz bigsize --replay ${file}`);
    expect(readFileSync(join(here, file), 'utf8')).toMatch(
      /^# decode, encode: the same bytes\n(# .*\n)+(fd00[0-9a-f]{2}|fe0000[0-9a-f]{4}|ff0{8}[0-9a-f]{8})\n$/,
    );
    const again = await fuzz(here, ['bigsize', '--replay', file]);
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('no BigSize') });
    const withBug = await fuzz(here, ['bigsize', '--replay', file, '--planted', BUG]);
    expect(withBug).toMatchObject({ code: 1, out: expect.stringContaining('decode, encode: the same bytes') });
    // The command that the report prints is this one.
    expect(out).toContain(`fuzz bigsize --replay ${file} --planted ${BUG}`);
  });

  it.each([
    ['hang: more than 2000 ms', 'const first = this.u8();\n    while (first === 0xfe);', ['--hang', '2s']],
    [
      'out of memory: more than 64 MB',
      'const first = this.u8();\n    for (const hog: unknown[] = []; first === 0xfe;) hog.push({ first });',
      ['--memory', '64'],
    ],
  ])('saves the input of a worker that is lost: %s', async (fingerprint, replace, options) => {
    const here = folder();
    const bug = join(here, 'lost.json');
    writeFileSync(bug, JSON.stringify({ file: 'core/wire/reader-writer.ts', find: 'const first = this.u8();', replace, sides: 'both' }));
    const args = ['bigsize', '--engine', 'fast-check', '--planted', bug, '--time', '60s', '--max-findings', '1', ...options];
    const { code, out } = await fuzz(here, args);
    expect(out).toContain(fingerprint);
    expect(code).toBe(1);
    const [file] = readdirSync(join(here, 'findings/fuzz/bigsize'));
    expect(readFileSync(join(here, 'findings/fuzz/bigsize', file as string), 'utf8')).toMatch(/fe/);
  });

  it('runs what the corpus keeps, and a broken one is a finding', async () => {
    const here = folder();
    const good = await fuzz(here, ['bigsize', '--regress']);
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('all of them pass') });
    mkdirSync(join(here, 'corpus/any-message'), { recursive: true });
    writeFileSync(join(here, 'corpus/any-message/rotten.hex'), '# reaches: init\n0011\n');
    const bad = await fuzz(here, ['--regress', '--corpus', 'corpus']);
    expect(bad).toMatchObject({ code: 1, out: expect.stringContaining('any-message/rotten: rotted') });
    expect((await fuzz(here, ['--regress', '--corpus', 'nothing-here'])).code).toBe(3);
  });

  it('stops after so many executions, alike for the same seed', async () => {
    const args = ['bigsize', '--engine', 'fast-check', '--runs', '3000', '--seed', '5'];
    const [one, two] = await Promise.all([fuzz(folder(), args), fuzz(folder(), args)]);
    expect(one?.code).toBe(0);
    expect(one?.out.replace(/, [\d.,]+\/s/, '')).toBe(two?.out.replace(/, [\d.,]+\/s/, ''));
  });

  it('ends at Ctrl-C', async () => {
    const { code } = await fuzz(folder(), ['bigsize', '--engine', 'fast-check', '--time', '10m', '--keep'], (child) => {
      setTimeout(() => child.kill('SIGINT'), 4000);
    });
    expect(code).toBe(130);
  });

  it('keeps what reached something new only where it is asked to', async () => {
    const here = folder();
    const { code } = await fuzz(here, ['features', '--runs', '200', '--keep']);
    expect(code).toBe(0);
    expect(readdirSync(join(here, 'findings/fuzz/features/kept')).length).toBeGreaterThan(3);
    cpSync(join(packageRoot(), 'corpus/features'), join(here, 'corpus/features'), { recursive: true });
    const distilled = await fuzz(here, ['features', '--minimize', '--corpus', 'corpus']);
    expect(distilled.code).toBe(0);
    expect(existsSync(join(here, 'corpus/features/same.hex'))).toBe(true);
    expect((await fuzz(here, ['features', '--regress', '--corpus', 'corpus'])).code).toBe(0);
  });
});
