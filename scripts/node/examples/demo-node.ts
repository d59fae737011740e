/// <reference types="node" />
import { randomBytes } from 'node:crypto';
import { decodeChannel } from '../../../core/channel/model/stored-form.ts';
import { createSigner } from '../../../core/channel/commitments/key-signer.ts';
import type { Notification } from '../../../core/node/node-vocabulary.ts';
import type { StoredChannel } from '../../../core/channel/model/state.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, SecretKey, Txid } from '../../../core/crypto/bytes.ts';
import { toHex } from '../../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../../core/crypto/chacha20poly1305.ts';
import { sha256Hex } from '../../../core/crypto/hashes.ts';
import { createNobleCrypto } from '../../../core/crypto/noble.ts';
import { createNodeEnv } from '../../../core/node/node-vocabulary.ts';
import { p2wpkh } from '../../../core/bitcoin/script.ts';
import { DEFAULT_CONFIG } from '../../../core/node/config.ts';
import { createPeersEnv } from '../../../core/peers/peers.ts';
import { Chain } from '../../../sim/world/chain.ts';
import { ChainWatch } from '../../../sim/world/chain-watch.ts';
import { Host } from '../host.ts';
import type { Services } from '../services.ts';
import { ownPayment } from '../../../core/channel/model/origin.ts';

const FEERATE_PER_KW = 2500;
const ONION_SIZE = 1366;

const random = <T extends string>(): T => toHex<T>(randomBytes(32));

/** A chain in memory that everybody sees, and mines when told to. */
export class DemoChain {
  readonly chain = new Chain(createNobleCrypto());
  readonly nodes: DemoNode[] = [];

  mine(blocks: number): void {
    for (let i = 0; i < blocks; i++) {
      this.chain.mine(0);
      for (const { host, watch } of this.nodes) {
        const news = watch.next(this.chain);
        if (news === undefined) continue;
        watch.saw(news.tip);
        host.input(news);
      }
    }
  }
}

/** What a host never loses: the secrets of the node, and the states of its channels. */
export class DemoDisk {
  readonly nodeSecret = random<SecretKey>();
  readonly signerSeed = random<Hash32>();
  readonly channels = new Map<ChannelId, Uint8Array>();

  read(): StoredChannel[] {
    return [...this.channels.values()].map((bytes) => {
      const decoded = decodeChannel(bytes);
      if (!decoded.ok) throw new Error(`a stored channel cannot be read: ${decoded.error.detail}`);
      return decoded.value;
    });
  }
}

/** Who watches from elsewhere. */
export interface DemoWatchers extends Pick<Services, 'monitor'> {
  readonly names: readonly string[];
  readonly quorum: number;
}
const NOBODY: DemoWatchers = { names: [], quorum: 0, monitor: () => undefined };

/** A node with all that a host brings, in memory: a disk, a wallet with coins made up for it, a chain, and a user who says yes. */
export class DemoNode {
  readonly host: Host;
  readonly watch = new ChainWatch();
  readonly #chain: DemoChain;
  readonly #crypto = createNobleCrypto();
  readonly #walletSecret = random<SecretKey>();
  readonly #invoices = new Map<Hash32, Preimage>();
  readonly #happened: { readonly channelId: ChannelId; readonly what: string }[] = [];
  #wake: () => void = () => undefined;

  constructor(chain: DemoChain, disk = new DemoDisk(), watched: DemoWatchers = NOBODY) {
    this.#chain = chain;
    const config = { ...DEFAULT_CONFIG, watchers: watched.names, watcherQuorum: watched.quorum };
    const env = createNodeEnv(this.#crypto, createSigner(this.#crypto, disk.signerSeed, disk.nodeSecret), config);
    const peersEnv = createPeersEnv({ crypto: this.#crypto, cipher: nobleChaCha20Poly1305 }, disk.nodeSecret);
    const durable = { channels: disk.read(), watcherIds: [], tip: chain.chain.tip, feeratePerKw: FEERATE_PER_KW };
    this.host = new Host(env, peersEnv, durable, {
      store: async (channelId, bytes) => void disk.channels.set(channelId, bytes),
      forget: (channelId) => void disk.channels.delete(channelId),
      monitor: (update) => watched.monitor(update),
      broadcast: ({ channelId, tx, purpose }) => {
        chain.chain.broadcast(tx);
        this.#happens(channelId, `broadcast ${purpose}`);
      },
      watchTx: (txid) => this.watch.watchTx(txid),
      watchSpend: (outpoint) => this.watch.watchSpend(outpoint),
      notify: ({ channelId, event }) => this.#notified(channelId, event),
      ask: ({ peer, channelId, question }) => {
        if (question.kind === 'accept') this.host.command({ kind: 'accept', peer, channelId, keysId: random<Hash32>() });
        else {
          const tx = chain.chain.fundingTx(this.#walletSecret, random<Txid>(), question.amountSat, question.script);
          this.host.command({ kind: 'fund', peer, channelId, tx });
        }
      },
      added: () => undefined,
      chainRefused: ({ misfit, detail }) => {
        throw new Error(`${misfit}: ${detail}`);
      },
      refused: ({ command, rule, detail }) => {
        throw new Error(`${command} was refused: ${rule}, ${detail}`);
      },
      violated: () => undefined,
      heard: () => undefined,
      hungUp: () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    chain.nodes.push(this);
  }

  #notified(channelId: ChannelId, event: Notification): void {
    if (event.kind === 'event') this.host.command({ kind: 'acknowledge', channelId, eventId: event.id });
    if (event.kind === 'htlc_received') {
      const preimage = this.#invoices.get(event.add.paymentHash);
      if (preimage !== undefined) this.host.command({ kind: 'fulfill', channelId, id: event.add.id, preimage });
    }
    this.#happens(channelId, event.kind === 'event' ? event.event.kind : event.kind);
  }

  #happens(channelId: ChannelId, what: string): void {
    this.#happened.push({ channelId, what });
    this.#wake();
  }

  /** Waits for something to happen, or to have happened since it was last waited for. */
  async happens(awaited: 'opened' | 'channel_usable' | 'payment_sent' | 'broadcast closing' | 'channel_closed'): Promise<ChannelId> {
    for (;;) {
      const at = this.#happened.findIndex(({ what }) => what === awaited);
      const [found] = at < 0 ? [] : this.#happened.splice(at, 1);
      if (found !== undefined) return found.channelId;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  open(peer: PublicKey, fundingSat: bigint): void {
    const ids = { temporaryChannelId: random<ChannelId>(), keysId: random<Hash32>() };
    this.host.command({
      kind: 'open',
      peer,
      ...ids,
      fundingSat,
      pushMsat: 0n,
      feeratePerKw: FEERATE_PER_KW,
      format: 'anchors',
      announce: false,
    });
  }

  /** A payment hash that this node can be paid to. */
  invoice(): Hash32 {
    const preimage = random<Preimage>();
    const paymentHash = sha256Hex(this.#crypto, preimage);
    this.#invoices.set(paymentHash, preimage);
    return paymentHash;
  }

  pay(channelId: ChannelId, paymentHash: Hash32, amountMsat: bigint): void {
    const cltvExpiry = this.#chain.chain.height + 40;
    this.host.command({
      kind: 'add',
      channelId,
      origin: ownPayment(random()),
      amountMsat,
      paymentHash,
      cltvExpiry,
      onion: new Uint8Array(ONION_SIZE),
    });
  }

  close(channelId: ChannelId): void {
    this.host.command({ kind: 'shutdown', channelId, script: p2wpkh(this.#crypto, this.#crypto.publicKey(this.#walletSecret)) });
  }

  balanceMsat(channelId: ChannelId): bigint | undefined {
    const channel = this.host.state.channels.get(channelId)?.state;
    return channel?.shared.base.balanceMsat[channel.params.us];
  }
}
