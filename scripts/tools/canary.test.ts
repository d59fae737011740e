/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Scenario } from '../../sim/scenario/types.ts';
import { packageRoot } from '../node/package-files.ts';
import { scratch } from '../node/scratch.fixture.ts';

it('the canary finds what can be found, keeps its case, and fails where a bug is stale', { timeout: 180_000 }, () => {
  const folder = scratch();
  const name = 'retransmission-order.json';
  cpSync(join(packageRoot(), 'mutation/planted', name), join(folder, name));
  const bug = JSON.parse(readFileSync(join(folder, name), 'utf8')) as object;
  writeFileSync(join(folder, 'z-stale.json'), JSON.stringify({ ...bug, find: 'no such text' }));
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const args = [
    tsx,
    join(packageRoot(), 'scripts/tools/canary.ts'),
    '--dir',
    folder,
    '--runs',
    '100',
    '--more',
    '2',
    '--keep',
    join(folder, 'kept'),
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  expect(stdout, stderr).toMatch(/^retransmission-order +one +found +(agreement|no-unprovoked-close|reference) /m);
  expect(stdout).toMatch(/^z-stale +one +STALE/m);
  expect(stdout).toMatch(/1 of 2 found, shrunk to a median of \d+ actions/);
  expect(stdout).toMatch(/findings a bug, merged: median \d, most \d/);
  expect(status).toBe(3);
  const kept = JSON.parse(readFileSync(join(folder, 'kept', name), 'utf8')) as Scenario;
  expect(kept.expect).toBe('pass');
  expect(kept.actions.length).toBeLessThan(30);
});
