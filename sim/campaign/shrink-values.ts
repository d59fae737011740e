import { kindOf, namesIn } from '../actions/index.ts';
import { decimals, numbers, simplerFields, SIMPLE_FEERATES } from '../actions/simpler.ts';
import type { Action, Latency, LinkSpec, NodeSpec, Scenario, WorldSpec } from '../scenario/types.ts';

const INSTANT: Latency = { kind: 'fixed', ms: 0 };

/** Worlds with one part less, or one part simpler, each with the actions that can still mean something. */
export function* simplerWorlds(scenario: Scenario): Generator<Scenario> {
  const { world } = scenario;
  for (const link of world.links) {
    const { transport, fragments, ...plain } = link;
    if (transport === 'encrypted') yield withLink(scenario, link, plain);
    if (link.window !== undefined) yield withLink(scenario, link, without(link, 'window'));
    if (fragments !== undefined) yield withLink(scenario, link, { ...plain, transport: 'encrypted' });
  }
  for (const node of world.nodes) if (world.nodes.length > 2) yield withoutNode(scenario, node.name);
  for (const channel of world.channels) {
    yield { ...scenario, world: { ...world, channels: world.channels.filter((other) => other !== channel) } };
  }
  for (const link of world.links) {
    if (world.links.length > 1) yield { ...scenario, world: { ...world, links: world.links.filter((other) => other !== link) } };
    if (!isInstant(link.latency)) yield withLink(scenario, link, { ...link, latency: INSTANT });
  }
  for (const node of world.nodes) {
    for (const simpler of simplerNodes(node)) yield { ...scenario, world: { ...world, nodes: replace(world.nodes, node, simpler) } };
  }
  for (const channel of world.channels) {
    if (channel.upfrontShutdown !== undefined)
      yield { ...scenario, world: { ...world, channels: replace(world.channels, channel, without(channel, 'upfrontShutdown')) } };
    for (const simpler of simplerFields(channel, {
      pushMsat: decimals(channel.pushMsat),
      fundingSat: decimals(channel.fundingSat),
      feeratePerKw: numbers(channel.feeratePerKw, SIMPLE_FEERATES),
    })) {
      yield { ...scenario, world: { ...world, channels: replace(world.channels, channel, simpler) } };
    }
  }
}

function withLink(scenario: Scenario, link: LinkSpec, simpler: LinkSpec): Scenario {
  return { ...scenario, world: { ...scenario.world, links: replace(scenario.world.links, link, simpler) } };
}

function isInstant(latency: Latency): boolean {
  return latency.kind === 'fixed' && latency.ms === 0;
}

function withoutNode(scenario: Scenario, name: string): Scenario {
  const { world } = scenario;
  const gone = world.links.filter((link) => link.ends.includes(name)).map((link) => `link ${link.ends.join('-')}`);
  const channels = world.channels.filter((channel) => channel.opener === name || channel.accepter === name);
  const dead = new Set([`node ${name}`, ...gone, ...channels.map((channel) => `channel ${channel.name}`)]);
  const pruned: WorldSpec = {
    ...world,
    nodes: world.nodes.filter((node) => node.name !== name),
    links: world.links.filter((link) => !link.ends.includes(name)),
    channels: world.channels.filter((channel) => !channels.includes(channel)),
  };
  return { ...scenario, world: pruned, actions: scenario.actions.filter((action) => !namesIn(action).some((named) => dead.has(named))) };
}

/** Without one of its settings, then without one override of its policy, then with a storage that finishes at once. */
function* simplerNodes(node: NodeSpec): Generator<NodeSpec> {
  for (const setting of ['config', 'watchers', 'acknowledge', 'maxQueuedBytes', 'feeratePerKw', 'storage'] as const)
    if (node[setting] !== undefined) yield without(node, setting);
  for (const name of Object.keys(node.config ?? {})) yield { ...node, config: without(node.config ?? {}, name) };
  if (node.storage && !isInstant(node.storage)) yield { ...node, storage: INSTANT };
}

function without<T extends object>(value: T, key: keyof T): T {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key)) as T;
}

/** Scenarios with one action simpler, or two neighbours merged. */
export function* simplerActions(
  scenario: Scenario,
  simplerCustom: ((action: Extract<Action, { do: 'custom' }>) => Iterable<Action>) | undefined,
): Generator<Scenario> {
  for (const [index, action] of scenario.actions.entries()) {
    const merged = merge(action, scenario.actions[index + 1]);
    if (merged) yield { ...scenario, actions: scenario.actions.toSpliced(index, 2, merged) };
    for (const simpler of withoutOptions(action)) yield { ...scenario, actions: scenario.actions.with(index, simpler) };
    for (const simpler of action.do === 'custom' ? (simplerCustom?.(action) ?? []) : (kindOf(action).simpler?.(action) ?? [])) {
      yield { ...scenario, actions: scenario.actions.with(index, simpler) };
    }
  }
}

/** Without one of the fields that it need not have. */
function* withoutOptions(action: Action): Generator<Action> {
  const { fields } = kindOf(action);
  for (const name of Object.keys(action)) if (fields[name]?.optional === true) yield without(action, name as keyof Action);
}

/** Channels that actions open, opened before the first one: all of them, then each. What opened them is skipped where it no longer applies. */
export function* openedBefore(scenario: Scenario): Generator<Scenario> {
  const opens = scenario.actions.filter((action) => action.do === 'open');
  const each = opens.map((one) => [one]);
  for (const some of opens.length > 1 ? [opens, ...each] : each) {
    const channels = some.map(({ as, from, to, fundingSat, pushMsat, feeratePerKw, format }) => {
      return { name: as, opener: from, accepter: to, fundingSat, pushMsat, feeratePerKw, format };
    });
    const actions = scenario.actions.filter((action) => !some.some((open) => open === action));
    yield { ...scenario, world: { ...scenario.world, channels: [...scenario.world.channels, ...channels] }, actions };
  }
}

function merge(first: Action, second: Action | undefined): Action | undefined {
  return first.do === second?.do ? kindOf(first).merge?.(first, second) : undefined;
}

function replace<T>(list: readonly T[], old: T, next: T): T[] {
  return list.map((item) => (item === old ? next : item));
}
