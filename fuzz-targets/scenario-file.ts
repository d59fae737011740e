import fc from 'fast-check';
import { utf8Decode, utf8Encode } from '../core/wire/utf8.ts';
import { parseScenario } from '../sim/run/parse-scenario.ts';
import type { Scenario } from '../sim/scenario/types.ts';
import type { FuzzTarget, Notation } from './target.ts';
import { promise } from './target.ts';

/** Scenarios come from people, from other releases and from shrinking: a wrong one is refused with a sentence that says where. */

const EXAMPLE: Scenario = {
  format: 1,
  about: 'a payment',
  world: {
    seed: 'x',
    crypto: 'fake',
    nodes: [
      { name: 'A', storage: { kind: 'fixed', ms: 0 } },
      { name: 'B', watchers: [{ name: 'w', latency: { kind: 'uniform', minMs: 0, maxMs: 9 } }] },
    ],
    links: [{ ends: ['A', 'B'], latency: { kind: 'fixed', ms: 10 } }],
    channels: [{ name: 'c', opener: 'A', accepter: 'B', fundingSat: '1000000', pushMsat: '0', feeratePerKw: 2500, format: 'anchors' }],
  },
  actions: [
    { do: 'pay', as: 'p', from: 'A', channel: 'c', amountMsat: '1000', cltvDelta: 40 },
    { do: 'deliver', link: 'A-B', to: 'B', message: 'update_add_htlc' },
    { do: 'disconnect', link: 'A-B' },
    { do: 'crash', node: 'A', survive: 1 },
    { do: 'restart', node: 'A' },
    { do: 'mine', blocks: 3 },
    { do: 'reorg', depth: 2, transactions: 'lost' },
    { do: 'custom', operation: 'acme/foo', args: {} },
  ],
  milestones: ['action:0'],
  expect: 'pass',
};

/** What is put where something else belongs, as JSON. */
const VALUES = [
  'null',
  '0',
  '-1',
  '1.5',
  '1e400',
  'true',
  '""',
  '"x"',
  '[]',
  '[null]',
  '{}',
  '{"toString":1}',
  '{"__proto__":{"do":"mine"}}',
  '{"do":"mine","blocks":1}',
  '"__proto__"',
  '"toString"',
  '"constructor"',
];

const notation: Notation = {
  extension: '.json',
  parse: (text) => utf8Encode(text),
  print: (bytes) => utf8Decode(bytes) ?? '',
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The same with one place, anywhere inside, replaced, or one property renamed or gone. */
function altered(value: Json, int: (n: number) => number): Json {
  const replacement = (): Json => JSON.parse(VALUES[int(VALUES.length)] as string) as Json;
  if (typeof value !== 'object' || value === null || int(8) === 0) return replacement();
  if (Array.isArray(value)) {
    const items = [...(value as readonly Json[])];
    const at = int(Math.max(1, items.length));
    if (items.length === 0 || int(6) === 0) items.splice(at, int(2), replacement());
    else items[at] = altered(items[at] as Json, int);
    return items;
  }
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  const at = int(Math.max(1, entries.length));
  const [name, item] = entries[at] ?? ['do', null];
  const way = int(8);
  if (way === 0) entries.splice(at, 1);
  else if (way === 1) entries[at] = [`${name}x`, item];
  else entries[at] = [name, altered(item, int)];
  return Object.fromEntries(entries);
}

function vary(bytes: Uint8Array, int: (n: number) => number): Uint8Array | undefined {
  try {
    return utf8Encode(JSON.stringify(altered(JSON.parse(utf8Decode(bytes) ?? '') as Json, int)));
  } catch {
    return undefined;
  }
}

/** What is wrong with the text, or the scenario. Anything thrown that is not meant for people passes through. */
function read(text: string): Scenario | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return String(error);
  }
  try {
    return parseScenario(json);
  } catch (error) {
    // A plain Error is written for people; a TypeError or RangeError is an accident.
    if (error instanceof Error && error.constructor === Error) return error.message;
    throw error;
  }
}

export const scenarioFileTarget: FuzzTarget = {
  name: 'scenario-file',
  about: 'a scenario as JSON',
  maxLength: 8192,
  fuzz(bytes) {
    const scenario = read(utf8Decode(bytes) ?? '');
    if (typeof scenario === 'string') {
      promise(
        scenario !== '' && scenario.length <= 10_000 + bytes.length,
        'a refusal is a sentence',
        () => `${scenario.length} characters`,
      );
      return;
    }
    const text = JSON.stringify(scenario);
    promise(JSON.stringify(parseScenario(JSON.parse(text))) === text, 'a scenario reads as it was written', () => text);
  },
  dictionary: [...VALUES, ...Object.keys(EXAMPLE), ...EXAMPLE.actions.map((action) => JSON.stringify(action))].map((text) =>
    utf8Encode(text),
  ),
  structure: fc.array(fc.nat(0xffff), { maxLength: 40 }).map((draws) => {
    const left = [...draws];
    const int = (n: number): number => (left.shift() ?? 0) % n;
    let json = JSON.parse(JSON.stringify(EXAMPLE)) as Json;
    while (left.length > 0) json = altered(json, int);
    return utf8Encode(JSON.stringify(json));
  }),
  vary,
  describe(bytes) {
    const text = utf8Decode(bytes);
    if (text === undefined) return 'no UTF-8';
    const scenario = read(text);
    return typeof scenario === 'string' ? `refused: ${scenario}` : `a scenario of ${scenario.actions.length} actions`;
  },
  notation,
  reaches(bytes) {
    const scenario = read(utf8Decode(bytes) ?? '');
    return typeof scenario === 'string' ? ['refused'] : scenario.actions.map((action) => action.do);
  },
};
