import { expect, it } from 'vitest';
import { readScenarios } from '../scripts/node/scenario-files.ts';
import { Engine } from '../sim/campaign/engine.ts';

const scripts = readScenarios('corpus/scripts');

it.each(scripts)('every interleaving of $name ends in agreement', ({ scenario }) => {
  const { finding, complete, states } = new Engine().explore(scenario);
  expect(finding).toBeUndefined();
  expect(complete).toBe(true);
  expect(states).toBeGreaterThan(1000);
});

it('there are scripts to visit', () => {
  expect(scripts.map(({ name }) => name)).toContain('two-crossing-payments');
});
