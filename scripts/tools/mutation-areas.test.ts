import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { areasOf, configOf, folderOf, isCurrent, runAreas, score, tallyOf } from './mutation-areas.ts';
import type { Area } from './mutation-areas.ts';

const areas = areasOf(packageRoot());
const AREA: Area = { name: 'wire', files: ['core/wire/tlv.ts'] };

function write(root: string, path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('the areas of mutation', () => {
  it('have every source of core once, and no test', () => {
    const files = areas.flatMap((area) => area.files);
    expect(new Set(files).size).toBe(files.length);
    const names = areas.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['channel', 'channel-close', 'wire', 'wire-messages', 'peers']));
    const sources = readdirSync(join(packageRoot(), 'core'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
    const left = sources.filter((path) => !files.includes(`core/${path}`));
    for (const path of left) expect(path).toMatch(/\.(test|fixture)\.ts$|(index|types|state|[a-z]+-vocabulary|signer|services)\.ts$/);
  });

  it('narrow the project’s configuration, and leave a slow machine its time', () => {
    const config = JSON.parse(configOf(packageRoot(), AREA)) as Readonly<Record<string, unknown>>;
    expect(config).toMatchObject({
      testRunner: 'vitest',
      mutate: ['core/wire/tlv.ts'],
      incrementalFile: 'reports/mutation/wire/incremental.json',
      jsonReporter: { fileName: 'reports/mutation/wire/report.json' },
    });
    expect(config['dryRunTimeoutMinutes']).toBeGreaterThanOrEqual(60);
  });
});

describe('a report', () => {
  it('is counted by what became of its mutants', () => {
    const root = scratch();
    expect(tallyOf(root, AREA)).toBeUndefined();
    const mutants = ['Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'].map((status) => ({ status }));
    write(root, 'reports/mutation/wire/report.json', JSON.stringify({ files: { a: { mutants }, b: { mutants: [{ status: 'Killed' }] } } }));
    const tally = { noticed: 4, survived: 2, unreached: 1 };
    expect(tallyOf(root, AREA)).toEqual(tally);
    expect(score(tally)).toBeCloseTo(66.7, 1);
    expect(score({ noticed: 0, survived: 0, unreached: 0 })).toBeUndefined();
  });

  it('holds as long as nothing in core is younger', () => {
    const root = scratch();
    const source = write(root, 'core/wire/tlv.ts', '');
    expect(isCurrent(root, AREA)).toBe(false);
    const report = write(root, join('reports/mutation/wire/report.json'), '{}');
    expect(folderOf(root, AREA)).toBe(dirname(report));
    utimesSync(report, 1000, 1000);
    utimesSync(source, 999, 999);
    expect(isCurrent(root, AREA)).toBe(true);
    utimesSync(source, 1001, 1001);
    expect(isCurrent(root, AREA)).toBe(false);
  });
});

describe('a run', () => {
  const three = ['a', 'b', 'c'].map((name) => ({ name, files: [] }));

  it('goes on after an area that fails', async () => {
    const ran: string[] = [];
    const failed = await runAreas(three, async ({ name }) => ran.push(name) > 0 && name !== 'b', new AbortController().signal);
    expect(ran).toEqual(['a', 'b', 'c']);
    expect(failed).toEqual(['b']);
  });

  it('that is interrupted begins no more areas, and blames none', async () => {
    const controller = new AbortController();
    const ran: string[] = [];
    const run = async ({ name }: Area): Promise<boolean> => {
      ran.push(name);
      if (name === 'b') controller.abort();
      return name !== 'b';
    };
    expect(await runAreas(three, run, controller.signal)).toEqual([]);
    expect(ran).toEqual(['a', 'b']);
  });
});
