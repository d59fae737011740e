/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as core from '../../core/index.ts';
import { SOURCES_RULES } from '../../core/sources/rules.ts';
import { packageRoot } from '../node/package-files.ts';

const page = readFileSync(join(packageRoot(), 'docs', 'sources.md'), 'utf8');

describe('the page about sources', () => {
  it('names every trouble, and tells those after which a source goes on with its server', () => {
    for (const [rule, { consequence }] of Object.entries(SOURCES_RULES)) {
      expect(page).toContain(`\`${rule}\``);
      expect([rule, page.includes(`\`${rule}\` (goes on)`)]).toEqual([rule, consequence === 'ignore']);
    }
    for (const [rule] of page.matchAll(/source\.[a-z_]+/g)) expect(SOURCES_RULES).toHaveProperty([rule]);
  });

  it('names every limit, and only what there is', () => {
    for (const limit of Object.keys(core.DEFAULT_SOURCE_LIMITS)) expect(page).toContain(`\`${limit}\``);
    for (const [, name] of page.matchAll(/`(create\w+Source|\w+Step)`/g)) expect(core).toHaveProperty([name ?? '']);
    for (const [, to] of page.matchAll(/\]\((\.\.\/[^)]+)\)/g))
      expect([to, existsSync(join(packageRoot(), 'docs', to ?? ''))]).toEqual([to, true]);
  });
});
