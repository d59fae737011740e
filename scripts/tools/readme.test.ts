/// <reference types="node" />
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_REGISTRY } from '../../sim/run/run.ts';
import { DEFAULT_CAMPAIGN, parseToken } from '../../sim/run/seed.ts';
import { packageRoot } from '../node/package-files.ts';
import { runExample } from './doc-example.fixture.ts';
import { linksOf, placeOf } from './readme-links.fixture.ts';

const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8');

function kindOf(path: string): 'blob' | 'tree' | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && (found.isDirectory() ? 'tree' : 'blob');
}

describe('the README', () => {
  it('has an example that runs and prints what it says', async () => {
    await runExample(readme, 'readme');
  });

  it('names only seed tokens that this version runs', () => {
    const tokens = [...readme.matchAll(/\bf\d+-[0-9a-z]{8,}-\d+\b/g)].map(([token]) => token);
    expect(tokens.length).toBeGreaterThan(0);
    for (const token of tokens) expect(parseToken(token, BUILT_IN_REGISTRY).options).toEqual(DEFAULT_CAMPAIGN);
  });

  it('names only files and scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...readme.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name]) => name ?? '');
    expect(named.length).toBeGreaterThan(3);
    for (const name of named) expect(scripts).toHaveProperty([name]);
    const places = linksOf(readme).flatMap((link) => placeOf(link) ?? []);
    expect(places.length).toBeGreaterThan(20);
    for (const { kind, path } of places) expect([path, kindOf(join(packageRoot(), path))]).toEqual([path, kind]);
  });
});
