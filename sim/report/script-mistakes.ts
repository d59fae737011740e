import { other } from '../../core/transactions/types.ts';
import { MAX_BLOCKS_AT_ONCE } from '../actions/chain/mine.ts';
import { RECORD } from '../scenario/sinks.ts';
import type { Action, DriverEffect, Oracle } from '../scenario/types.ts';
import type { World } from '../world/world.ts';

export type Refused = Extract<DriverEffect, { readonly kind: 'refused' }>;

/** What there is instead: 'there are c1, c2', 'there are c1 … c9'. */
export function thereAre(names: readonly string[]): string {
  const [first, ...rest] = names;
  if (first === undefined) return 'there is none';
  if (rest.length === 0) return `there is ${first}`;
  return `there are ${rest.length < 4 ? names.join(', ') : `${first} … ${rest.at(-1)}`}`;
}

/** Why an action of a script cannot be carried out, in the words of the script. Undefined where nothing is wrong with its names. */
export function mistakeIn(world: World, action: Action): string | undefined {
  const { node, from, to, link, channel, payment } = action as Readonly<Partial<Record<string, string>>>;
  return (
    firstOf([node, from, to], (name) => noNode(world, name)) ??
    firstOf([link], (id) => (world.links.has(id) ? undefined : `no link ${id}: ${thereAre([...world.links.keys()])}`)) ??
    firstOf(action.do === 'stored' && action.sink === RECORD ? [] : [channel], (name) => noChannel(world, name)) ??
    firstOf([payment], (name) => noPayment(world, name)) ??
    running(world, action) ??
    unfit(world, action)
  );
}

export function noNode(world: World, name: string): string | undefined {
  return world.hosts.has(name) ? undefined : `no node ${name}: ${thereAre(world.nodeNames)}`;
}

export function noChannel(world: World, name: string): string | undefined {
  return world.info(name) === undefined ? `no channel ${name}: ${thereAre(world.channels.map((info) => info.name))}` : undefined;
}

export function noPayment(world: World, name: string): string | undefined {
  const names = world.payments.filter(({ probe }) => !probe).map((payment) => payment.name);
  return world.ledger.get(name) === undefined ? `no payment ${name}: ${thereAre(names)}` : undefined;
}

function running(world: World, action: Action): string | undefined {
  if (action.do === 'restart')
    return world.host(action.node).running ? `${action.node} is running: crash('${action.node}') first` : undefined;
  const ends = action.do === 'connect' ? (world.links.get(action.link)?.spec.ends ?? []) : [];
  const acting = ['node' in action ? action.node : undefined, 'from' in action ? action.from : undefined, ...ends];
  return firstOf(acting, (name) => (world.host(name).running ? undefined : `${name} has crashed: restart('${name}') first`));
}

function unfit(world: World, action: Action): string | undefined {
  switch (action.do) {
    case 'pay':
    case 'fee':
    case 'commit':
    case 'shutdown':
    case 'force_close':
      return stranger(world, 'from' in action ? action.from : action.node, action.channel) ?? taken(world, action);
    case 'open':
      if (action.from === action.to) return `${action.from} cannot open a channel to itself`;
      return taken(world, action);
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
      return undecidable(world, action.node, action.payment);
    case 'connect':
      return world.links.get(action.link)?.up === true ? `${action.link} is connected already` : undefined;
    case 'disconnect':
      return world.links.get(action.link)?.up === true ? undefined : `${action.link} is not connected`;
    case 'mine':
      return action.blocks >= 1 && action.blocks <= MAX_BLOCKS_AT_ONCE
        ? undefined
        : `mine 1 to ${MAX_BLOCKS_AT_ONCE} blocks at once, not ${action.blocks}`;
    default:
      return undefined;
  }
}

function stranger(world: World, node: string, channel: string): string | undefined {
  const info = world.info(channel);
  if (info === undefined || node === info.opener || node === info.accepter) return undefined;
  return `${node} has no part in ${channel}: it is between ${info.opener} and ${info.accepter}`;
}

function taken(world: World, action: Action): string | undefined {
  if (action.do === 'open' && world.info(action.as) !== undefined) return `there is a channel ${action.as} already`;
  return action.do === 'pay' && world.ledger.get(action.as) !== undefined ? `there is a payment ${action.as} already` : undefined;
}

function undecidable(world: World, node: string, name: string): string | undefined {
  const payment = world.ledger.get(name);
  if (payment === undefined) return undefined;
  if (payment.to !== node) return `${name} goes to ${payment.to}, not to ${node}`;
  if (payment.decision !== undefined) return `${node} has decided ${name} already: ${payment.decision}`;
  if (!payment.received) return `${name} has not reached ${node} yet: run() or deliverNext()`;
  const presented = world.host(node).presented.some((known) => known.payment === name);
  return presented ? undefined : `${node} has not presented ${name} again since it restarted`;
}

/** Limits that the receiver set, by the rule that a refusal names. */
const LIMITS: Readonly<Record<string, readonly ['above' | 'below', 'maxHtlcValueInFlightMsat' | 'maxAcceptedHtlcs' | 'htlcMinimumMsat']>> =
  {
    'update_add_htlc.max_htlc_value_in_flight_msat': ['above', 'maxHtlcValueInFlightMsat'],
    'update_add_htlc.max_accepted_htlcs': ['above', 'maxAcceptedHtlcs'],
    'update_add_htlc.htlc_minimum_msat': ['below', 'htlcMinimumMsat'],
  };

/** Why a node would not offer an HTLC: a limit of its peer by the peer's name, and any other rule in the node's own words. */
export function whyNotSent(world: World, from: string, channel: string, { rule, detail }: Refused): string {
  const info = world.info(channel);
  const state = world.channelState(from, channel);
  const limit = LIMITS[rule];
  if (limit === undefined || info === undefined || state?.phase !== 'funded') return grouped(`${rule}: ${detail}`);
  const [direction, field] = limit;
  const peer = info.opener === from ? info.accepter : info.opener;
  const name = rule.slice(rule.indexOf('.') + 1);
  return `${direction} ${peer}'s ${name}, ${grouped(String(state.params.parties[other(state.params.us)][field]))}`;
}

/** Long numbers, in groups of three digits. */
export function grouped(text: string): string {
  return text.replace(/(?<![\da-z])\d{5,}(?![\da-z])/gi, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','));
}

function firstOf(names: readonly (string | undefined)[], problem: (name: string) => string | undefined): string | undefined {
  for (const name of names) {
    const found = name === undefined ? undefined : problem(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Hears what nodes refuse, and finds nothing. */
export function listener(refused: Refused[]): Oracle {
  const oracle: Oracle = {
    name: 'simulation',
    kinds: [],
    step(_, { effects }) {
      for (const effect of effects) if (effect.kind === 'refused') refused.push(effect);
      return undefined;
    },
    fork: () => oracle,
  };
  return oracle;
}
