/// <reference types="node" />
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from '../core/rules.ts';
import { packageRoot } from '../scripts/node/package-files.ts';
import { declaredNames } from '../scripts/tools/requirements/break.ts';
import { PAGE, requirementsPage } from '../scripts/tools/requirements/page.ts';
import { readPlace, readRequirements, readTest } from '../scripts/tools/requirements/table.ts';

const root = packageRoot();
const requirements = readRequirements(root);
const kept = requirements.filter(({ status }) => status === 'implemented');

function read(file: string): string {
  return existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
}

const names = new Map<string, ReadonlySet<string>>();

function declares(file: string, name: string): boolean {
  const known = names.get(file) ?? declaredNames(read(file));
  names.set(file, known);
  return known.has(name);
}

/** Whether a place is where the table says. */
function isThere(place: string): boolean {
  const named = readPlace(place);
  if ('rule' in named) return Object.hasOwn(RULES, named.rule);
  return named.name === undefined ? read(named.file) !== '' : declares(named.file, named.name);
}

/** Titles may hold what a template fills in. */
function isTested(test: string): boolean {
  const { file, title } = readTest(test);
  const text = read(file);
  return text !== '' && (title === undefined || text.includes(title) || text.includes(title.replaceAll("'", "\\'")));
}

describe('the table of requirements', () => {
  it('has each requirement once', () => {
    expect(new Set(requirements.map(({ id }) => id)).size).toBe(requirements.length);
    expect(kept.length).toBeGreaterThan(400);
  });

  it('names for each that is implemented the place that keeps it', () => {
    expect(kept.filter(({ places }) => places.length === 0 || !places.every(isThere)).map(({ id, places }) => [id, ...places])).toEqual([]);
  });

  it('says of each that is not kept in full why', () => {
    expect(requirements.filter(({ status, reason }) => (status === 'implemented') !== (reason === '')).map(({ id }) => id)).toEqual([]);
    for (const { reason } of requirements) expect(reason.length).toBeLessThan(250);
  });

  it('is the page for people', () => {
    expect(read(PAGE) === requirementsPage(requirements), 'npm run -s requirements -- --page writes it anew').toBe(true);
  });

  it('and a test', () => {
    expect(kept.filter(({ tests }) => tests.length === 0 || !tests.every(isTested)).map(({ id, tests }) => [id, ...tests])).toEqual([]);
  });
});
