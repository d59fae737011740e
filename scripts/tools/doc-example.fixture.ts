/// <reference types="node" />
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { packageRoot } from '../node/package-files.ts';

/** Runs the example of a page from this checkout: it must print what its comments promise. */
export async function runExample(page: string, name: string): Promise<void> {
  const code = /^```ts example\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
  const folder = join(packageRoot(), 'build', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'example.ts');
  writeFileSync(file, code.replaceAll("'fulgurite/sim'", "'../../sim/index.ts'"));
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import(file);
  const printed = log.mock.calls.map((line) => line.map((value) => (typeof value === 'bigint' ? `${value}n` : String(value))).join(' '));
  log.mockRestore();
  const promised = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  expect(promised.length).toBeGreaterThan(0);
  expect(printed).toEqual(promised);
}
