/// <reference types="node" />
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table } from '../../../sim/report/table.ts';
import { packageRoot } from '../../node/package-files.ts';
import { brokenDeclaration, withoutRule } from './break.ts';
import type { Break } from './break.ts';
import { writePage } from './page.ts';
import { readPlace, readRequirements, readTest } from './table.ts';
import type { Requirement } from './table.ts';

/**
 * `npm run requirements`: how many requirements of the BOLTs are kept, and where the table stands. `-- --sample 40`: so many of them, drawn by
 * the last commit, are broken where the table says that they are kept, one after the other in a copy of the sources; the test that the table
 * names must fail. Exit 1 where more than one in twenty goes unnoticed. `-- --page`: writes the page for people.
 */
const root = packageRoot();
const SKIPPED = /(^|\/)(node_modules|dist|build|\.git|findings|coverage)(\/|$)/;

interface Trial {
  readonly requirement: Requirement;
  readonly file: string;
  readonly change: Break;
}

function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 0x1_0000_0000;
}

/** Files of core that name a rule. */
function filesNaming(rule: string): readonly string[] {
  const found = execFileSync('git', ['grep', '-l', '-F', `'${rule}'`, '--', 'core/*.ts'], { cwd: root, encoding: 'utf8' });
  return found.split('\n').filter((file) => file.endsWith('.ts') && !/(\.test|\.fixture|rules)\.ts$/.test(file));
}

function breaksOf(place: string): readonly { readonly file: string; readonly change: Break }[] {
  const named = readPlace(place);
  const files = 'rule' in named ? filesNaming(named.rule) : [named.file];
  return files.flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const changes = 'rule' in named ? withoutRule(source, named.rule) : brokenDeclaration(source, named.name);
    return changes.map((change) => ({ file, change }));
  });
}

/** A requirement's way to break, drawn; undefined where nothing in its place can be broken by a small change. */
function trialOf(requirement: Requirement, seed: string): Trial | undefined {
  const all = requirement.places.flatMap(breaksOf);
  const drawn = all[Math.floor(fraction(`${seed}/${requirement.id}/change`) * all.length)];
  return drawn && requirement.tests.length > 0 ? { requirement, ...drawn } : undefined;
}

function drawTrials(count: number, seed: string): readonly Trial[] {
  const drawn = readRequirements(root)
    .filter(({ status }) => status === 'implemented')
    .map((requirement) => ({ requirement, at: fraction(`${seed}/${requirement.id}`) }))
    .sort((a, b) => a.at - b.at);
  const trials: Trial[] = [];
  for (const { requirement } of drawn) {
    if (trials.length === count) break;
    const trial = trialOf(requirement, seed);
    if (trial !== undefined) trials.push(trial);
  }
  return trials;
}

/** True when one of the named tests fails with the change. */
function isNoticed(copy: string, { requirement: { tests }, file, change }: Trial): boolean {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  writeFileSync(path, change.text);
  try {
    return tests.some((test) => fails(copy, test));
  } finally {
    writeFileSync(path, original);
  }
}

/** What the title of a test matches; one of a table has places in it that each of its rows fills. */
function patternOf(title: string): string {
  return title
    .split(/%[a-z]|\$\w+/)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
}

function fails(copy: string, test: string): boolean {
  const { file, title } = readTest(test);
  const named = title === undefined ? [] : ['-t', patternOf(title)];
  const { status } = spawnSync('npx', ['vitest', 'run', file, ...named], { cwd: copy, timeout: 180_000, stdio: 'ignore' });
  return status !== 0;
}

function sample(count: number, seed: string): number {
  const copy = mkdtempSync(join(tmpdir(), 'fulgurite-requirements-'));
  try {
    cpSync(root, copy, { recursive: true, filter: (path) => !SKIPPED.test(relative(root, path)) });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const trials = drawTrials(count, seed);
    let unnoticed = 0;
    for (const [index, trial] of trials.entries()) {
      const noticed = isNoticed(copy, trial);
      if (!noticed) unnoticed++;
      const { requirement, file, change } = trial;
      console.log(`${String(index + 1).padStart(3)}  ${noticed ? 'noticed  ' : 'UNNOTICED'}  ${requirement.id}  ${file}:${change.line}`);
      if (!noticed)
        console.log(`       ${oneLine(change.before)}\n    →  ${oneLine(change.after)}\n       ${requirement.tests.join('\n       ')}`);
    }
    console.log(`${trials.length - unnoticed} of ${trials.length} noticed, drawn by ${seed}`);
    return unnoticed * 20 > trials.length ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}

const STATUSES = ['implemented', 'partly', 'missing', 'not applicable', 'not spoken yet'] as const;

function overview(): string {
  const requirements = readRequirements(root);
  const bolts = [...new Set(requirements.map(({ bolt }) => bolt))];
  const count = (bolt: string, status: string): string =>
    String(requirements.filter((each) => each.bolt === bolt && each.status === status).length);
  return table(
    [{ title: 'requirements' }, ...STATUSES.map((title) => ({ title, align: 'right' as const }))],
    bolts.map((bolt) => [bolt, ...STATUSES.map((status) => count(bolt, status))]),
  );
}

function main([flag, number]: readonly string[]): number {
  if (flag === undefined) {
    console.log(
      `${overview()}\n\nThe table: corpus/requirements/bolt-requirements.tsv. \`-- --sample 40\` breaks so many and runs their tests, \`-- --page\` writes docs/requirements.md.`,
    );
    return 0;
  }
  if (flag === '--page') {
    writePage();
    return 0;
  }
  const count = Number(number);
  if (flag !== '--sample' || !Number.isSafeInteger(count) || count < 1) {
    console.error('usage: npm run requirements [-- --sample <how many> | -- --page]');
    return 2;
  }
  return sample(count, execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
