/// <reference types="node" />
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../node/package-files.ts';
import { readScenario } from '../node/scenario-files.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { fulgurite } from './spawned.fixture.ts';
import type { During, Ran } from './spawned.fixture.ts';
import { buildIfStale } from '../tools/build.ts';
import type { HuntReport } from './reports/hunt-report.ts';
import { mergeReports } from './reports/merge-reports.ts';
import type { ReadReport } from './reports/merge-reports.ts';

const here = scratch();
const hunt = (args: readonly string[], during?: During, env?: NodeJS.ProcessEnv): Promise<Ran> =>
  fulgurite(here, args, during, { FULGURITE_COMMIT: 'abc', ...env });

/** Finds a bug in every third world, another in every other third, each at a step of its own. */
const CONFIG = `
const oracle = {
  name: 'acme/oracle',
  kinds: ['one', 'two'],
  step(world) {
    const which = (Number(world.spec.seed.split('-').at(-1)) / 8) % 3;
    if (which === 0 || world.at !== which + 2) return undefined;
    return { oracle: 'acme/oracle', rule: 'r', kind: which === 1 ? 'one' : 'two', message: 'm', expected: 'e', actual: 'a', at: world.at };
  },
  fork: () => oracle,
};
export default { oracles: [() => oracle] };
`;
const HUNT = ['consistency', '--seeds', '1..56', '--steps', '8', '--workers', '1', '--shrink', '0', '--max-findings', '100'];

const shard = (index: number): string[] => [...HUNT, '--shard', `${index}/4`, '--json', `shard-${index}.json`, '--out', `out-${index}`];
const SHARDS = [1, 2, 3, 4].map((index) => `shard-${index}.json`);
const reportIn = (file: string): HuntReport => JSON.parse(readFileSync(join(here, file), 'utf8')) as HuntReport;
const changed = (file: string, change: (report: HuntReport) => object): string => {
  const name = `changed-${file}`;
  writeFileSync(join(here, name), JSON.stringify(change(reportIn(file))));
  return name;
};

/** What must not depend on who ran which seed: all but where it was run and how small a case became. */
function whole({ findings, ...rest }: HuntReport): object {
  return {
    ...rest,
    environment: undefined,
    findings: findings.map(({ fingerprint, known, count, seeds, foundAs }) => ({ fingerprint, known, count, seeds, foundAs })),
  };
}

describe('four shards beside each other, one of them killed and run again', () => {
  let single: Ran;
  beforeAll(async () => {
    await buildIfStale(packageRoot());
    writeFileSync(join(here, 'fulgurite.config.js'), CONFIG);
    const killed = hunt(
      shard(2),
      (child) => void child.stderr?.on('data', (said: string) => said.includes('seeds ') && child.kill('SIGKILL')),
    );
    const [, two] = await Promise.all([
      hunt(shard(1)),
      killed,
      hunt(shard(3)),
      hunt([...HUNT, '--shard', 'auto/4', '--json', 'shard-4.json', '--out', 'out-4'], undefined, { JOB_COMPLETION_INDEX: '3' }),
    ]);
    expect(two.code).toBeNull();
    expect(existsSync(join(here, 'shard-2.json'))).toBe(false);
    single = await hunt([...HUNT, '--json', 'single.json', '--out', 'out']);
    expect(single.code).toBe(1);
  }, 300_000);

  it('lack a shard until it is run again', async () => {
    const without = SHARDS.filter((name) => name !== 'shard-2.json');
    const merged = await hunt(['merge', ...without]);
    expect(merged.code).toBe(3);
    expect(merged.errors).toContain('1 shard missing: 2/4');
    expect(merged.out).toContain('covered: seeds 1..15, 32..56');
    expect((await hunt(['merge', '--partial', ...without])).code).toBe(1);
    expect((await hunt(shard(2))).code).toBe(1);
  });

  it('come to what a single run comes to: findings and counts', async () => {
    const merged = await hunt([
      'merge',
      ...SHARDS,
      '--json',
      'merged.json',
      '--junit',
      'merged.xml',
      '--sarif',
      'merged.sarif',
      '--out',
      'merged',
    ]);
    expect(merged).toMatchObject({ code: 1, errors: '' });
    expect(whole(reportIn('merged.json'))).toEqual(whole(reportIn('single.json')));
    // In the same order, too.
    expect(JSON.stringify(whole(reportIn('merged.json')))).toBe(JSON.stringify(whole(reportIn('single.json'))));
    const counts = reportIn('merged.json').findings.map(({ fingerprint, count }) => [fingerprint, count > 10]);
    expect(counts).toEqual([
      ['acme/oracle/r/one', true],
      ['acme/oracle/r/two', true],
    ]);
    const sizes = (file: string): number[] => reportIn(file).findings.map(({ actions = Infinity }) => actions);
    expect(sizes('merged.json')).toEqual([0, 1].map((bug) => Math.min(...SHARDS.map((file) => sizes(file)[bug] ?? Infinity))));
    expect(readdirSync(join(here, 'merged')).filter((name) => name.endsWith('.json'))).toEqual([
      'acme-oracle-r-one.json',
      'acme-oracle-r-two.json',
    ]);
    const { file = '', verdict } = reportIn('merged.json').findings[0] ?? {};
    expect(readScenario(join(here, file)).expect).toBe('acme/oracle/r/one');
    expect(verdict).toMatchObject({ oracle: 'acme/oracle', kind: 'one' });
    expect(merged.out).toContain(`replay  npx fulgurite replay ${file}`);
    expect(merged.out).toMatch(/^ +A +B$[^]*✗ found here: m/m);
  });

  it('count once where one was run twice, and are not believed where it came to something else', async () => {
    expect((await hunt(['merge', ...SHARDS, ...SHARDS.slice(1, 2), '--json', 'again.json'])).code).toBe(1);
    expect(whole(reportIn('again.json'))).toEqual(whole(reportIn('single.json')));
    const other = changed('shard-3.json', (report) => ({ ...report, steps: report.steps + 1 }));
    const merged = await hunt(['merge', ...SHARDS, other]);
    expect(merged.code).toBe(3);
    expect(merged.errors).toContain('shard 3/4 was run twice and came to something else: shard-3.json, changed-shard-3.json');
    const part = changed('shard-3.json', (report) => ({ ...report, ended: 'interrupted', covered: [[32, 33]], findings: [] }));
    expect((await hunt(['merge', part, ...SHARDS, '--json', 'again.json'])).code).toBe(1);
    expect(whole(reportIn('again.json'))).toEqual(whole(reportIn('single.json')));
  });

  it('say how far they came where the time was over', () => {
    const late = (file: string): ReadReport => ({ file, report: { ...reportIn(file), ended: 'time', covered: [[16, 20]] } });
    const { report, missing, uncovered } = mergeReports(
      SHARDS.map((file) => (file === 'shard-2.json' ? late(file) : { file, report: reportIn(file) })),
    );
    expect({ ended: report.ended, missing, uncovered }).toEqual({ ended: 'time', missing: [], uncovered: [[21, 31]] });
  });

  it.each<[string, string, (report: HuntReport) => object]>([
    [
      'another version',
      'different versions of fulgurite: a.json has',
      (report) => ({ ...report, environment: { ...report.environment, fulgurite: '9.0.0' } }),
    ],
    [
      'another commit',
      'different commits: a.json has abc, b.json has def',
      (report) => ({ ...report, environment: { ...report.environment, commit: 'def' } }),
    ],
    [
      'other options',
      'different options: a.json has steps 8, b.json has steps 9',
      (report) => ({ ...report, options: { ...report.options, steps: 9 } }),
    ],
    ['another range', 'different ranges of seeds: a.json has to 56', (report) => ({ ...report, seeds: { from: 1, to: 50 } })],
    [
      'an overlap',
      'shards that overlap: a.json (shard 1/4) has 1..15, b.json (shard 1/2) has 1..31',
      (report) => ({ ...report, shard: { index: 1, of: 2, part: [1, 31] } }),
    ],
  ])('are refused with %s, which is named', (_, told, change) => {
    const other = { file: 'b.json', report: change(reportIn('shard-2.json')) as HuntReport };
    expect(() => mergeReports([{ file: 'a.json', report: reportIn('shard-1.json') }, other])).toThrow(told);
  });

  it('say so where nothing is left for one, or where there is no such shard', async () => {
    const small = ['consistency', '--seeds', '1..7', '--json', 'empty.json'];
    const empty = await hunt([...small, '--shard', '1/2']);
    expect(empty).toMatchObject({ code: 0, errors: '' });
    expect(empty.out).toContain('no seeds for this shard');
    expect(reportIn('empty.json')).toMatchObject({ runs: 0, covered: [], shard: { index: 1, of: 2 } });
    expect(await hunt([...small, '--shard', '0/0'])).toMatchObject({ code: 2, out: '' });
    expect(await hunt([...small, '--shard', '3/2'])).toMatchObject({ code: 2, out: '' });
    const endless = await hunt(['consistency', '--seeds', '1..', '--shard', '1/2']);
    expect(endless).toMatchObject({ code: 2, errors: expect.stringContaining('give --seeds an end') });
    const none = await hunt(['merge', 'empty.json', 'none.json']);
    expect(none).toMatchObject({ code: 2, errors: expect.stringContaining('none.json: no such file') });
    const other = await hunt(['merge', changed('empty.json', () => ({ format: 1 }))]);
    expect(other).toMatchObject({ code: 2, errors: expect.stringContaining('changed-empty.json is no report of a hunt') });
  });
});
