import type { ChannelConfig } from '../../core/channel/model/channel-vocabulary.ts';
import type { OfferedHtlc } from '../scenario/border.ts';
import { p2wpkh } from '../../core/bitcoin/script.ts';
import type { ChannelId, PublicKey, Script, SecretKey } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { ConnectionId } from '../../core/peers/peers-vocabulary.ts';
import { ChainWatch } from './chain-watch.ts';
import { otherEnd } from './packet.ts';
import type { End } from './packet.ts';
import type { Link } from './network.ts';
import { DEFAULT_FEERATE_PER_KW, policyOf } from '../scenario/channel-config.ts';
import { stream } from '../deterministic/random.ts';
import { Disk } from './storage.ts';
import type { Driver, DriverFactory, Latency, NodeSpec, Heard } from '../scenario/types.ts';

const ORDER: readonly Heard[] = ['opened', 'usable', 'ended'];
/** Enough for a commitment or two in quiet times. */
const FEW_COINS_SAT = 20_000n;
const AT_ONCE: Latency = { kind: 'fixed', ms: 0 };

/** One end of a link, as the node there sees it. */
export interface Port {
  readonly link: Link;
  readonly end: End;
  readonly peer: string;
}

/** An incoming HTLC that was presented to the host. */
export interface Presented {
  readonly payment: string;
  readonly channelId: ChannelId;
  readonly add: OfferedHtlc;
}

/** Everything that every host of a world is made with. */
export interface HostContext {
  readonly seed: string;
  readonly crypto: Crypto;
  readonly createCrypto: () => Crypto;
  readonly entropy: (label: string) => string;
  readonly factory: DriverFactory;
}

/** One node's surroundings: its implementation, disk, wallet, view of the chain, and what it was told and has not answered. */
export class Host {
  readonly spec: NodeSpec;
  /** What moves here by itself. */
  readonly actors: { readonly disk: string; readonly chain: string; readonly clock: string };
  readonly config: ChannelConfig;
  readonly driver: Driver;
  readonly disk: Disk;
  readonly walletSecret: SecretKey;
  readonly walletScript: Script;
  watch: ChainWatch;
  running: boolean;
  feeratePerKw: number;
  /** Events told and not acknowledged, where the host does so later. */
  unacknowledged: { readonly channelId: ChannelId; readonly eventId: number }[];
  presented: Presented[];
  /** Payments whose decision the node would not take yet: told again when it is connected. */
  owed: string[];
  /** It has come back with an older state than it had on disk. */
  restoredBackup: boolean;
  /** It has come back without some of its features. */
  lacksFeatures: boolean;
  /** When this node hears of a block, by milliseconds after it was mined. */
  readonly blockDelayMs: number;
  /** How much of what its peer manager has told the node is still to come. */
  behind: number;
  /** The time that its node was told last, where nothing was due. */
  toldMs: number;
  /** The connections of its peer manager, and with whom. */
  readonly sockets: Map<ConnectionId, PublicKey>;
  /** What it may still give for claims, in satoshi; undefined where its wallet never ends. */
  coinsSat: bigint | undefined;
  /** By the channel's name: the furthest that its node has told. */
  readonly heard: Map<string, Heard>;

  constructor(spec: NodeSpec, context: HostContext, from?: Host) {
    const { seed, crypto, entropy } = context;
    this.spec = spec;
    this.actors = { disk: `disk ${spec.name}`, chain: `chain ${spec.name}`, clock: `clock ${spec.name}` };
    if (from !== undefined) {
      if (from.driver.fork === undefined) throw new RangeError(`the driver of '${spec.name}' cannot be forked`);
      this.driver = from.driver.fork();
      this.config = from.config;
      this.disk = from.disk.fork();
      this.walletSecret = from.walletSecret;
      this.walletScript = from.walletScript;
      this.watch = new ChainWatch(from.watch);
      this.running = from.running;
      this.feeratePerKw = from.feeratePerKw;
      this.unacknowledged = [...from.unacknowledged];
      this.presented = [...from.presented];
      this.owed = [...from.owed];
      this.restoredBackup = from.restoredBackup;
      this.lacksFeatures = from.lacksFeatures;
      this.blockDelayMs = from.blockDelayMs;
      this.behind = from.behind;
      this.toldMs = from.toldMs;
      this.sockets = new Map(from.sockets);
      this.heard = new Map(from.heard);
      this.coinsSat = from.coinsSat;
      return;
    }
    const watchers = spec.watchers ?? [];
    const names = watchers.map((w) => w.name);
    this.config = policyOf(spec.config ?? {}, names);
    this.feeratePerKw = spec.feeratePerKw ?? DEFAULT_FEERATE_PER_KW;
    this.watch = new ChainWatch();
    this.driver = context.factory({
      name: spec.name,
      config: this.config,
      crypto: context.createCrypto(),
      entropy: (label) => entropy(`node/${spec.name}/${label}`),
      tip: this.watch.seen,
      feeratePerKw: this.feeratePerKw,
      maxQueuedBytes: spec.maxQueuedBytes,
      claimsTo: spec.claims === undefined ? undefined : p2wpkh(crypto, crypto.publicKey(entropy(`wallet/${spec.name}`) as SecretKey)),
    });
    this.disk = new Disk({ storage: spec.storage ?? AT_ONCE, watchers }, stream(seed, `storage/${spec.name}`));
    this.walletSecret = entropy(`wallet/${spec.name}`) as SecretKey;
    const key = crypto.publicKey(this.walletSecret);
    // Some wallets have taproot outputs, which need option_shutdown_anysegwit.
    this.walletScript = stream(seed, `script/${spec.name}`).int(3) === 0 ? (`5120${key.slice(2)}` as Script) : p2wpkh(crypto, key);
    this.running = true;
    this.unacknowledged = [];
    this.presented = [];
    this.owed = [];
    this.restoredBackup = false;
    this.lacksFeatures = false;
    this.behind = 0;
    this.toldMs = 0;
    this.sockets = new Map();
    this.heard = new Map();
    this.coinsSat = spec.claims === 'many' ? undefined : spec.claims === 'few' ? FEW_COINS_SAT : 0n;
    this.blockDelayMs = stream(seed, `blocks/${spec.name}`).int(2000);
  }

  get name(): string {
    return this.spec.name;
  }

  get nodeId(): PublicKey {
    return this.driver.nodeId;
  }

  /** Events may be told again, and in any order: only news counts. */
  hear(channel: string, heard: Heard): void {
    const known = this.heard.get(channel);
    if (known === undefined || ORDER.indexOf(known) < ORDER.indexOf(heard)) this.heard.set(channel, heard);
  }

  /** The process dies: all that is not on disk is gone. */
  crash(survive: number): void {
    this.disk.crash(survive);
    this.running = false;
    this.toldMs = 0;
    this.sockets.clear();
    const { seen } = this.watch;
    this.watch = new ChainWatch();
    this.watch.saw(seen);
    this.resume();
    this.unacknowledged = [];
    this.presented = [];
    this.owed = [];
  }

  /** Brings back older states. False if the disk has none. */
  restoreBackup(age: number): boolean {
    if (!this.disk.restoreBackup(age)) return false;
    this.resume();
    this.restoredBackup = true;
    return true;
  }

  /** The host reads blocks again from where each of its durable states was written, or that channel would miss some. */
  private resume(): void {
    this.watch.resume([...this.disk.durable.values()].map(({ seen }) => seen));
  }
}

/** Every node's ends of its links, by the peer at the other end. */
export function portsOf(hosts: ReadonlyMap<string, Host>, links: ReadonlyMap<string, Link>): Map<string, Map<PublicKey, Port>> {
  const ports = new Map([...hosts.keys()].map((name) => [name, new Map<PublicKey, Port>()]));
  for (const link of links.values()) {
    for (const end of [0, 1] as const) {
      const peer = link.spec.ends[otherEnd(end)];
      ports.get(link.spec.ends[end])?.set((hosts.get(peer) as Host).nodeId, { link, end, peer });
    }
  }
  return ports;
}
