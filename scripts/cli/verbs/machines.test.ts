/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../node/package-files.ts';
import { verbs } from './index.ts';
import { parseSeeds } from './parse-arguments.ts';
import { parseShard } from './parse-shard.ts';

const FILES = [
  '.github/workflows/ci.yml',
  '.github/workflows/nightly.yml',
  'scripts/machines/hosted-matrix.yml',
  'scripts/machines/kubernetes-job.yaml',
  'docs/many-machines.md',
  'README.md',
];

/** The command lines of fulgurite in a file, as words; lines that end with a backslash go on, and what a workflow fills in is 1. */
function commandsIn(file: string): readonly (readonly string[])[] {
  const text = readFileSync(join(packageRoot(), file), 'utf8')
    .replace(/\\\n\s*/g, ' ')
    .replace(/\$\{\{[^}]*\}\}/g, '1');
  return [...text.matchAll(/(?:npx fulgurite|npm run -s fulgurite --) ([a-z]+ [^\n#|`]*)/g)].map(([, line = '']) =>
    line.trim().split(/\s+/),
  );
}

describe.each(FILES)('%s', (file) => {
  const commands = commandsIn(file);

  it('names only verbs and options that there are', () => {
    expect(commands.length).toBeGreaterThan(0);
    for (const [verb, ...words] of commands) {
      const known = verbs.find(({ command }) => command.split(' ')[0] === verb);
      expect({ verb, known: known !== undefined }).toEqual({ verb, known: true });
      const options = words.filter((word) => word.startsWith('--')).map((word) => word.slice(2));
      expect(Object.keys(known?.options ?? {})).toEqual(expect.arrayContaining(options));
    }
  });

  it('gives ranges and shards that are taken', () => {
    const after = (option: string): string[] =>
      commands.flatMap((words) => words.flatMap((word, i) => (word === option ? [words[i + 1]?.replaceAll('"', '') ?? ''] : [])));
    for (const seeds of after('--seeds')) if (!seeds.includes('$')) expect(parseSeeds(seeds).from).toBeGreaterThan(0);
    const environment = { JOB_COMPLETION_INDEX: '0' };
    for (const shard of after('--shard')) expect(parseShard(shard, environment).index).toBeGreaterThan(0);
  });
});

describe.each(FILES.filter((file) => file.includes('nightly') || file.includes('matrix')))('the matrix of %s', (file) => {
  it('has every shard once', () => {
    const text = readFileSync(join(packageRoot(), file), 'utf8');
    const shards = JSON.parse(/shard: (\[[\d, ]+\])/.exec(text)?.[1] ?? '[]') as number[];
    const of = Number(/--shard \$\{\{ matrix\.shard \}\}\/(\d+)/.exec(text)?.[1]);
    expect(shards).toEqual(Array.from({ length: of }, (_, i) => i + 1));
  });
});

describe('the indexed Job', () => {
  it('has as many pods as shards', () => {
    const text = readFileSync(join(packageRoot(), 'scripts/machines/kubernetes-job.yaml'), 'utf8');
    const [completions, parallelism, shards] = [/completions: (\d+)/, /parallelism: (\d+)/, /--shard auto\/(\d+)/].map(
      (of) => of.exec(text)?.[1],
    );
    expect([completions, parallelism]).toEqual([shards, shards]);
  });
});
