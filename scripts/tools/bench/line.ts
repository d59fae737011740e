import { shortChannelIdOfChannel } from '../../../core/channel/model/place.ts';
import type { ChannelConfig } from '../../../core/channel/model/channel-vocabulary.ts';
import { ownPayment } from '../../../core/channel/model/origin.ts';
import type { Tx } from '../../../core/bitcoin/tx.ts';
import { fromHex } from '../../../core/crypto/bytes.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, Script, SecretKey } from '../../../core/crypto/bytes.ts';
import { sha256Hex } from '../../../core/crypto/hashes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import { buildOnion } from '../../../core/onion/build.ts';
import { encodePayload } from '../../../core/onion/payload.ts';
import type { PaymentSecret } from '../../../core/onion/payload.ts';
import { feeOf } from '../../../core/routing/fees.ts';
import { DEFAULT_CONFIG } from '../../../core/node/config.ts';
import { BenchNode, blockAt, bytes32 } from './two-nodes.ts';

const AMOUNT_MSAT = 1_000_000n;
const FINAL_CLTV = 40;

/** Nodes in a row that share nothing and forward by real onions, joined by encoded messages. */
export class BenchLine {
  readonly nodes: readonly BenchNode[];
  readonly cryptoName: string;
  private readonly byId: ReadonlyMap<PublicKey, BenchNode>;
  private readonly channels: readonly ChannelId[];
  private readonly crypto: Crypto;

  constructor(createCrypto: () => Crypto, hops: number, config: Partial<ChannelConfig> = {}) {
    this.crypto = createCrypto();
    this.cryptoName = this.crypto.name;
    this.nodes = Array.from({ length: hops + 1 }, (_, i) => new BenchNode(createCrypto(), 10 + i, { payments: 'node', ...config }));
    this.byId = new Map(this.nodes.map((node) => [node.id, node]));
    const funded = this.nodes.slice(1).map((b, i) => this.fund(this.nodes[i] as BenchNode, b, i));
    this.channels = funded.map(({ channelId }) => channelId);
    for (const transactions of [funded.map(({ tx }, index) => ({ index, tx })), [], []]) {
      for (const { host } of this.nodes) {
        const { tip: fork } = host.state;
        const tip = blockAt(fork.height + 1);
        host.input({ kind: 'chain', fork, blocks: [{ height: tip.height, hash: tip.hash, transactions }], tip });
      }
      this.exchange();
    }
  }

  /** Until nothing is under way. */
  private exchange(): void {
    for (let more = true; more;) {
      more = false;
      for (const from of this.nodes) {
        for (let sent = from.outgoing.shift(); sent !== undefined; sent = from.outgoing.shift()) {
          more = true;
          this.byId.get(sent.peer)?.host.input({ kind: 'received', peer: from.id, bytes: sent.bytes });
        }
      }
    }
  }

  private fund(a: BenchNode, b: BenchNode, nth: number): { readonly channelId: ChannelId; readonly tx: Tx } {
    a.host.input({ kind: 'connected', peer: b.id });
    b.host.input({ kind: 'connected', peer: a.id });
    this.exchange();
    const temporaryChannelId = bytes32<ChannelId>(700 + nth);
    const amounts = {
      fundingSat: 1_000_000_000n,
      pushMsat: 500_000_000_000n,
      feeratePerKw: 2500,
      format: 'anchors',
      announce: false,
    } as const;
    a.host.command({ kind: 'open', peer: b.id, temporaryChannelId, keysId: bytes32<Hash32>(1 + 2 * nth), ...amounts });
    this.exchange();
    b.host.command({ kind: 'accept', peer: a.id, channelId: temporaryChannelId, keysId: bytes32<Hash32>(2 + 2 * nth) });
    this.exchange();
    const { funding } = a;
    if (funding === undefined) throw new Error('the channel was not opened');
    const txid = bytes32<Tx['inputs'][number]['txid']>(900 + nth);
    const tx: Tx = {
      version: 2,
      locktime: 0,
      inputs: [{ txid, vout: 0, sequence: 0xffffffff, scriptSig: '' as Script, witness: ['00'] }],
      outputs: [{ amountSat: funding.amountSat, script: funding.script }],
    };
    a.host.command({ kind: 'fund', peer: b.id, channelId: temporaryChannelId, tx });
    this.exchange();
    const channelId = [...a.host.state.channels.keys()].at(-1);
    if (channelId === undefined) throw new Error('the channel was not funded');
    return { channelId, tx };
  }

  /** The first node pays the last one: onion, forwards, claim, and irrevocably removed everywhere. */
  pay(n: number): void {
    const { relay } = DEFAULT_CONFIG;
    const [payer] = this.nodes as readonly [BenchNode];
    const payee = this.nodes.at(-1) as BenchNode;
    const preimage = bytes32<Preimage>(n + 1);
    const paymentHash = sha256Hex<Hash32>(this.crypto, preimage);
    let amount = AMOUNT_MSAT;
    let cltv = payer.host.state.tip.height + FINAL_CLTV;
    const paymentData = { paymentSecret: bytes32<PaymentSecret>(5), totalMsat: amount };
    const hops = [{ nodeId: payee.id, payload: encodePayload({ amtToForwardMsat: amount, outgoingCltvValue: cltv, paymentData }) }];
    for (let i = this.nodes.length - 2; i > 0; i--) {
      const node = this.nodes[i] as BenchNode;
      const channel = node.host.state.channels.get(this.channels[i] as ChannelId)?.state;
      const shortChannelId = (channel && shortChannelIdOfChannel(channel)) ?? 0n;
      hops.unshift({ nodeId: node.id, payload: encodePayload({ amtToForwardMsat: amount, outgoingCltvValue: cltv, shortChannelId }) });
      amount += feeOf(amount, relay);
      cltv += relay.cltvExpiryDelta;
    }
    const onion = buildOnion(this.crypto, { sessionKey: bytes32<SecretKey>(n + 1), hops, associatedData: fromHex(paymentHash) });
    if (onion === undefined) throw new Error('the route is too long');
    const [channelId] = this.channels as readonly [ChannelId];
    const origin = ownPayment(n.toString(16).padStart(16, '0'));
    payer.host.command({ kind: 'add', channelId, origin, amountMsat: amount, paymentHash, cltvExpiry: cltv, onion: onion.packet });
    this.exchange();
    const id = payee.received.shift();
    if (id === undefined) throw new Error('the payment did not arrive');
    payee.host.command({ kind: 'fulfill', channelId: this.channels.at(-1) as ChannelId, id, preimage });
    this.exchange();
  }
}
