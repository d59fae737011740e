import { createFakeCrypto } from '../../../sim/deterministic/fake-crypto.ts';
import { at } from '../../chain/chain.fixture.ts';
import type { ChannelConfig } from '../../channel/model/channel-vocabulary.ts';
import type { ChannelEvent, FundedState, StoredChannel } from '../../channel/model/state.ts';
import type { Tx } from '../../bitcoin/tx.ts';
import { fromHex } from '../../crypto/bytes.ts';
import type { ChannelId, SecretKey } from '../../crypto/bytes.ts';
import type { Crypto } from '../../crypto/types.ts';
import { buildOnion } from '../../onion/build.ts';
import type { BuiltOnion } from '../../onion/build.ts';
import { encodePayload } from '../../onion/payload.ts';
import type { PaymentSecret } from '../../onion/payload.ts';
import { feeOf } from '../../routing/fees.ts';
import { encodeMessage } from '../../wire/messages/index.ts';
import type { Message } from '../../wire/messages/index.ts';
import { makeFeatures } from '../../wire/features.ts';
import { DEFAULT_CONFIG } from '../config.ts';
import { bytes32, Pair, preimageOf, TestNode } from '../pair.fixture.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';

const FINAL_CLTV = 40;
export const ATTRIBUTED: Partial<ChannelConfig> = {
  features: makeFeatures({
    option_static_remotekey: 'compulsory',
    option_anchors: 'optional',
    option_channel_type: 'compulsory',
    option_attribution_data: 'optional',
  }),
};

interface Asked {
  readonly amountMsat?: bigint;
  /** What the payer pays beyond what is asked for; less, where it is negative. */
  readonly extraMsat?: bigint;
  /** Blocks beyond what is asked for at each hop. */
  readonly extraCltv?: number;
  /** What the first forwarder is told to go on by. */
  readonly firstScid?: bigint;
  /** The last node pays the first. */
  readonly backwards?: boolean;
  /** What the payer says of all parts of the payment. */
  readonly totalMsat?: bigint;
  /** Of several channels between two nodes, by this one. */
  readonly by?: number;
  /** Which part of the payment. */
  readonly part?: number;
}

type Edge = readonly [number, number];

function row(count: number): readonly Edge[] {
  return Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const);
}

/** Nodes that deal with payments, in a row with a channel between each two, or by their channels; node 0 the payer. */
export class Line {
  readonly crypto: Crypto;
  readonly nodes: readonly TestNode[];
  readonly edges: readonly Edge[];
  readonly channels: readonly ChannelId[];
  readonly fundings: readonly Tx[];
  readonly onions = new Map<number, BuiltOnion>();

  /** `config`: of all nodes, or of each by its place. */
  constructor(
    count: number,
    config: Partial<ChannelConfig> | ((node: number) => Partial<ChannelConfig>) = {},
    crypto: Crypto = createFakeCrypto(),
    edges: readonly Edge[] = row(count),
    claims = false,
    announce = false,
  ) {
    this.crypto = crypto;
    this.edges = edges;
    this.nodes = Array.from({ length: count }, (_, i) => {
      const own = typeof config === 'function' ? config(i) : config;
      return new TestNode(crypto, 0x10 + i, { payments: 'node', ...own }, { claims });
    });
    const funded = edges.map((_, i) => {
      const pair = this.pair(i);
      pair.connect();
      return pair.fund({ nth: i, announce });
    });
    this.channels = funded.map(({ channelId }) => channelId);
    this.fundings = funded.map(({ tx }) => tx);
    this.block(funded.map(({ tx }) => tx));
    this.block();
    this.block();
  }

  /** The ends of channel i. */
  pair(i: number): Pair {
    return new Pair({ nodes: this.endsOf(i) });
  }

  node(i: number): TestNode {
    return this.nodes.at(i) as TestNode;
  }

  channelId(i: number): ChannelId {
    return this.channels.at(i) as ChannelId;
  }

  block(transactions: readonly Tx[] = []): void {
    for (const node of this.nodes) {
      const { tip: fork } = node.state;
      const tip = at(fork.height + 1);
      node.input({ kind: 'chain', fork, blocks: [{ ...tip, transactions: transactions.map((tx, index) => ({ index, tx })) }], tip });
    }
    this.exchange();
  }

  time(nowMs: number): void {
    for (const node of this.nodes) node.input({ kind: 'time', nowMs });
    this.exchange();
  }

  /** Delivers the oldest message of the first node that has one. */
  deliver(): Message | undefined {
    for (const from of this.nodes) {
      const message = from.outgoing.shift();
      if (message === undefined) continue;
      const to = this.nodes.find(({ id }) => id === from.recipients.get(message));
      to?.input({ kind: 'received', peer: from.id, bytes: encodeMessage(message) });
      return message;
    }
    return undefined;
  }

  exchange(most = Infinity): number {
    let delivered = 0;
    while (delivered < most && this.deliver() !== undefined) delivered++;
    return delivered;
  }

  disconnect(i: number): void {
    const [a, b] = this.endsOf(i);
    drop(a, b);
    drop(b, a);
    a.input({ kind: 'disconnected', peer: b.id });
    b.input({ kind: 'disconnected', peer: a.id });
  }

  connect(i: number): void {
    const [a, b] = this.endsOf(i);
    a.input({ kind: 'connected', peer: b.id });
    b.input({ kind: 'connected', peer: a.id });
  }

  /** The process of node i dies and comes back: its connections are lost. */
  restart(i: number): void {
    const node = this.node(i);
    for (const peer of this.nodes) if (peer !== node) drop(peer, node);
    node.holdStores = false;
    node.restart();
    for (const peer of this.nodes) peer.input({ kind: 'disconnected', peer: node.id });
  }

  /** Every store is done, every connection is new, and everything comes to rest. */
  heal(): void {
    for (const node of this.nodes) {
      node.holdStores = false;
      node.finish(Infinity);
    }
    for (const [i] of this.channels.entries()) this.disconnect(i);
    for (const [i] of this.channels.entries()) this.connect(i);
    this.exchange();
  }

  /** The first node pays the last one. */
  pay(
    n: number,
    { amountMsat = 10_000_000n, extraMsat = 0n, extraCltv = 0, firstScid, backwards = false, totalMsat, by, part = 1 }: Asked = {},
  ): void {
    const { relay } = DEFAULT_CONFIG;
    const nodes = backwards ? this.nodes.toReversed() : this.nodes;
    const channels = backwards ? this.channels.map((_, i) => i).toReversed() : this.channels.map((_, i) => i);
    const [payer] = nodes as readonly [TestNode];
    let amount = amountMsat;
    let cltv = payer.state.tip.height + FINAL_CLTV;
    const paymentData = { paymentSecret: 'aa'.repeat(32) as PaymentSecret, totalMsat: totalMsat ?? amountMsat };
    const final = encodePayload({ amtToForwardMsat: amount, outgoingCltvValue: cltv, paymentData });
    const hops = [{ nodeId: (nodes.at(-1) as TestNode).id, payload: final }];
    for (let hop = nodes.length - 2; hop > 0; hop--) {
      const shortChannelId = hop === 1 && firstScid !== undefined ? firstScid : this.shortChannelId(channels[hop] as number);
      const payload = encodePayload({ amtToForwardMsat: amount, outgoingCltvValue: cltv, shortChannelId });
      hops.unshift({ nodeId: (nodes[hop] as TestNode).id, payload });
      amount += feeOf(amount, relay);
      cltv += relay.cltvExpiryDelta;
    }
    const { paymentHash } = preimageOf(n);
    const onion = buildOnion(this.crypto, {
      sessionKey: bytes32<SecretKey>(0x40 + n + 16 * (part - 1)),
      hops,
      associatedData: fromHex(paymentHash),
    });
    if (onion === undefined) throw new Error('the route is too long');
    this.onions.set(n, onion);
    payer.command({
      kind: 'add',
      channelId: this.channelId(by ?? (channels[0] as number)),
      origin: { kind: 'own', paymentId: n.toString(16).padStart(2, '0'), attempt: 1, part },
      amountMsat: amount + extraMsat,
      paymentHash,
      cltvExpiry: cltv + extraCltv,
      onion: onion.packet,
    });
  }

  /** Of channel i. */
  endsOf(i: number): readonly [TestNode, TestNode] {
    const [a, b] = this.edges[i] as Edge;
    return [this.node(a), this.node(b)];
  }

  shortChannelId(i: number): bigint {
    return shortChannelIdOfChannel(this.endsOf(i)[0].channel(this.channelId(i))) as bigint;
  }

  /** What was presented to the last node, by its id there. */
  received(): readonly bigint[] {
    return this.node(-1)
      .notifications()
      .flatMap((n) => (n.kind === 'htlc_received' ? [n.add.id] : []));
  }

  claim(n: number, id = this.received().at(-1) as bigint, at: 0 | -1 = -1): void {
    this.node(at).command({ kind: 'fulfill', channelId: this.channelId(at), id, preimage: preimageOf(n).preimage });
  }

  decline(id = this.received().at(-1) as bigint): void {
    const failure = {
      type: 'incorrect_or_unknown_payment_details',
      htlcMsat: 10_000_000n,
      height: this.node(-1).state.tip.height,
    } as const;
    this.node(-1).command({ kind: 'decline', channelId: this.channelId(-1), id, failure });
  }

  /** What the payer was told of its payments, each once. */
  outcomes(): readonly Extract<ChannelEvent, { kind: 'payment_sent' | 'payment_failed' }>[] {
    const told = new Map<string, ChannelEvent>();
    for (const effect of this.node(0).log) {
      if (effect.kind !== 'notify' || effect.event.kind !== 'event') continue;
      told.set(`${effect.channelId} ${effect.event.id}`, effect.event.event);
    }
    return [...told.values()].filter((event) => event.kind === 'payment_sent' || event.kind === 'payment_failed');
  }

  state(node: number, channel: number): StoredChannel {
    return this.node(node).channel(this.channelId(channel));
  }

  /** What a node has in all its channels, in millisatoshi. */
  wealth(i: number): bigint {
    let sum = 0n;
    for (const { state } of this.node(i).state.channels.values()) sum += state.shared.base.balanceMsat[state.params.us];
    return sum;
  }

  /** Both ends of every channel, with nothing under way. */
  ends(): readonly (readonly [FundedState['shared'], FundedState['shared']])[] {
    return this.edges.map(([a, b], i) => [this.state(a, i).shared, this.state(b, i).shared]);
  }
}

/** What is on its way from one to the other is lost. */
function drop(from: TestNode, to: TestNode): void {
  const kept = from.outgoing.filter((message) => from.recipients.get(message) !== to.id);
  from.outgoing.splice(0, Infinity, ...kept);
}
