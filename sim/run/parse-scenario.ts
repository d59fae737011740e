import { ACTION_KINDS } from '../actions/index.ts';
import { count, decimal, demand, flag, list, maybe, object, oneOf, problem, text } from '../scenario/shape.ts';
import type { Check, Shape, ShapeOf } from '../scenario/shape.ts';
import type { FieldTable } from '../scenario/fields.ts';
import { STATE } from '../scenario/sinks.ts';
import { MAX_FRAGMENT } from '../scenario/types.ts';
import type { ChannelSpec, LinkSpec, NodeSpec, Scenario, WorldSpec } from '../scenario/types.ts';

/** Newest format that this release writes and reads. Older ones are migrated here, so that regressions outlive releases. */
export const SCENARIO_FORMAT = 1;

const latency: Check = (value) =>
  object(value) &&
  ((value as { kind?: unknown }).kind === 'fixed'
    ? problem(value, { kind: text, ms: count }) === undefined
    : problem(value, { kind: oneOf('uniform'), minMs: count, maxMs: count }) === undefined);

/** As a sink it must differ from the channels' own stores. */
const watcherName: Check = (value) => text(value) && value !== STATE;
const NODE: ShapeOf<NodeSpec> = {
  name: text,
  driver: maybe(text),
  config: maybe(object),
  storage: maybe(latency),
  watchers: maybe(list((value) => problem(value, { name: watcherName, latency }) === undefined)),
  acknowledge: maybe(oneOf('at-once', 'later')),
  maxQueuedBytes: maybe(count),
  feeratePerKw: maybe(count),
  claims: maybe(oneOf('many', 'few', 'none')),
};
const CHANNEL: ShapeOf<ChannelSpec> = {
  name: text,
  opener: text,
  accepter: text,
  fundingSat: decimal,
  pushMsat: decimal,
  feeratePerKw: count,
  format: oneOf('anchors', 'static_remotekey'),
  upfrontShutdown: maybe(flag),
};
const ends: Check = (value) => list(text)(value) && (value as readonly unknown[]).length === 2;
/** Bytes that arrive at once. */
const fragments: Check = (value) =>
  list((size) => count(size) && (size as number) >= 1 && (size as number) <= MAX_FRAGMENT)(value) &&
  (value as readonly number[]).length > 0;
const LINK: ShapeOf<LinkSpec> = {
  ends,
  latency,
  window: maybe((value) => count(value) && (value as number) >= 1),
  transport: maybe(oneOf('frames', 'encrypted')),
  fragments: maybe(fragments),
  withoutFeeRange: maybe(flag),
};
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

/** By the name of the action. */
const SHAPES: ReadonlyMap<string, Shape> = new Map(
  [...ACTION_KINDS].map(([name, { fields }]) => [name, { do: text, ...checksOf(fields) }]),
);

function checksOf(fields: FieldTable): Shape {
  return Object.fromEntries(Object.entries(fields).map(([name, { check }]) => [name, check]));
}

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
    const shape = SHAPES.get(action.do);
    if (shape === undefined)
      throw new Error(`action ${index}: no action is called '${text(action.do) ? action.do : JSON.stringify(action.do)}'`);
    demand(action, shape, `action ${index} (${action.do})`);
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
