/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../node/package-files.ts';
import { runExample } from './doc-example.fixture.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'drivers.md'), 'utf8');

describe('the page about drivers', () => {
  it('has an example of a driver behind a pipe, which a short hunt finds nothing against', { timeout: 300_000 }, async () => {
    await runExample(page, 'drivers-page');
  });

  it('names every capability that a driver may have, and only files that there are', () => {
    const source = readFileSync(join(packageRoot(), 'sim/scenario/types.ts'), 'utf8');
    const [, body = ''] = /^export interface Driver \{\n(.*?)^\}$/ms.exec(source) ?? [];
    const optional = [...body.matchAll(/^  (?:readonly )?(\w+)\?/gm)].map(([, name]) => name ?? '');
    expect(optional.length).toBeGreaterThan(6);
    for (const name of optional) expect(page).toContain(`\`${name}\``);
    const links = [...page.matchAll(/\]\((\.\.\/[^)]+)\)/g)].map(([, to]) => to ?? '');
    expect(links.length).toBeGreaterThan(4);
    for (const link of links) expect([link, existsSync(join(packageRoot(), 'docs', link))]).toEqual([link, true]);
  });
});
