/// <reference types="node" />
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Found } from '../../sim/campaign/results.ts';
import { Engine } from '../../sim/campaign/engine.ts';
import type { Scenario } from '../../sim/scenario/types.ts';
import { FindingFiles, scenarioText } from './finding-files.ts';
import { replayAll } from '../node/replay-all.ts';
import { readScenario, readScenarios } from '../node/scenario-files.ts';
import { scratch } from '../node/scratch.fixture.ts';

const engine = new Engine();
const scenario: Scenario = {
  ...engine.runToken(engine.token(3)).scenario,
  about: 'with "quotes"\nand a second line',
  milestones: ['action:1'],
};

function found(seed: number): Found {
  const finding = { oracle: 'toy', rule: 'a rule/of two', kind: 'x', message: 'm', expected: '', actual: '', at: 0 } as const;
  return { seed, token: `t${seed}`, finding, foundAs: 'toy/a rule/x', scenario: { ...scenario, expect: 'toy/a rule/of two/x' } };
}

describe('files of scenarios', () => {
  it('hold the whole scenario, one action a line', () => {
    expect(JSON.parse(scenarioText(scenario))).toEqual(scenario);
    expect(JSON.parse(scenarioText({ ...scenario, actions: [] }))).toEqual({ ...scenario, actions: [] });
    for (const action of scenario.actions) expect(scenarioText(scenario)).toContain(`"do": "${action.do}"`);
    expect(scenarioText(scenario).split('\n').length).toBeGreaterThan(scenario.actions.length);
  });

  it('are one a fingerprint, of the lowest seed, written at once', () => {
    const folder = join(scratch(), 'new');
    const files = new FindingFiles(folder);
    for (const seed of [7, 3, 5]) files.write(found(seed));
    expect(readdirSync(folder)).toEqual(['toy-a-rule-of-two-x.json']);
    const [stored] = readScenarios(folder);
    expect(stored?.scenario).toEqual({ ...found(3).scenario, about: 'm. Found with seed t3.' });
  });

  it('that cannot be read say which and why', () => {
    expect(() => readScenario('none.json')).toThrow('none.json: no such file');
    expect(() => readScenario(join(import.meta.dirname, 'finding-files.ts'))).toThrow('finding-files.ts: Unexpected token');
    expect(() => readScenarios('no/such/folder')).toThrow('no/such/folder: no such folder');
    expect(() => replayAll('no/such/folder')).toThrow('no/such/folder: no such folder');
  });
});
