import type { Action, Latency, WorldSpec } from '../scenario/types.ts';
import { grouped, plural } from './text.ts';
import { STATE } from '../scenario/sinks.ts';

function sat(amount: string): string {
  return `${grouped(amount)} sat`;
}

function msat(amount: string): string {
  return amount.length > 3 && amount.endsWith('000') ? sat(amount.slice(0, -3)) : `${grouped(amount)} msat`;
}

const AFTER_REORG = {
  mined: 'with the same transactions in the first',
  waiting: 'and what was confirmed waits again',
  lost: 'and what was confirmed is lost',
} as const;

/** One action as an English sentence, without its full stop. */
export function describeAction(action: Action): string {
  switch (action.do) {
    case 'deliver':
      return `${action.to} receives ${action.message} over ${action.link}`;
    case 'connect':
      return `${action.link} connects`;
    case 'disconnect':
      return `${action.link} disconnects, and loses what is in flight`;
    case 'corrupt':
      return `bit ${action.bit} of ${action.message} to ${action.to} is flipped on ${action.link}, which ends the connection`;
    case 'stored':
      return `${action.node} finishes the ${ordinal(action.which)} unfinished ${action.sink === STATE ? 'state store' : `update of watcher ${action.sink}`} of ${action.channel}`;
    case 'crash':
      return `${action.node} crashes${survivingWrites(action.survive ?? 0)}`;
    case 'restart':
      return `${action.node} restarts from what is durable`;
    case 'mine':
      return `${plural(action.blocks, 'block')} ${action.blocks === 1 ? 'is' : 'are'} found`;
    case 'reorg':
      return `the newest ${action.depth === 1 ? 'block is' : `${action.depth} blocks are`} replaced by ${action.depth + 1}, ${AFTER_REORG[action.transactions]}`;
    case 'see':
      return `${action.node} hears of ${plural(action.blocks, 'block')}`;
    case 'feerate':
      return `${action.node} estimates ${grouped(action.feeratePerKw)} sat/kw from now on`;
    case 'open':
      return `${action.from} opens ${action.as} to ${action.to}: ${sat(action.fundingSat)}, pushing ${msat(action.pushMsat)}, ${grouped(action.feeratePerKw)} sat/kw, ${action.format}`;
    case 'pay':
      return `${action.from} pays ${msat(action.amountMsat)} over ${action.channel} (${action.as}, expires in ${plural(action.cltvDelta, 'block')}${action.hashOf === undefined ? '' : `, same hash as ${action.hashOf}`})`;
    case 'fulfill':
      return `${action.node} fulfils ${action.payment}`;
    case 'fail':
      return `${action.node} fails ${action.payment}`;
    case 'fail_malformed':
      return `${action.node} fails ${action.payment} as malformed`;
    case 'fee':
      return `${action.node} updates the feerate of ${action.channel} to ${grouped(action.feeratePerKw)} sat/kw`;
    case 'commit':
      return `${action.node} commits ${action.channel}`;
    case 'shutdown':
      return `${action.node} shuts ${action.channel} down`;
    case 'force_close':
      return `${action.node} force-closes ${action.channel}`;
    case 'acknowledge':
      return `${action.node} acknowledges its events`;
    case 'wait':
      return `${grouped(action.ms)} ms pass`;
    case 'tamper':
      return `${action.to} receives ${action.message} over ${action.link} from a dishonest peer: ${action.with}`;
    case 'invalid_command':
      return `${action.node}'s host asks for what is forbidden in ${action.channel}: ${action.request}`;
    case 'custom':
      return `${action.operation} ${JSON.stringify(action.args)}`;
  }
}

function ordinal(index: number): string {
  return index === 0 ? 'oldest' : index === 1 ? 'second oldest' : index === 2 ? 'third oldest' : `${index + 1}th oldest`;
}

function survivingWrites(mask: number): string {
  const count = [...mask.toString(2)].filter((bit) => bit === '1').length;
  return count === 0 ? '' : `; ${plural(count, 'unfinished store')} made it to disk after all`;
}

function latency(value: Latency): string {
  return value.kind === 'fixed' ? `${value.ms} ms` : `${value.minMs} to ${value.maxMs} ms`;
}

/** Nodes, links and channels of a world, one line each. */
export function describeWorld(world: WorldSpec): string[] {
  const nodes = world.nodes.map((node) => {
    const settings = [
      node.driver === undefined ? '' : `driver ${node.driver}`,
      node.storage === undefined ? '' : `stores in ${latency(node.storage)}`,
      ...(node.watchers ?? []).map((watcher) => `watcher ${watcher.name} in ${latency(watcher.latency)}`),
      node.acknowledge === 'later' ? 'acknowledges later' : '',
      ...Object.entries(node.config ?? {}).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
    ].filter((text) => text !== '');
    return `node ${node.name}${settings.length === 0 ? '' : `: ${settings.join(', ')}`}`;
  });
  const links = world.links.map((link) => `link ${link.ends.join('-')}: ${latency(link.latency)}`);
  const channels = world.channels.map(
    (channel) =>
      `channel ${channel.name}: opened by ${channel.opener} to ${channel.accepter}, ${sat(channel.fundingSat)}, pushed ${msat(channel.pushMsat)}, ${grouped(channel.feeratePerKw)} sat/kw, ${channel.format}`,
  );
  const licences = world.licences?.length ? [`licences: ${world.licences.join(', ')}`] : [];
  return [...nodes, ...links, ...channels, `crypto ${world.crypto}, keys from seed ${JSON.stringify(world.seed)}`, ...licences];
}
