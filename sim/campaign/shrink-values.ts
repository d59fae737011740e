import type { Action, Decimal, Latency, LinkSpec, NodeSpec, Scenario, WorldSpec } from '../scenario/types.ts';
import { namesIn } from '../scenario/action-names.ts';

const FEERATES = [253, 1000, 2500, 5000];
const INSTANT: Latency = { kind: 'fixed', ms: 0 };

/** Worlds with one part less, or one part simpler, each with the actions that can still mean something. */
export function* simplerWorlds(scenario: Scenario): Generator<Scenario> {
  const { world } = scenario;
  for (const link of world.links) {
    const { transport, fragments, ...plain } = link;
    if (transport === 'encrypted') yield withLink(scenario, link, plain);
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
    for (const simpler of simplerFields(channel, {
      pushMsat: decimals(channel.pushMsat),
      fundingSat: decimals(channel.fundingSat),
      feeratePerKw: numbers(channel.feeratePerKw, FEERATES),
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
  for (const setting of ['config', 'watchers', 'acknowledge', 'storage'] as const)
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
    for (const simpler of action.do === 'custom' ? (simplerCustom?.(action) ?? []) : simplerAction(action)) {
      yield { ...scenario, actions: scenario.actions.with(index, simpler) };
    }
  }
}

function merge(first: Action, second: Action | undefined): Action | undefined {
  if (first.do === 'mine' && second?.do === 'mine') return { ...first, blocks: first.blocks + second.blocks };
  if (first.do === 'wait' && second?.do === 'wait') return { ...first, ms: first.ms + second.ms };
  if (first.do === 'see' && second?.do === 'see' && first.node === second.node) return { ...first, blocks: first.blocks + second.blocks };
  return undefined;
}

function simplerAction(action: Exclude<Action, { do: 'custom' }>): Iterable<Action> {
  switch (action.do) {
    case 'pay':
      return simplerPayment(action);
    case 'open':
      return simplerFields(action, {
        pushMsat: decimals(action.pushMsat),
        fundingSat: decimals(action.fundingSat),
        feeratePerKw: numbers(action.feeratePerKw, FEERATES),
      });
    case 'fee':
    case 'feerate':
      return simplerFields(action, { feeratePerKw: numbers(action.feeratePerKw, FEERATES) });
    case 'mine':
    case 'see':
      return simplerFields(action, { blocks: numbers(action.blocks, [1, 2, 6]) });
    case 'reorg':
      return simplerFields(action, {
        depth: numbers(action.depth, [1, 2, 6]),
        transactions: action.transactions === 'mined' ? [] : ['mined'],
      });
    case 'wait':
      return simplerFields(action, { ms: numbers(action.ms, [1, 1000, 60_000]) });
    case 'corrupt':
      return simplerFields(action, { bit: numbers(action.bit, [0]) });
    case 'stored':
      return simplerFields(action, { which: numbers(action.which, [0]) });
    case 'restart':
      return action.backup === undefined
        ? []
        : [{ do: 'restart', node: action.node }, ...simplerFields(action, { backup: numbers(action.backup, [1]) })];
    case 'crash':
      return action.survive === undefined ? [] : [{ do: 'crash', node: action.node }];
    case 'deliver':
    case 'connect':
    case 'disconnect':
    case 'acknowledge':
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
    case 'commit':
    case 'shutdown':
    case 'force_close':
    case 'tamper':
    case 'invalid_command':
      return [];
  }
}

function* simplerPayment(action: Extract<Action, { do: 'pay' }>): Generator<Action> {
  const { hashOf, ...own } = action;
  if (hashOf !== undefined) yield own;
  yield* simplerFields(action, { amountMsat: decimals(action.amountMsat), cltvDelta: numbers(action.cltvDelta, [40, 144]) });
}

function* simplerFields<T extends object>(value: T, candidates: { readonly [K in keyof T]?: Iterable<T[K]> }): Generator<T> {
  for (const key of Object.keys(candidates) as (keyof T)[]) {
    for (const simpler of candidates[key] ?? []) yield { ...value, [key]: simpler };
  }
}

/** Those of `usual` that come before `value` in it, then smaller and rounder. Never the value itself, never a less simple one. */
function numbers(value: number, usual: readonly number[]): number[] {
  const known = usual.indexOf(value);
  return known >= 0 ? usual.slice(0, known) : [...usual, ...decimals(String(value)).map(Number)];
}

/** Simpler amounts, simplest first: zero, then powers of ten below it, then the same amount with fewer significant digits. */
export function decimals(value: Decimal): Decimal[] {
  const digits = value.replace(/0+$/, '').length;
  if (digits <= 1 && !/^[2-9]/.test(value)) return value.startsWith('10') ? ['0', ...powersBelow(value)] : [];
  const rounded = [];
  for (let kept = 1; kept < digits && kept <= 3; kept++) rounded.push(value.slice(0, kept) + '0'.repeat(value.length - kept));
  return ['0', ...powersBelow(value), ...rounded];
}

/** 1000 (one satoshi), a million and a hundred million where they are smaller, then the largest power of ten below. */
function powersBelow(value: Decimal): Decimal[] {
  const below = [3, 6, 7, 8, value.length - 1].filter((zeros) => zeros < value.length).map((zeros) => `1${'0'.repeat(zeros)}`);
  return [...new Set(below)].filter((power) => power !== value);
}

function replace<T>(list: readonly T[], old: T, next: T): T[] {
  return list.map((item) => (item === old ? next : item));
}
