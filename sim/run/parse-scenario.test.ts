import { describe, expect, it } from 'vitest';
import { DEFAULT_CAMPAIGN } from '../run/seed.ts';
import { Engine } from '../campaign/engine.ts';
import { parseScenario } from './parse-scenario.ts';
import type { Scenario } from '../scenario/types.ts';

const engine = new Engine({ campaign: { ...DEFAULT_CAMPAIGN, licensedPercent: 50 } });
const recorded = [1, 2, 3, 4, 5, 6].map((seed) => engine.runToken(engine.token(seed)).scenario);
const [first] = recorded as [Scenario];

const withLink = (change: object): object => ({ ...first, world: { ...first.world, links: [{ ...first.world.links[0], ...change }] } });

describe('scenarios from JSON', () => {
  it('are what was recorded', () => {
    for (const scenario of recorded) expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  it.each([
    ['another format', { ...first, format: 2 }, 'no scenario of format 1'],
    ['no scenario at all', [], 'no scenario of format 1'],
    ['a field that nobody knows', { ...first, acions: [] }, "nobody knows what 'acions' means"],
    ['an action that nobody knows', { ...first, actions: [{ do: 'dance' }] }, "no action is called 'dance'"],
    ['an action called like a property of objects', { ...first, actions: [{ do: 'constructor' }] }, "no action is called 'constructor'"],
    ['an action without its node', { ...first, actions: [{ do: 'crash' }] }, "action 0 (crash): 'node' is missing"],
    [
      'an amount that is a number',
      { ...first, actions: [{ do: 'fee', node: 'A', channel: 'c1', feeratePerKw: '253' }] },
      "'feeratePerKw' cannot be",
    ],
    [
      'a latency without its bounds',
      { ...first, world: { ...first.world, nodes: [{ name: 'A', storage: { kind: 'uniform', minMs: 1 } }] } },
      "'storage' cannot be",
    ],
    [
      'a link to nobody',
      { ...first, world: { ...first.world, links: [{ ends: ['A', 'Z'], latency: { kind: 'fixed', ms: 1 } }] } },
      "no node is called 'Z'",
    ],
    ['a transport that nobody knows', withLink({ transport: 'pigeons' }), "link 0: 'transport' cannot be"],
    ['pieces of nothing', withLink({ transport: 'encrypted', fragments: [0] }), "link 0: 'fragments' cannot be [0]"],
    ['no pieces', withLink({ transport: 'encrypted', fragments: [] }), "link 0: 'fragments' cannot be []"],
    [
      'a flipped bit that is not named',
      { ...first, actions: [{ do: 'corrupt', link: 'A-B', to: 'B', message: 'init' }] },
      "'bit' is missing",
    ],
    ['two nodes of one name', { ...first, world: { ...first.world, nodes: [{ name: 'A' }, { name: 'A' }] } }, 'same name'],
  ])('are refused with %s', (_, json, why) => {
    expect(() => parseScenario(json)).toThrow(why);
  });
});
