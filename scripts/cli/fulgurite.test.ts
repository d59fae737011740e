/// <reference types="node" />
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Scenario } from '../../sim/scenario/types.ts';
import { buildIfStale } from '../tools/build.ts';
import { packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { fulgurite } from './spawned.fixture.ts';
import type { Ran } from './spawned.fixture.ts';
import type { HuntReport } from './reports/hunt-report.ts';
import { FINGERPRINT_VERSION } from '../../sim/world/finding.ts';

const folder = scratch;
const withoutTimes = (report: string): string => report.replace(/^(\d+ runs) in [^,]*,/m, '$1,').replace(/, [\d.,]+ runs\/s/, '');

const EXAMPLE = join(packageRoot(), 'corpus/scripts/two-crossing-payments.json');
/** A bug that falls within a few seeds. */
const BUG = readFileSync(join(packageRoot(), 'mutation/planted/retransmission-order.json'), 'utf8');

beforeAll(() => buildIfStale(packageRoot()));

describe('a campaign', () => {
  it('reports the same whatever the number of workers', async () => {
    const here = folder();
    const args = ['consistency', '--seeds', '1..24', '--steps', '5', '--shrink', '0', '--max-findings', '1000'];
    const [one, three] = await Promise.all(
      ['1', '3'].map((workers) => fulgurite(here, [...args, '--workers', workers, '--json', `${workers}.json`])),
    );
    const [json, other] = ['1.json', '3.json'].map((name) => JSON.parse(readFileSync(join(here, name), 'utf8')) as HuntReport);
    expect({ ...other, environment: json?.environment }).toEqual(json);
    expect(json).toMatchObject({ runs: 24, covered: [[1, 24]], ended: 'seeds', seeds: { from: 1, to: 24 } });
    expect(json?.oracles.asked).toBe(json?.oracles.held);
    expect(json?.environment).toMatchObject({
      node: process.version,
      workers: 1,
      command: expect.stringContaining('fulgurite consistency --seeds 1..24'),
    });
    expect(withoutTimes(one?.out ?? '')).toContain('24 runs');
    expect(withoutTimes(one?.out ?? '')).toBe(withoutTimes(three?.out ?? ''));
    expect(one?.code).toBe(three?.code);
  });

  it('ends at Ctrl-C with its report', async () => {
    const ran = await fulgurite(
      folder(),
      ['consistency', '--seeds', '1..', '--workers', '1', '--steps', '5', '--max-findings', '1000'],
      (child) => {
        child.stderr?.once('data', () => child.kill('SIGINT'));
      },
    );
    expect(ran.code).toBe(130);
    expect(ran.out).toMatch(/^\d+ runs? in /m);
  });

  it.each([
    ['a verb that is none', ['consistensy']],
    ['no verb', []],
    ['an option that is none', ['consistency', '--sedes', '1']],
    ['a range that ends before it begins', ['consistency', '--seeds', '5..1']],
    ['an option without its value', ['consistency', '--seeds']],
    ['a planted bug that is none', ['consistency', '--planted', join(packageRoot(), 'package.json')]],
    ['a planted bug that is no JSON', ['fuzz', 'bigsize', '--planted', fileURLToPath(import.meta.url)]],
    ['a duration without a unit', ['consistency', '--time', '60']],
    ['a token of another version', ['replay', 'f999-0003r3r000-4']],
    ['text that is no token', ['replay', 'nonsense']],
    ['a file that is not there', ['consistency', '--known', 'none.json']],
    ['a scenario that is not there', ['replay', 'none.json']],
    ['a file that holds no scenario', ['shrink', fileURLToPath(import.meta.url)]],
    ['a list of known findings that is none', ['consistency', '--known', fileURLToPath(import.meta.url)]],
    ['a place where nothing can be written', ['consistency', '--seeds', '1', '--out', join(fileURLToPath(import.meta.url), 'findings')]],
    ['a report that is a folder', ['consistency', '--seeds', '1', '--json', '.']],
    ['a report that cannot be written', ['consistency', '--seeds', '1', '--json', join(fileURLToPath(import.meta.url), 'report.json')]],
    ['a place for crashes that is a file', ['fuzz', 'bigsize', '--out', fileURLToPath(import.meta.url)]],
    ['a place for a finding that is a file', ['exhaustive', EXAMPLE, '--out', fileURLToPath(import.meta.url)]],
  ])('refuses %s as wrong usage', async (_, args) => {
    const ran = await fulgurite(folder(), args);
    expect(ran.code).toBe(2);
    expect(ran.errors).toMatch(/^fulgurite: /);
    expect(ran.errors).not.toContain('    at ');
  });

  it('lists the verbs when one is not there', async () => {
    const { errors } = await fulgurite(folder(), ['consistensy']);
    expect(errors).toBe(
      "fulgurite: There is no verb 'consistensy'. There are consistency, merge, exhaustive, replay, shrink, promote, fuzz; `fulgurite --help` says more.\n",
    );
  });

  it.each([
    [
      'a key that nobody knows',
      '{ oracels: [] }',
      "fulgurite.config.js: nobody knows 'oracels': there are drivers, operations, faults, oracles",
    ],
    ['an oracle that is no factory', "{ oracles: [{ name: 'acme/x' }] }", 'oracles[0] must be a factory'],
    [
      'an operation without namespace',
      "{ operations: [{ name: 'burst' }] }",
      'its name must have a namespace, like \'acme/foo\', and is "burst"',
    ],
  ])('tells %s in a configuration by its name', async (_, config, told) => {
    const here = folder();
    writeFileSync(join(here, 'fulgurite.config.js'), `export default ${config};`);
    const ran = await fulgurite(here, ['consistency', '--seeds', '1']);
    expect(ran.code).toBe(2);
    expect(ran.errors).toContain(told);
    expect(ran.errors).not.toContain('    at ');
  });

  it('says that the harness failed where it did', async () => {
    const here = folder();
    writeFileSync(join(here, 'fulgurite.config.js'), 'throw new Error("my configuration is broken");');
    const ran = await fulgurite(here, ['consistency', '--seeds', '1']);
    expect(ran.code).toBe(3);
    expect(ran.errors).toContain('my configuration is broken');
  });
});

describe('a finding', () => {
  const here = folder();
  const planted = ['--planted', 'bug.json'];
  let hunted: Ran;
  let file: string;

  beforeAll(async () => {
    writeFileSync(join(here, 'bug.json'), BUG);
    hunted = await fulgurite(here, [
      'consistency',
      '--seeds',
      '1..200',
      '--max-findings',
      '1',
      '--continuations',
      '5',
      '--json',
      'report.json',
      ...planted,
    ]);
    file = /replay (findings\S+)/.exec(hunted.out)?.[1] ?? 'none';
  }, 300_000);

  it('is reported with everything that it takes to understand it', () => {
    expect(hunted.code).toBe(1);
    for (const part of [
      'FOUND ',
      'seed    f',
      'decided ',
      'scenario, shrunk from',
      '▶│',
      'replay  npx fulgurite replay findings',
      'the same finding, trace',
    ]) {
      expect(hunted.out).toContain(part);
    }
    const report = JSON.parse(readFileSync(join(here, 'report.json'), 'utf8')) as {
      readonly findings: readonly { readonly fingerprint: string }[];
    };
    expect(report.findings).toHaveLength(1);
    expect(hunted.out).toContain(report.findings[0]?.fingerprint ?? 'no fingerprint');
  });

  it('replays from its file and from its token, and is gone without the bug', async () => {
    const token = /^seed {4}(\S+)$/m.exec(hunted.out)?.[1] ?? '';
    const [again, seed, fixed] = await Promise.all([
      fulgurite(here, ['replay', file, ...planted]),
      fulgurite(here, ['replay', token, '--trace', 'text', ...planted]),
      fulgurite(here, ['replay', file]),
    ]);
    expect(again).toMatchObject({ code: 1, errors: '' });
    expect(seed).toMatchObject({ code: 1, errors: '' });
    expect(seed?.out).toMatch(/open_channel/);
    expect(fixed).toMatchObject({ code: 0, errors: '' });
    expect(fixed?.out).toContain('it was expected to show');
  });

  it('traces as JSON, a step a line', async () => {
    const { out, code } = await fulgurite(here, ['replay', file, '--trace', 'json', ...planted]);
    const steps = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly node: string; readonly index: number });
    expect(code).toBe(1);
    expect(steps.map(({ index }) => index)).toEqual(steps.map((_, index) => index));
    expect(new Set(steps.map(({ node }) => node))).toEqual(new Set(['A', 'B']));
  });

  it('has each step in full, and a page beside its file', async () => {
    const { steps = [], stepCount = 0 } = (JSON.parse(readFileSync(join(here, 'report.json'), 'utf8')) as HuntReport).findings[0] ?? {};
    const last = stepCount - 1;
    const [step, beyond, none] = await Promise.all(
      [`${last}`, `${stepCount}`, '-1'].map((at) => fulgurite(here, ['replay', file, '--at', at, ...planted])),
    );
    expect(step).toMatchObject({ code: 1, errors: '' });
    expect(step?.out).toContain(`step ${last} of 0 to ${last}: ${steps.at(-1)?.node}, after`);
    for (const { what } of steps.at(-1)?.received ?? []) expect(step?.out).toContain(`\n    ${what}`);
    expect(step?.out).toContain('found here');
    expect(beyond).toMatchObject({ code: 2, out: '', errors: `fulgurite: --at ${stepCount}: the steps of this run are 0 to ${last}\n` });
    expect(none).toMatchObject({ code: 2, out: '' });
    const page = readFileSync(join(here, file.replace(/json$/, 'html')), 'utf8');
    expect(page.match(/<article /g)).toHaveLength(steps.length);
    expect(hunted.out).toContain(file.replace(/json$/, 'html'));
    await fulgurite(here, ['replay', file, '--page', 'again.html', ...planted]);
    expect(readFileSync(join(here, 'again.html'), 'utf8').match(/<article /g)).toHaveLength(steps.length);
    const fixed = await fulgurite(here, ['replay', file, '--page', 'none.html']);
    expect(fixed).toMatchObject({ code: 0, errors: expect.stringContaining('nothing was found') });
    expect(existsSync(join(here, 'none.html'))).toBe(false);
  });

  it('is set aside by known.json', async () => {
    const { expect: fingerprint } = JSON.parse(readFileSync(join(here, file), 'utf8')) as Scenario;
    const found = (
      JSON.parse(readFileSync(join(here, 'report.json'), 'utf8')) as {
        readonly findings: readonly { readonly fingerprint: string; readonly seed: number }[];
      }
    ).findings[0];
    writeFileSync(
      join(here, 'known.json'),
      JSON.stringify({ version: FINGERPRINT_VERSION, findings: { [found?.fingerprint ?? fingerprint]: 'planted for this test' } }),
    );
    const ran = await fulgurite(here, ['consistency', '--seeds', `${found?.seed}`, '--known', 'known.json', ...planted]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('planted for this test');
  });

  it('of every interleaving of a script is shrunk, told and has a page', async () => {
    const ran = await fulgurite(here, ['exhaustive', EXAMPLE, '--executions', '200', ...planted]);
    expect(ran.code, ran.errors).toBe(1);
    const [, stored] = /look {4}(\S+)\.html$/m.exec(ran.out) ?? [];
    expect(readFileSync(join(here, `${stored}.html`), 'utf8')).toContain('<article ');
    const { actions, expect: shows } = JSON.parse(readFileSync(join(here, `${stored}.json`), 'utf8')) as Scenario;
    expect(actions.length).toBeGreaterThan(0);
    expect(ran.out).toContain(`replay ${stored}.json`);
    expect(shows).not.toBe('pass');
  });

  it('becomes a regression that passes once the bug is gone, and shrinking it again changes nothing', async () => {
    const shrunk = await fulgurite(here, ['shrink', file, '--out', 'smaller.json', '--executions', '400', ...planted]);
    expect(shrunk.code).toBe(0);
    const actions = (name: string): number => (JSON.parse(readFileSync(join(here, name), 'utf8')) as Scenario).actions.length;
    expect(actions('smaller.json')).toBeLessThanOrEqual(actions(file));
    expect(readFileSync(join(here, 'smaller.html'), 'utf8')).toContain('<article ');
    expect((await fulgurite(here, ['promote', file, '--name', 'Bad Name'])).code).toBe(2);
    expect((await fulgurite(here, ['promote', file, '--name', 'kept'])).code).toBe(0);
    expect((await fulgurite(here, ['promote', file, '--name', 'kept'])).code).toBe(2);
    const kept = JSON.parse(readFileSync(join(here, 'corpus/regressions/kept.json'), 'utf8')) as Scenario;
    expect(kept.expect).toBe('pass');
    expect(kept.milestones).toContain(`action:${kept.actions.length - 1}`);
    expect(existsSync(join(here, 'findings'))).toBe(true);
    expect((await fulgurite(here, ['replay', 'corpus/regressions/kept.json'])).code).toBe(0);
  });

  it('of a bug that is still there is promoted to what is known, and to the regressions once it is mended', async () => {
    const [open, mended] = ['known', 'regressions'].map((kind) => join(here, 'corpus', kind, 'still-there.json')) as [string, string];
    const promoted = await fulgurite(here, ['promote', file, '--name', 'still-there', ...planted]);
    expect(promoted).toMatchObject({ code: 0, out: expect.stringContaining(join('corpus', 'known', 'still-there.json')) });
    expect(existsSync(mended)).toBe(false);
    const { expect: shows } = JSON.parse(readFileSync(open, 'utf8')) as Scenario;
    expect(shows).not.toBe('pass');
    expect(promoted.out).toContain(`It shows ${shows}, which is known now.`);
    // As long as it is there, its finding is what the file promises.
    expect((await fulgurite(here, ['replay', open, ...planted])).out).toContain(shows);
    expect(await fulgurite(here, ['promote', open, '--name', 'still-there'])).toMatchObject({ code: 0, errors: '' });
    expect([existsSync(open), existsSync(mended)]).toEqual([false, true]);
    expect((JSON.parse(readFileSync(mended, 'utf8')) as Scenario).expect).toBe('pass');
  });
});
