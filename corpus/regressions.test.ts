/// <reference types="node" />
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { bitcoreInterpreter } from '../sim/interpreter/bitcore.ts';
import { readScenarios, replayAll } from '../scripts/node/index.ts';

const folder = fileURLToPath(new URL('regressions', import.meta.url));
const config = { interpreter: bitcoreInterpreter };
const known = fileURLToPath(new URL('known', import.meta.url));

/** What was found once is run again for ever. Most are the shrunk cases of planted bugs: each passes only without its bug. */
describe('regressions', () => {
  for (const { name, run } of replayAll(folder, config)) it(name, run);

  it('pass all: what they show is fixed', () => {
    const scenarios = readScenarios(folder);
    expect(scenarios.length).toBeGreaterThanOrEqual(20);
    expect(scenarios.filter(({ scenario }) => scenario.expect !== 'pass').map(({ name }) => name)).toEqual([]);
  });
});

/** Bugs that are still open, each until `promote` finds it fixed: then it moves to the regressions. */
const open = existsSync(known) ? replayAll(known, config) : [];
describe.runIf(open.length > 0)('what is known', () => {
  for (const { name, run } of open) it(`is still so: ${name}`, run);
});
