import type { ChannelCommand } from '../../core/channel/model/vocabulary.ts';
import type { ChannelId, Hash32, SecretKey } from '../../core/crypto/bytes.ts';
import { tamper } from '../violations/tamper.ts';
import type { Party } from '../world/encryption.ts';
import { packetName, otherEnd } from '../world/packet.ts';
import type { End } from '../world/packet.ts';
import type { Host } from '../world/host.ts';
import type { Link } from '../world/network.ts';
import type { OperationRegistry } from './registry.ts';
import type { Action } from '../scenario/types.ts';
import { sendInvalidCommand } from './send-invalid-command.ts';
import { pay, resolve, resolveOwed } from '../world/users.ts';
import type { World } from '../world/world.ts';
import { sinkNamed } from '../scenario/sinks.ts';

export type Applied = 'applied' | 'not-applicable';

/** A month of blocks at once is as many as any scenario needs. */
export const MAX_BLOCKS_AT_ONCE = 4320;

/**
 * Carries out one action with all that follows at once. 'not-applicable' when the world has moved on and there is nothing to do it to:
 * then nothing has changed. A command that a node refuses has been applied.
 */
export function apply(world: World, action: Action, operations?: OperationRegistry): Applied {
  if (world.finding !== undefined) return 'not-applicable';
  world.begin(action);
  const applied = act(world, action, operations);
  if (applied) world.drain();
  world.end(applied);
  if (!applied) return 'not-applicable';
  world.stats.count('action', action.do === 'custom' ? action.operation : action.do);
  return 'applied';
}

function act(world: World, action: Action, operations: OperationRegistry | undefined): boolean {
  switch (action.do) {
    case 'deliver':
      return deliver(world, action);
    case 'connect':
      return connect(world, action.link);
    case 'disconnect': {
      const link = world.links.get(action.link);
      if (link?.up !== true) return false;
      world.breakLink(link);
      return true;
    }
    case 'corrupt':
      return corrupt(world, action);
    case 'stored':
      return stored(world, action);
    case 'crash':
      return crash(world, action.node, action.survive ?? 0);
    case 'restart':
      return restart(world, action.node, action.backup);
    case 'mine':
      return mine(world, action.blocks);
    case 'reorg':
      return world.chain.reorganise(action.depth, world.timeMs, action.transactions);
    case 'see':
      return see(world, action.node, action.blocks);
    case 'feerate':
      return withHost(world, action.node, (host) => {
        host.feeratePerKw = action.feeratePerKw;
        world.step(host, { kind: 'feerate', feeratePerKw: action.feeratePerKw });
      });
    case 'open':
      return open(world, action);
    case 'pay':
      if (!isParty(world, action.from, action.channel) || world.ledger.get(action.as) !== undefined) return false;
      pay(world, action, BigInt(action.amountMsat), false);
      return true;
    case 'fulfill':
    case 'fail':
    case 'fail_malformed':
      return decide(world, action.node, action.payment, action.do);
    case 'fee':
      return channelCommand(world, action, (channelId) => ({ kind: 'fee', channelId, feeratePerKw: action.feeratePerKw }));
    case 'commit':
      return channelCommand(world, action, (channelId) => ({ kind: 'commit', channelId }));
    case 'shutdown':
      return channelCommand(world, action, (channelId, host) => ({ kind: 'shutdown', channelId, script: host.walletScript }));
    case 'force_close':
      return channelCommand(world, action, (channelId) => ({ kind: 'force_close', channelId }));
    case 'acknowledge':
      return acknowledge(world, action.node);
    case 'tamper':
      return tamper(world, action);
    case 'invalid_command':
      return sendInvalidCommand(world, action);
    case 'wait':
      world.clock.advanceTo(world.timeMs + action.ms);
      return true;
    case 'custom':
      return operations?.custom(action.operation)?.apply(world, action.args) === 'applied';
  }
}

function runningHost(world: World, node: string): Host | undefined {
  const host = world.hosts.get(node);
  return host?.running === true ? host : undefined;
}

function withHost(world: World, node: string, act: (host: Host) => void): boolean {
  const host = runningHost(world, node);
  if (host !== undefined) act(host);
  return host !== undefined;
}

function isParty(world: World, node: string, channel: string): boolean {
  const info = world.info(channel);
  return runningHost(world, node) !== undefined && info !== undefined && (info.opener === node || info.accepter === node);
}

function channelCommand(
  world: World,
  action: { readonly node: string; readonly channel: string },
  command: (channelId: ChannelId, host: Host) => ChannelCommand,
): boolean {
  if (!isParty(world, action.node, action.channel)) return false;
  const host = world.host(action.node);
  world.command(host, command(world.idOf(action.channel) as ChannelId, host));
  return true;
}

/** The end that a message of this name would reach next. */
function receivingEnd(
  link: Link | undefined,
  { to, message }: { readonly to: string; readonly message: string },
): { readonly link: Link; readonly end: End } | undefined {
  const end = link?.spec.ends.indexOf(to);
  if (link?.up !== true || (end !== 0 && end !== 1)) return undefined;
  const head = link.head(end);
  return head === undefined || link.closedBy === end || packetName(head) !== message ? undefined : { link, end };
}

function deliver(world: World, action: Extract<Action, { do: 'deliver' }>): boolean {
  const { link, end } = receivingEnd(world.links.get(action.link), action) ?? {};
  if (link === undefined || end === undefined) return false;
  const host = world.host(action.to);
  const peer = world.nodeId(link.spec.ends[otherEnd(end)]);
  world.clock.advanceTo(link.head(end)?.dueMs ?? 0);
  world.stats.messages++;
  world.stats.count('message', action.message);
  const bytes = world.onLink(link, host, () => link.take(end, world.timeMs));
  if (bytes !== undefined) world.step(host, { kind: 'received', peer, bytes });
  else if (link.isConnected(end)) world.step(host, { kind: 'connected', peer });
  if (action.message === 'channel_reestablish') resolveOwed(world, host);
  if (link.closedBy !== undefined && link.closedBy !== end && link.head(end) === undefined) world.breakLink(link);
  return true;
}

function connect(world: World, id: string): boolean {
  const link = world.links.get(id);
  if (link === undefined || link.up) return false;
  const [a, b] = link.spec.ends.map((name) => runningHost(world, name));
  if (a === undefined || b === undefined) return false;
  const parties = partiesOf(world, link, a, b);
  if (parties !== undefined) {
    world.onLink(link, a, () => link.connect(world.timeMs, parties));
    return true;
  }
  link.connect(world.timeMs);
  world.step(a, { kind: 'connected', peer: b.nodeId });
  world.step(b, { kind: 'connected', peer: a.nodeId });
  return true;
}

/** What both nodes bring to an encrypted connection. Undefined where it is none, or where one of them cannot. */
function partiesOf(world: World, link: Link, a: Host, b: Host): readonly [Party, Party] | undefined {
  const party = ({ name, nodeId: id, driver: { transport } }: Host): Party | undefined =>
    transport && { id, transport, ephemeralSecret: world.entropy(`ephemeral/${link.id}/${link.connections}/${name}`) as SecretKey };
  const [first, second] = link.spec.transport === 'encrypted' ? [party(a), party(b)] : [];
  return first && second && [first, second];
}

function corrupt(world: World, action: Extract<Action, { do: 'corrupt' }>): boolean {
  const { link, end } = receivingEnd(world.links.get(action.link), action) ?? {};
  if (link === undefined || end === undefined || !link.isCorruptible(end)) return false;
  world.clock.advanceTo(link.head(end)?.dueMs ?? 0);
  world.onLink(link, world.host(action.to), () => link.corrupt(end, action.bit));
  world.breakLink(link);
  return true;
}

function stored(world: World, action: Extract<Action, { do: 'stored' }>): boolean {
  const host = runningHost(world, action.node);
  const channelId = world.idOf(action.channel);
  if (host === undefined || channelId === undefined) return false;
  const write = host.disk.finish(action.sink, channelId, action.which);
  if (write === undefined) return false;
  world.clock.advanceTo(write.dueMs);
  world.step(host, { kind: 'stored', sink: sinkNamed(action.sink), channelId, version: write.version });
  return true;
}

function crash(world: World, node: string, survive: number): boolean {
  const host = runningHost(world, node);
  if (host?.driver.restart === undefined) return false;
  host.crash(survive);
  world.run(host, { kind: 'crash' }, () => []);
  for (const link of world.links.values()) if (link.spec.ends.includes(node)) world.breakLink(link);
  return true;
}

function restart(world: World, node: string, backup: number | undefined): boolean {
  const host = world.hosts.get(node);
  const { driver } = host ?? {};
  if (host === undefined || host.running || driver?.restart === undefined || driver.serialise === undefined) return false;
  if (backup !== undefined && !host.restoreBackup(backup)) return false;
  host.running = true;
  const { seen } = host.watch;
  world.run(host, { kind: 'restart' }, () => {
    const channels: Uint8Array[] = [];
    for (const { effect } of host.disk.durable.values()) {
      const bytes = driver.serialise?.(effect) ?? new Uint8Array();
      world.trace.bytes(bytes);
      channels.push(bytes);
    }
    return driver.restart?.(channels, host.disk.watcherIds(), seen, host.feeratePerKw) ?? [];
  });
  if (driver.channels === undefined) return true;
  for (const info of world.channels) world.ledger.forgetUnknown(node, info.name, world.channelState(node, info.name));
  return true;
}

function mine(world: World, blocks: number): boolean {
  if (blocks < 1 || blocks > MAX_BLOCKS_AT_ONCE) return false;
  for (let i = 0; i < blocks; i++) world.chain.mine(world.timeMs);
  if (world.at !== 'setup') world.minedBlocks += blocks;
  return true;
}

function see(world: World, node: string, blocks: number): boolean {
  const host = runningHost(world, node);
  if (host?.watch.unseen(world.chain) === undefined) return false;
  for (let i = 0; i < blocks; i++) {
    const news = host.watch.next(world.chain);
    if (news === undefined) break;
    world.clock.advanceTo(world.chain.block(news.tip.height)?.minedMs ?? 0);
    host.watch.saw(news.tip);
    world.step(host, news);
    world.drain();
  }
  return true;
}

function open(world: World, action: Extract<Action, { do: 'open' }>): boolean {
  const { as: name, from, to, feeratePerKw, format } = action;
  const host = runningHost(world, from);
  const peer = world.hosts.get(to);
  if (host === undefined || peer === undefined || from === to || world.info(name) !== undefined) return false;
  const temporaryChannelId = world.entropy(`channel/${name}`) as string as ChannelId;
  const upfrontShutdown = action.upfrontShutdown === true;
  const fundingSat = BigInt(action.fundingSat);
  const pushMsat = BigInt(action.pushMsat);
  world.infos.push({
    name,
    opener: from,
    accepter: to,
    fundingSat,
    pushMsat,
    format,
    upfrontShutdown,
    temporaryChannelId,
    forgotten: false,
  });
  const keysId = world.entropy(`keys/${name}/opener`) as string as Hash32;
  const command = {
    kind: 'open' as const,
    peer: peer.nodeId,
    temporaryChannelId,
    keysId,
    fundingSat,
    pushMsat,
    feeratePerKw,
    format,
    announce: false,
    ...(upfrontShutdown ? { upfrontShutdownScript: host.walletScript } : {}),
  };
  const refused = world.command(host, command);
  if (refused !== undefined) world.infos.pop();
  return true;
}

function decide(world: World, node: string, payment: string, decision: 'fulfill' | 'fail' | 'fail_malformed'): boolean {
  const host = runningHost(world, node);
  const record = world.ledger.get(payment);
  if (host === undefined || record?.to !== node || !record.received || record.decision !== undefined) return false;
  return resolve(world, host, payment, decision);
}

function acknowledge(world: World, node: string): boolean {
  const host = runningHost(world, node);
  if (host === undefined || host.unacknowledged.length === 0) return false;
  for (const { channelId, eventId } of host.unacknowledged)
    world.later(host, { kind: 'command', command: { kind: 'acknowledge', channelId, eventId } });
  host.unacknowledged = [];
  return true;
}
