/// <reference types="node" />
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../node/package-files.ts';
import { scratch } from '../../node/scratch.fixture.ts';

function hunt(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const tsx = createRequire(import.meta.url).resolve('tsx/cli');
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [tsx, join(packageRoot(), 'scripts/tools/hunt/hunt.ts'), ...args], { encoding: 'utf8', env });
}

it('a wait that is left out is noticed, and so are a forgotten field and a value that is reached', { timeout: 180_000 }, () => {
  const folder = scratch();
  const chosen = ['transition.ts/send.after', 'shared.base.balanceMsat.opener/first', 'update_add_htlc.id=0'];
  const { status, stdout, stderr } = hunt(
    '--only',
    ...chosen,
    '--runs',
    '50',
    '--workers',
    '1',
    '--outcomes',
    join(folder, 'outcomes.json'),
  );
  for (const name of ['after', 'field', 'edge']) expect(stdout, stderr).toMatch(new RegExp(`^${name} +1 +1 +100.0 %`, 'm'));
  expect(status).toBe(0);
});

it('a part that there is not, and a name that nothing has, are told', { timeout: 120_000 }, () => {
  expect(hunt('--shard', '5/4')).toMatchObject({ status: 2, stderr: expect.stringContaining('--shard is k/n') as string });
  expect(hunt('--only', 'no such mutant')).toMatchObject({ status: 2, stderr: expect.stringContaining('--list names them') as string });
});
