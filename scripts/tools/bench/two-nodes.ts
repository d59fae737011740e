import type { ChannelConfig } from '../../../core/channel/model/channel-vocabulary.ts';
import type { MonitorUpdate } from '../../../core/knowledge/updates.ts';
import type { NodeKey, NotifyEffect } from '../../../core/node/node-vocabulary.ts';
import { createSigner } from '../../../core/channel/commitments/key-signer.ts';
import type { Tx } from '../../../core/bitcoin/tx.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, SecretKey } from '../../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../../core/crypto/chacha20poly1305.ts';
import { sha256Hex } from '../../../core/crypto/hashes.ts';
import type { Crypto } from '../../../core/crypto/types.ts';
import { DEFAULT_CONFIG } from '../../../core/node/config.ts';
import { createNode } from '../../../core/node/node.ts';
import type { ChainPoint } from '../../../core/chain/update.ts';
import { Host } from '../../../core/host/host.ts';
import type { Services } from '../../../core/host/services.ts';
import type { Script } from '../../../core/crypto/bytes.ts';
import { createNodeEnv } from '../../../core/node/node-vocabulary.ts';
import { ownPayment } from '../../../core/channel/model/origin.ts';

export function bytes32<T extends string>(n: number): T {
  return n.toString(16).padStart(64, '0') as T;
}

export function blockAt(height: number): ChainPoint {
  return { height, hash: bytes32(height) };
}

/** A node whose host finishes stores at once, acknowledges events, and fulfils received HTLCs when it is told to. */
export class BenchNode {
  readonly id: PublicKey;
  readonly outgoing: { readonly peer: PublicKey; readonly bytes: Uint8Array }[] = [];
  readonly received: bigint[] = [];
  funding: { readonly amountSat: bigint; readonly script: Script } | undefined;
  settled = 0;
  /** What watchers were told, where there are any. */
  readonly told: MonitorUpdate[] = [];
  readonly host: Host;

  constructor(crypto: Crypto, seed: number, config: Partial<ChannelConfig>) {
    this.id = crypto.publicKey(bytes32<SecretKey>(seed));
    const secret = bytes32<SecretKey>(seed);
    const key: NodeKey = {
      cipher: nobleChaCha20Poly1305,
      ecdh: (point) => crypto.ecdh(point, secret),
      nodeId: this.id,
      sign: (digest) => crypto.sign(digest, secret),
    };
    const env = createNodeEnv(
      crypto,
      createSigner(crypto, bytes32<Hash32>(seed), bytes32<SecretKey>(seed)),
      { ...DEFAULT_CONFIG, ...config },
      key,
    );
    const nothing = (): void => undefined;
    const services: Services = {
      storage: { store: () => true, forget: nothing, monitor: ({ update }) => this.told.push(update) > 0 },
      payments: { store: () => true, forget: nothing, route: () => undefined, tell: nothing },
      wire: { send: (peer, bytes) => void this.outgoing.push({ peer, bytes }), disconnect: nothing },
      chain: { broadcast: nothing, watchTx: nothing, watchSpend: nothing, refused: nothing },
      user: {
        notify: (effect) => this.notified(effect),
        ask: ({ question }) => {
          if (question.kind === 'fund') this.funding = question;
        },
        added: nothing,
        refused: ({ rule, detail }) => {
          throw new Error(`refused: ${rule}: ${detail}`);
        },
        violated: nothing,
        heard: nothing,
      },
    };
    this.host = new Host(env, services, { state: createNode(blockAt(100), 2500, 0), effects: [] });
  }

  private notified({ channelId, event }: NotifyEffect): void {
    if (event.kind === 'htlc_received') this.received.push(event.add.id);
    if (event.kind !== 'event') return;
    if (event.event.kind === 'payment_sent') this.settled += 1;
    this.host.command({ kind: 'acknowledge', channelId, eventId: event.id });
  }
}

/** Two cores that share nothing, and one channel from a to b, joined by encoded messages. */
export class BenchPair {
  readonly a: BenchNode;
  readonly b: BenchNode;
  readonly channelId: ChannelId;
  readonly cryptoName: string;
  messages = 0;
  private readonly preimages: { readonly preimage: Preimage; readonly paymentHash: Hash32 }[];
  private readonly onion = new Uint8Array(1366);

  constructor(createCrypto: () => Crypto, config: Partial<ChannelConfig> = {}) {
    const crypto = createCrypto();
    this.cryptoName = crypto.name;
    this.a = new BenchNode(crypto, 10, config);
    this.b = new BenchNode(createCrypto(), 11, config);
    this.preimages = Array.from({ length: 64 }, (_, n) => {
      const preimage = bytes32<Preimage>(n + 1);
      return { preimage, paymentHash: sha256Hex(crypto, preimage) };
    });
    this.a.host.input({ kind: 'connected', peer: this.b.id });
    this.b.host.input({ kind: 'connected', peer: this.a.id });
    this.exchange();
    this.channelId = this.open();
  }

  /** Until nothing is under way. */
  exchange(): void {
    while (this.deliver(this.a, this.b) || this.deliver(this.b, this.a));
  }

  private deliver(from: BenchNode, to: BenchNode): boolean {
    const sent = from.outgoing.shift();
    if (sent === undefined) return false;
    this.messages += 1;
    to.host.input({ kind: 'received', peer: from.id, bytes: sent.bytes });
    return true;
  }

  private open(): ChannelId {
    const channelId = bytes32<ChannelId>(77);
    const keys = { opener: bytes32<Hash32>(1), accepter: bytes32<Hash32>(2) };
    const amounts = { fundingSat: 1_000_000_000n, pushMsat: 500_000_000_000n, feeratePerKw: 2500 };
    this.a.host.command({
      kind: 'open',
      peer: this.b.id,
      temporaryChannelId: channelId,
      keysId: keys.opener,
      ...amounts,
      format: 'anchors',
      announce: false,
    });
    this.exchange();
    this.b.host.command({ kind: 'accept', peer: this.a.id, channelId, keysId: keys.accepter });
    this.exchange();
    const { funding } = this.a;
    if (funding === undefined) throw new Error('the channel was not opened');
    const input = {
      txid: bytes32<Tx['inputs'][number]['txid']>(99),
      vout: 0,
      sequence: 0xffffffff,
      scriptSig: '' as Script,
      witness: ['00'],
    };
    const tx: Tx = { version: 2, locktime: 0, inputs: [input], outputs: [{ amountSat: funding.amountSat, script: funding.script }] };
    this.a.host.command({ kind: 'fund', peer: this.b.id, channelId, tx });
    this.exchange();
    for (const transactions of [[{ index: 1, tx }], [], []]) {
      for (const { host } of [this.a, this.b]) {
        const { tip: fork } = host.state;
        const tip = blockAt(fork.height + 1);
        host.input({ kind: 'chain', fork, blocks: [{ height: tip.height, hash: tip.hash, transactions }], tip });
      }
      this.exchange();
    }
    const [id] = this.a.host.state.channels.keys();
    if (id === undefined) throw new Error('the channel was not opened');
    return id;
  }

  /** `a` adds one HTLC; both sides commit it. */
  add(n: number, amountMsat = 1_000_000n): void {
    const { paymentHash } = this.preimages[n % this.preimages.length] as (typeof this.preimages)[number];
    this.a.host.command({
      kind: 'add',
      channelId: this.channelId,
      origin: ownPayment(bytes32(n)),
      amountMsat,
      paymentHash,
      cltvExpiry: 500,
      onion: this.onion,
    });
    this.exchange();
  }

  /** `b` fulfils the HTLC that was added as `n`, until it is irrevocably removed on both sides. */
  fulfill(n: number, id: bigint): void {
    const { preimage } = this.preimages[n % this.preimages.length] as (typeof this.preimages)[number];
    this.b.host.command({ kind: 'fulfill', channelId: this.channelId, id, preimage });
    this.exchange();
  }
}
