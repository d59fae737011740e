import { commitObstacle } from '../../core/channel/commitments/commitment-signed.ts';
import { fundingSpend } from '../../core/channel/model/ending.ts';
import { guessedRange } from '../actions/amounts.ts';
import { saysUsable } from '../actions/usable-ends.ts';
import { apply } from '../actions/apply.ts';
import { isShuttingDown } from '../world/channel-changes.ts';
import { demandDeclared } from '../world/finding.ts';
import type { Host } from '../world/host.ts';
import { DEFAULT_FEERATE_PER_KW } from '../scenario/channel-config.ts';
import { runToRest } from './setup.ts';
import type { ChannelInfo, PaymentRecord } from '../scenario/types.ts';
import { pay, resolveOwed } from '../world/users.ts';
import type { World } from '../world/world.ts';

/** Rounds of healing after which a world should long have come to rest. */
const MAX_ROUNDS = 100;
/** How often a link that nodes break again is connected again. */
const MAX_RECONNECTIONS = 20;
/** What a reorganisation has lost nodes give the chain again within so many blocks, unasked. */
const BLOCKS_UNTIL_GIVEN_AGAIN = 7;
/** No delay and no expiry is so far ahead: what is claimed until then never will be. */
const MAX_CLAIMING_HEIGHT = 3000;
/** Few enough that a claim is not much later than it can be. */
const BLOCKS_AT_ONCE = 24;
/** An HTLC offered by a probe expires this many blocks ahead. */
const PROBE_CLTV_DELTA = 144;

/**
 * The second phase of every run: faults stop, nodes and links come back, users decide what they still owe, and everything is given the
 * time and the blocks to finish. Then each usable channel carries a payment.
 */
export function settle(world: World): void {
  world.at = 'settle';
  calmEstimates(world);
  if (!comeToRest(world) || !probe(world)) return;
  for (const oracle of world.oracles) {
    if (oracle.settled === undefined) continue;
    world.stats.count('asked', oracle.name);
    world.finding = oracle.settled(world);
    if (world.finding !== undefined) return demandDeclared(world.finding, world.oracles);
  }
}

function comeToRest(world: World): boolean {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (!runToRest(world)) break;
    if (world.finding !== undefined) return false;
    if (!heal(world)) {
      forgiveLinks(world);
      return true;
    }
  }
  world.finding = {
    oracle: 'liveness',
    rule: 'world.settles',
    kind: 'does-not-settle',
    message: 'after healing, nodes keep exchanging messages or breaking their connection',
    expected: 'nothing left to do',
    actual: `still busy after ${MAX_ROUNDS} rounds`,
    at: 'settle',
  };
  return false;
}

/** A link that has held is no link that nodes break again and again: whoever stores slowly is hung up on now and then, and comes on all the same. */
function forgiveLinks(world: World): void {
  for (const link of world.links.values()) if (link.open) link.connectionsWhileSettling = 0;
}

/** Estimators recover: two nodes whose estimates stay far apart may never agree on a closing fee. */
function calmEstimates(world: World): void {
  for (const host of world.hosts.values()) {
    const feeratePerKw = host.spec.feeratePerKw ?? DEFAULT_FEERATE_PER_KW;
    if (host.feeratePerKw === feeratePerKw) continue;
    apply(world, { do: 'restart', node: host.name });
    apply(world, { do: 'feerate', node: host.name, feeratePerKw });
  }
}

/** One round: the first kind of thing that there is to do. False when there is nothing. */
function heal(world: World): boolean {
  return (
    restartNodes(world) ||
    restoreFeatures(world) ||
    connectLinks(world) ||
    decidePayments(world) ||
    acknowledgeEvents(world) ||
    commitManually(world) ||
    confirm(world) ||
    claimAll(world)
  );
}

/** Blocks until nodes that claim have forgotten every channel that the chain has ended: the last of what is theirs is a hundred deep then. */
function claimAll(world: World): boolean {
  const { chain, hosts, channels } = world;
  if (chain.height > MAX_CLAIMING_HEIGHT) return false;
  const isClaiming = [...hosts.values()].some(
    (host) => host.spec.claims !== undefined && channels.some(({ name }) => isEnding(world.channelState(host.name, name))),
  );
  return isClaiming && apply(world, { do: 'mine', blocks: BLOCKS_AT_ONCE }) === 'applied';
}

function isEnding(state: ReturnType<World['channelState']>): boolean {
  return state?.phase === 'failed' && fundingSpend(state, state.chain) !== undefined;
}

function some<T>(items: Iterable<T>, act: (item: T) => boolean): boolean {
  let any = false;
  for (const item of items) if (act(item)) any = true;
  return any;
}

function restartNodes(world: World): boolean {
  return some(world.nodeNames, (node) => apply(world, { do: 'restart', node }) === 'applied');
}

/** What a node came back without it has again: a wallet's script may wait for it. */
function restoreFeatures(world: World): boolean {
  return some(world.hosts.values(), (host) => host.lacksFeatures && apply(world, { do: 'crash', node: host.name }) === 'applied');
}

function connectLinks(world: World): boolean {
  return some(world.links.values(), (link) => {
    if (link.connectionsWhileSettling >= MAX_RECONNECTIONS) return false;
    if (apply(world, { do: 'connect', link: link.id }) !== 'applied') return false;
    link.connectionsWhileSettling++;
    return true;
  });
}

/** Probes are paid; of the others the name decides, so that leaving one out changes no other. */
export function decisionFor(payment: PaymentRecord): 'fulfill' | 'fail' {
  return payment.probe || (payment.name.charCodeAt(payment.name.length - 1) & 3) !== 0 ? 'fulfill' : 'fail';
}

function decidePayments(world: World): boolean {
  const taken = some(world.hosts.values(), (host) => {
    const owed = host.owed.length;
    resolveOwed(world, host);
    world.drain();
    return host.owed.length < owed;
  });
  return (
    taken ||
    some([...world.payments], (payment) => {
      if (!payment.received || payment.decision !== undefined) return false;
      return apply(world, { do: decisionFor(payment), node: payment.to, payment: payment.name }) === 'applied';
    })
  );
}

function acknowledgeEvents(world: World): boolean {
  return some(world.nodeNames, (node) => apply(world, { do: 'acknowledge', node }) === 'applied');
}

/** A host that batches signs what is left to sign. */
function commitManually(world: World): boolean {
  return some(
    world.hosts.values(),
    (host) => host.config.commit === 'manual' && some(world.channels, ({ name }) => commits(world, host, name)),
  );
}

function commits(world: World, host: Host, channel: string): boolean {
  const id = world.idOf(channel);
  const info = world.info(channel);
  if (id === undefined || info === undefined || (info.opener !== host.name && info.accepter !== host.name)) return false;
  const state = host.running ? world.channelState(host.name, channel) : undefined;
  // Where the state shows that the command would be refused it is not given.
  if (state !== undefined && (state.phase !== 'funded' || commitObstacle(state) !== undefined)) return false;
  const effects = world.step(host, { kind: 'command', command: { kind: 'commit', channelId: id } });
  world.drain();
  return effects.some((effect) => effect.kind !== 'refused');
}

/** Blocks until everything is confirmed, and as deep as the node that asks for most wants its channels. */
function confirm(world: World): boolean {
  const { chain } = world;
  const lastWithTx = chain.blocks.findLast((block) => block.transactions.length > 0);
  const depth = Math.max(...[...world.hosts.values()].map((host) => host.config.minimumDepth), 1);
  const isDeep = lastWithTx === undefined || chain.height - lastWithTx.height + 1 >= depth;
  const { lostHeight } = chain;
  const mayComeAgain = lostHeight !== undefined && chain.height < lostHeight + BLOCKS_UNTIL_GIVEN_AGAIN;
  if (!chain.hasUnconfirmed && isDeep && !mayComeAgain) return false;
  return apply(world, { do: 'mine', blocks: 1 }) === 'applied';
}

/**
 * Each channel carries a payment, from the end that its id draws: every exchange moves both ends' commitments, and two payments would cost
 * a run as much as all that it is about. Where that end can send nothing the other does. False if the world does not settle any more.
 */
function probe(world: World): boolean {
  for (const info of world.channels) {
    for (const from of probingEnds(info)) {
      const range = probeRange(world, info, from);
      if (range === undefined) continue;
      if (!probeWith(world, info.name, from, probeAmount(range))) return false;
      break;
    }
  }
  return true;
}

function probingEnds({ channelId, opener, accepter }: ChannelInfo): readonly string[] {
  return (channelId ?? '').charCodeAt(1) % 2 === 0 ? [opener, accepter] : [accepter, opener];
}

type Range = { readonly minMsat: bigint; readonly maxMsat: bigint };

function probeRange(world: World, info: ChannelInfo, from: string): Range | undefined {
  if (info.channelId === undefined || !isUsable(world, info.opener, info.name) || !isUsable(world, info.accepter, info.name))
    return undefined;
  const driver = world.driver(from);
  const range = driver?.sendable === undefined ? guessedRange(world, { node: from, info }) : driver.sendable(info.channelId);
  return range !== undefined && range.minMsat <= range.maxMsat ? range : undefined;
}

/** Neither the least nor the most that can be sent: runs have tried those. */
function probeAmount(range: Range): bigint {
  const half = range.maxMsat / 2n;
  return half < range.minMsat ? range.maxMsat : half;
}

function probeWith(world: World, channel: string, from: string, amountMsat: bigint): boolean {
  const name = `probe/${channel}/${from}`;
  const refused = pay(world, { as: name, from, channel, cltvDelta: PROBE_CLTV_DELTA }, amountMsat, true);
  world.drain();
  if (!comeToRest(world)) return false;
  const outcome = world.ledger.get(name)?.outcome;
  const resolved = outcome === 'sent' || outcome === 'failed' ? outcome : 'stuck';
  world.probes.push({ channel, from, amountMsat, result: refused === undefined ? resolved : 'refused', detail: refused ?? '' });
  return true;
}

function isUsable(world: World, node: string, channel: string): boolean {
  if (saysUsable(world, node, channel)) return true;
  const state = world.channelState(node, channel);
  return (
    state?.phase === 'funded' &&
    state.lifecycle.connection === 'connected' &&
    state.lifecycle.readySent &&
    state.lifecycle.readyReceived &&
    !isShuttingDown(state)
  );
}
