import { MAX_FRAGMENT } from './types.ts';
import type { Action, ChannelSpec, LinkSpec, NodeSpec, Scenario, WorldSpec } from './types.ts';
import { STATE } from './sinks.ts';

/** Newest format that this release writes and reads. Older ones are migrated here, so that regressions outlive releases. */
export const SCENARIO_FORMAT = 1;

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;
/** A check for every field that the type has. */
type ShapeOf<T> = { readonly [K in keyof Required<T>]: Check };
type Fields<D extends Action['do']> = ShapeOf<Omit<Extract<Action, { do: D }>, 'do'>>;

const text: Check = (value) => typeof value === 'string' && value !== '';
const decimal: Check = (value) => typeof value === 'string' && /^\d+$/.test(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const format: Check = (value) => value === 'anchors' || value === 'static_remotekey';
const object: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);

const latency: Check = (value) =>
  object(value) &&
  ((value as { kind?: unknown }).kind === 'fixed'
    ? problem(value, { kind: text, ms: count }) === undefined
    : problem(value, { kind: oneOf('uniform'), minMs: count, maxMs: count }) === undefined);

const opening = { fundingSat: decimal, pushMsat: decimal, feeratePerKw: count, format, upfrontShutdown: maybe(flag) };

/** What each action must say. */
const ACTIONS: { readonly [D in Action['do']]: Fields<D> } = {
  deliver: { link: text, to: text, message: text },
  connect: { link: text },
  disconnect: { link: text },
  corrupt: { link: text, to: text, message: text, bit: count },
  stored: { node: text, channel: text, sink: text, which: count },
  crash: { node: text, survive: maybe(count) },
  restart: { node: text, backup: maybe(count) },
  mine: { blocks: count },
  reorg: { depth: count, transactions: oneOf('mined', 'waiting', 'lost') },
  see: { node: text, blocks: count },
  feerate: { node: text, feeratePerKw: count },
  open: { as: text, from: text, to: text, ...opening },
  pay: { as: text, from: text, channel: text, amountMsat: decimal, cltvDelta: count, hashOf: maybe(text) },
  fulfill: { node: text, payment: text },
  fail: { node: text, payment: text },
  fail_malformed: { node: text, payment: text },
  fee: { node: text, channel: text, feeratePerKw: count },
  commit: { node: text, channel: text },
  shutdown: { node: text, channel: text },
  force_close: { node: text, channel: text },
  acknowledge: { node: text },
  wait: { ms: count },
  tamper: { link: text, to: text, message: text, with: text },
  invalid_command: { node: text, channel: text, request: text },
  custom: { operation: text, args: object },
};

/** As a sink it must differ from the channels' own stores. */
const watcherName: Check = (value) => text(value) && value !== STATE;
const NODE: ShapeOf<NodeSpec> = {
  name: text,
  driver: maybe(text),
  config: maybe(object),
  storage: maybe(latency),
  watchers: maybe(list((value) => problem(value, { name: watcherName, latency }) === undefined)),
  acknowledge: maybe(oneOf('at-once', 'later')),
  feeratePerKw: maybe(count),
};
const CHANNEL: ShapeOf<ChannelSpec> = { name: text, opener: text, accepter: text, ...opening };
const ends: Check = (value) => list(text)(value) && (value as readonly unknown[]).length === 2;
/** Bytes that arrive at once. */
const fragments: Check = (value) =>
  list((size) => count(size) && (size as number) >= 1 && (size as number) <= MAX_FRAGMENT)(value) &&
  (value as readonly number[]).length > 0;
const LINK: ShapeOf<LinkSpec> = { ends, latency, transport: maybe(oneOf('frames', 'encrypted')), fragments: maybe(fragments) };
const WORLD: ShapeOf<WorldSpec> = {
  seed: text,
  crypto: oneOf('fake', 'noble', 'native'),
  nodes: list(object),
  links: list(object),
  channels: list(object),
  licences: maybe(list(text)),
};
const SCENARIO: ShapeOf<Scenario> = {
  format: count,
  about: maybe(text),
  world: object,
  actions: list(object),
  milestones: maybe(list(text)),
  expect: text,
};

/** A scenario from JSON. Throws an Error that names the first place that is wrong. */
export function parseScenario(json: unknown): Scenario {
  const version = object(json) ? (json as { format?: unknown }).format : undefined;
  if (version !== SCENARIO_FORMAT) throw new Error(`no scenario of format ${SCENARIO_FORMAT}, which is what this release reads`);
  demand(json, SCENARIO, 'the scenario');
  const scenario = json as Scenario;
  demand(scenario.world, WORLD, 'world');
  for (const [index, node] of scenario.world.nodes.entries()) demand(node, NODE, `node ${index}`);
  for (const [index, link] of scenario.world.links.entries()) demand(link, LINK, `link ${index}`);
  for (const [index, channel] of scenario.world.channels.entries()) demand(channel, CHANNEL, `channel ${index}`);
  requireNames(scenario.world);
  for (const [index, action] of scenario.actions.entries()) {
    const shape: Shape | undefined = text(action.do) && Object.hasOwn(ACTIONS, action.do) ? ACTIONS[action.do] : undefined;
    if (shape === undefined)
      throw new Error(`action ${index}: no action is called '${text(action.do) ? action.do : JSON.stringify(action.do)}'`);
    demand(action, { do: text, ...shape }, `action ${index} (${action.do})`);
  }
  return scenario;
}

/** Who stands at a link or opens a channel must be there. */
function requireNames({ nodes, links, channels }: WorldSpec): void {
  const names = new Set(nodes.map(({ name }) => name));
  if (names.size !== nodes.length) throw new Error('two nodes have the same name');
  const missing = [...links.flatMap(({ ends: both }) => both), ...channels.flatMap(({ opener, accepter }) => [opener, accepter])].find(
    (name) => !names.has(name),
  );
  if (missing !== undefined) throw new Error(`no node is called '${missing}'`);
}

function demand(value: unknown, shape: Shape, place: string): void {
  const wrong = problem(value, shape);
  if (wrong !== undefined) throw new Error(`${place}: ${wrong}`);
}

/** What is wrong with an object, if anything: a field that is not as it should be, or one that nobody knows. */
function problem(value: unknown, shape: Shape): string | undefined {
  if (!object(value)) return 'not an object';
  const fields = value as Readonly<Record<string, unknown>>;
  for (const [name, check] of Object.entries(shape)) {
    if (!check(fields[name]))
      return fields[name] === undefined ? `'${name}' is missing` : `'${name}' cannot be ${JSON.stringify(fields[name])}`;
  }
  const unknown = Object.keys(fields).find((name) => !Object.hasOwn(shape, name));
  return unknown === undefined ? undefined : `nobody knows what '${unknown}' means`;
}
