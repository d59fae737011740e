/// <reference types="node" />
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from './package-files.ts';
import { StaleBugError, edit, plant, readBug, readBugs } from './plant.ts';
import type { PlantedBug } from './plant.ts';
import { scratch } from './scratch.fixture.ts';

const bug: PlantedBug = {
  name: 'plant-test',
  file: 'core/node/config.ts',
  find: 'toSelfDelay: 144',
  replace: 'toSelfDelay: 145',
  sides: 'one',
};

describe('planting', () => {
  it('edits a build and leaves the source alone', async () => {
    const before = readFileSync(join(packageRoot(), bug.file), 'utf8');
    const file = {
      ...bug,
      name: 'plant-test-ids',
      file: 'sim/drivers/fulgurite.ts',
      find: "entropy('id')",
      replace: "entropy('other id')",
    };
    const { module, sides } = await plant(file);
    expect(sides).toBe('one');
    expect(readFileSync(module, 'utf8')).toContain('other id');
    expect(readFileSync(join(packageRoot(), bug.file), 'utf8')).toBe(before);
    const { fulguriteDriver } = (await import(module)) as { fulguriteDriver: unknown };
    expect(fulguriteDriver).toBeTypeOf('function');
  });

  it.each([
    ['text that is not there', { find: 'no such text' }, 'occurs 0 times'],
    ['text that is there twice', { find: 'const' }, 'and must occur once'],
    ['a file that is not there', { file: 'core/none.ts' }, 'there is no core/none.ts'],
    ['a file that the driver does not use', { file: 'sim/campaign/shrink.ts', find: 'class Search' }, 'does not use'],
  ])('refuses %s as stale', async (_, change, why) => {
    const error: unknown = await plant({ ...bug, ...change }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StaleBugError);
    expect((error as Error).message).toContain(why);
  });

  it('reads bugs by the name of their file, and refuses what is none', () => {
    const folder = scratch();
    const { name: _, ...text } = bug;
    writeFileSync(join(folder, 'b-second.json'), JSON.stringify(text));
    writeFileSync(join(folder, 'a-first.json'), JSON.stringify({ ...text, expectOracle: 'limits' }));
    expect(readBugs(folder)).toEqual([
      { ...text, name: 'a-first', expectOracle: 'limits' },
      { ...text, name: 'b-second' },
    ]);
    writeFileSync(join(folder, 'c.json'), JSON.stringify({ ...text, sides: 'none' }));
    expect(() => readBugs(folder)).toThrow(StaleBugError);
    writeFileSync(join(folder, 'd.json'), JSON.stringify({ ...text, replace: text.find }));
    expect(() => readBug(join(folder, 'd.json'))).toThrow('same text');
  });

  it('finds every bug of this project in its file, exactly once', () => {
    const bugs = readBugs(join(packageRoot(), 'mutation/planted'));
    for (const one of bugs) expect(edit(one, readFileSync(join(packageRoot(), one.file), 'utf8'))).toContain(one.replace);
    expect(bugs.length).toBeGreaterThanOrEqual(30);
    expect(new Set(bugs.map(({ sides }) => sides))).toEqual(new Set(['one', 'both']));
  });

  it('replaces literally', () => {
    expect(edit({ ...bug, find: 'a.b', replace: "$& $' $1" }, 'x a.b y')).toBe("x $& $' $1 y");
  });
});
