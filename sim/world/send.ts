import { shortChannelIdOfChannel } from '../../core/channel/model/place.ts';
import { ownPayment } from '../../core/channel/model/origin.ts';
import type { ChannelState, StoredChannel } from '../../core/channel/model/state.ts';
import { fromHex } from '../../core/crypto/bytes.ts';
import type { ChannelId, Hash32, Hex, Preimage, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import type { ChannelPolicy } from '../../core/gossip/channel-update.ts';
import { buildOnion } from '../../core/onion/build.ts';
import type { BuiltOnion } from '../../core/onion/build.ts';
import { encodePayload } from '../../core/onion/payload.ts';
import type { PaymentSecret } from '../../core/onion/payload.ts';
import { buildGraph } from '../../core/routing/graph.ts';
import type { Graph, GraphChannel } from '../../core/routing/graph.ts';
import type { NoRoute, Route, RouteRequest } from '../../core/routing/route.ts';
import { DijkstraRouter } from '../../core/routing/router.ts';
import type { ChannelInfo, PaymentHop } from '../scenario/types.ts';
import { referenceOf } from './payments.ts';
import { invoiceOf, offeredId } from './users.ts';
import { damaged, flawed, isPossible } from './flawed-route.ts';
import type { Flaw } from './flawed-route.ts';
import type { World } from './world.ts';

/** Blocks that a recipient wants for the last HTLC. */
const FINAL_CLTV_DELTA = 40;
/** BOLT 4: as far as attribution data reaches. */
const MAX_HOPS = 20;

export interface Sent {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly amountMsat: bigint;
  readonly claimAtOnce: boolean;
  /** Blocks that its recipient has for the last HTLC. */
  readonly cltvDelta?: number | undefined;
  /** What its payer does wrong. */
  readonly flaw?: Flaw | undefined;
}

/** A payment from one node to any other, over channels between them: a route, an onion, an HTLC. Returns why not, if not. */
export function send(
  world: World,
  { name, from, to, amountMsat, claimAtOnce, cltvDelta = FINAL_CLTV_DELTA, flaw }: Sent,
): string | undefined {
  const { preimage, hash } = world.preimage(name);
  const secret = invoiceOf(world, to, hash);
  if (secret === undefined) return `${to} reads no onions`;
  const { graph, names } = graphOf(world);
  const honest = routeOf(world, graph, { from, to, amountMsat, finalCltvDelta: cltvDelta });
  if (typeof honest === 'string') return honest;
  if (flaw !== undefined && !isPossible(flaw, honest)) return 'the route is too short to be wrong';
  const route = flawed(honest, flaw);
  const { height } = world.host(from).watch.seen;
  const onion = onionFor(world, name, route, { height, hash, secret, flaw });
  const [first] = route.hops;
  if (first === undefined || onion === undefined) return 'the route is too long';
  const forwarders = route.hops.slice(0, -1).map(({ nodeId }) => world.nodeName(nodeId));
  if (forwarders.some((node) => world.host(node).config.payments === 'host')) return 'a node on the way forwards nothing';
  const hops: PaymentHop[] = route.hops.map((hop, i) => ({
    channel: names.get(hop.shortChannelId) as string,
    from: i === 0 ? from : world.nodeName((route.hops[i - 1] as Route['hops'][number]).nodeId),
    amountMsat: hop.amountMsat,
  }));
  const channel = (hops[0] as PaymentHop).channel;
  const cltvExpiry = height + first.cltvDelta;
  const add = {
    amountMsat: first.amountMsat,
    paymentHash: hash,
    cltvExpiry,
    onion: flaw === 'onion' ? damaged(onion.packet) : onion.packet,
  };
  const channelId = world.idOf(channel) as ChannelId;
  const refused = world.command(world.host(from), { kind: 'add', channelId, origin: ownPayment(referenceOf(name)), ...add });
  if (refused !== undefined || world.finding !== undefined) return refused;
  const htlcId = offeredId(world, from, channel);
  const record = { name, from, to, channel, htlcId, amountMsat: first.amountMsat, paymentHash: hash, preimage: preimage as Preimage };
  world.ledger.add({ ...record, cltvExpiry, probe: false, route: hops, claimAtOnce, flaw, sharedSecrets: onion.sharedSecrets });
  return undefined;
}

/** What everybody knows: every channel that stands in the chain, with what its ends ask for. */
function graphOf(world: World): { readonly graph: Graph; readonly names: ReadonlyMap<bigint, string> } {
  const names = new Map<bigint, string>();
  const channels: GraphChannel[] = [];
  for (const info of world.channels) {
    const ends = [info.opener, info.accepter].sort((a, b) => (world.nodeId(a) < world.nodeId(b) ? -1 : 1)) as [string, string];
    const shortChannelId = ends.map((node) => scidOf(world.channelState(node, info.name))).find((scid) => scid !== undefined);
    if (shortChannelId === undefined) continue;
    names.set(shortChannelId, info.name);
    const [nodeId1, nodeId2] = ends.map((node) => world.nodeId(node)) as [PublicKey, PublicKey];
    const [policy1, policy2] = ends.map((node) => policyAt(world, node, info)) as [ChannelPolicy, ChannelPolicy];
    channels.push({ shortChannelId, nodeId1, nodeId2, capacitySat: info.fundingSat, policy1, policy2 });
  }
  return { graph: buildGraph(channels), names };
}

function scidOf(state: ChannelState | undefined): bigint | undefined {
  return state?.phase === 'funded' ? shortChannelIdOfChannel(state as StoredChannel) : undefined;
}

/** No channel is announced for more than it holds. */
function policyAt(world: World, node: string, { fundingSat }: ChannelInfo): ChannelPolicy {
  const { relay } = world.host(node).config;
  const capacityMsat = fundingSat * 1000n;
  return { ...relay, htlcMaximumMsat: relay.htlcMaximumMsat < capacityMsat ? relay.htlcMaximumMsat : capacityMsat, disabled: false };
}

function routeOf(
  world: World,
  graph: Graph,
  { from, to, amountMsat, finalCltvDelta }: Pick<RouteRequest, 'amountMsat' | 'finalCltvDelta'> & Pick<Sent, 'from' | 'to'>,
): Route | NoRoute {
  const { maxCltvAhead } = world.host(from).config;
  const found = new DijkstraRouter().route(
    {
      from: world.nodeId(from),
      to: world.nodeId(to),
      amountMsat,
      finalCltvDelta,
      maxFeeMsat: amountMsat,
      maxCltvDelta: maxCltvAhead,
      maxHops: MAX_HOPS,
      excluded: new Set(),
    },
    graph,
  );
  return found.ok ? found.route : found.why;
}

interface Terms {
  readonly height: number;
  readonly hash: Hash32;
  readonly secret: Hex;
  readonly flaw: Flaw | undefined;
}

function onionFor(world: World, name: string, { hops }: Route, { height, hash, secret, flaw }: Terms): BuiltOnion | undefined {
  const toldMsat = (amountMsat: bigint): bigint => (flaw === 'last-amount' ? amountMsat + 1n : amountMsat);
  const plan = hops.map(({ nodeId, amountMsat, cltvDelta }, i) => {
    const next = hops[i + 1];
    const payload =
      next === undefined
        ? {
            amtToForwardMsat: toldMsat(amountMsat),
            outgoingCltvValue: height + cltvDelta + (flaw === 'last-expiry' ? 1 : 0),
            paymentData: { paymentSecret: secret as PaymentSecret, totalMsat: toldMsat(amountMsat) },
          }
        : {
            amtToForwardMsat: next.amountMsat,
            outgoingCltvValue: height + next.cltvDelta,
            shortChannelId: flaw === 'next' && i === hops.length - 2 ? next.shortChannelId + 1n : next.shortChannelId,
          };
    return { nodeId, payload: encodePayload(payload) };
  });
  const sessionKey = world.entropy(`onion/${name}`) as string as SecretKey;
  return buildOnion(world.crypto, { sessionKey, hops: plan, associatedData: fromHex(hash) });
}
