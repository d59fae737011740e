import type { ChainPoint } from '../../core/chain/update.ts';
import { decodeChannel, encodeChannel } from '../../core/channel/model/stored-form.ts';
import { STATE_SINK } from '../../core/channel/model/channel-vocabulary.ts';
import type { Sink, Step } from '../../core/channel/model/channel-vocabulary.ts';
import { createSigner } from '../../core/channel/commitments/key-signer.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, PublicKey, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { TransportEnv } from '../../core/transport/cipher.ts';
import { DEFAULT_CONFIG } from '../../core/node/config.ts';
import { createNodeEnv } from '../../core/node/node-vocabulary.ts';
import type { NodeInput, NodeState } from '../../core/node/node-vocabulary.ts';
import { createNode } from '../../core/node/node.ts';
import type { Observed } from '../../core/host/host.ts';
import type { MonitorEffect, Sockets, Storage, StoreEffect } from '../../core/host/services.ts';
import { SocketHost } from '../../core/host/socket-host.ts';
import type { Observer } from '../../core/host/socket-host.ts';
import { restoreNode } from '../../core/node/restore.ts';
import type { ConnectionId, PeersEffect, PeersEnv, PeersInput, PeersState } from '../../core/peers/peers-vocabulary.ts';
import { createPeers, createPeersEnv } from '../../core/peers/peers.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { sameBytes } from '../../sim/deterministic/bytes.ts';
import { promise } from '../target.ts';
import type { NodeEffect } from '../../core/node/node-vocabulary.ts';

/** The peers' own key can sign anything, so a fuzzer that plays them writes this and means "valid". Low S, as any signature. */
export const VALID_SIGNATURE = '11'.repeat(64) as Signature;

const fake = createFakeCrypto();
/** Points and signatures that cost nothing. */
export const crypto: Crypto = {
  ...fake,
  verify: (signature, digest, key) => signature === VALID_SIGNATURE || fake.verify(signature, digest, key),
};

const SECRET = '5b'.repeat(32) as SecretKey;
export const SUBJECT_ID: PublicKey = crypto.publicKey(SECRET);
/** One watcher of the chain, so that its acknowledgements are part of the game. */
const WATCHER = 'tower';
export const START_HEIGHT = 100;
const START_FEERATE = 2500;

/** The one block of this height. */
export function blockAt(height: number): ChainPoint {
  return { height, hash: height.toString(16).padStart(64, '0') as Hash32 };
}

export const nodeEnv = createNodeEnv(crypto, createSigner(crypto, '5c'.repeat(32) as Hash32, SECRET), {
  ...DEFAULT_CONFIG,
  watchers: [WATCHER],
  minimumDepth: 1,
  maxAcceptedHtlcs: 8,
});

export const transportEnv: TransportEnv = { crypto, cipher: nobleChaCha20Poly1305 };

/** So tight that a fuzzer reaches them. */
export const peersEnv: PeersEnv = createPeersEnv(transportEnv, SECRET, {
  maxHandshakes: 3,
  maxInboundPeers: 2,
  maxClosing: 2,
  maxPongBytes: 200_000,
  maxWriteBytes: 4096,
  readAheadBytes: 70_000,
  maxIncomingBytes: 140_000,
  maxQueuedBytes: 70_000,
  // Less than two of the longest answers beyond what holds back.
  maxOutgoingBytes: 120_000,
});

/** A channel on disk. */
interface Stored {
  readonly version: number;
  readonly bytes: Uint8Array;
  /** Of our newest commitment in it: older ones are revoked for whoever restarts from it. */
  readonly number: bigint;
}

/** A write to disk, or to a watcher, that has not finished. */
type Pending =
  | ({ readonly sink: Extract<Sink, { kind: 'state' }>; readonly channelId: ChannelId } & Stored)
  | { readonly sink: Extract<Sink, { kind: 'watcher' }>; readonly channelId: ChannelId; readonly version: number };

function nothing(): void {}

/** What the node and its peer manager did, for whoever watches. */
export type Watched = ({ readonly kind: 'node' } & Observed) | { readonly kind: 'peers'; readonly effect: PeersEffect };

/** The node under attack, with its host: disk, watcher, sockets. A world continues from a copy. */
export class Subject implements Storage, Sockets {
  holding: boolean;
  pending: readonly Pending[];
  disk: ReadonlyMap<ChannelId, Stored>;
  watcherIds: ReadonlyMap<ChannelId, number>;
  /** Bytes that the manager wants written and the host has not taken, by connection. */
  offers: ReadonlyMap<ConnectionId, Uint8Array>;
  /** Connections that are not to be read from for now. */
  stopped: ReadonlySet<ConnectionId>;
  /** Connections that it hung up, since somebody last looked. */
  closed: readonly ConnectionId[];
  watch: (event: Watched) => void = nothing;
  private host: SocketHost;

  constructor(from?: Subject) {
    this.holding = from?.holding ?? false;
    this.pending = from?.pending ?? [];
    this.disk = from?.disk ?? new Map();
    this.watcherIds = from?.watcherIds ?? new Map();
    this.offers = from?.offers ?? new Map();
    this.stopped = from?.stopped ?? new Set();
    this.closed = from?.closed ?? [];
    const state = from?.node ?? createNode(blockAt(START_HEIGHT), START_FEERATE, 0);
    this.host = this.hosted({ state, effects: [], peers: from?.peers ?? createPeers(0) });
  }

  fork(): Subject {
    return new Subject(this);
  }

  private hosted(from: Step<NodeState, NodeEffect> & { readonly peers: PeersState }): SocketHost {
    // What is broadcast, asked and told is seen by whoever watches.
    const chain = { broadcast: nothing, watchTx: nothing, watchSpend: nothing, refused: nothing };
    const user = { notify: nothing, ask: nothing, added: nothing, refused: nothing, violated: nothing, heard: nothing };
    const observer: Observer = {
      node: ({ input, before, after, effects }) => this.watch({ kind: 'node', input, before, after, effects }),
      peers: (effect) => this.watch({ kind: 'peers', effect }),
    };
    return new SocketHost(nodeEnv, peersEnv, { storage: this, sockets: this, chain, user }, from, observer);
  }

  get node(): NodeState {
    return this.host.node.state;
  }

  get peers(): PeersState {
    return this.host.peers;
  }

  peersInput(input: PeersInput): void {
    this.host.input(input);
  }

  time(nowMs: number): void {
    this.host.time(nowMs);
  }

  nodeInput(input: NodeInput): void {
    this.host.node.input(input);
  }

  // ---------------------------------------------------------------- what the host asks of its surroundings

  write(connection: ConnectionId, bytes: Uint8Array): void {
    promise(!this.offers.has(connection), 'one write at a time', () => `connection ${connection}`);
    this.offers = new Map(this.offers).set(connection, bytes.slice());
  }

  close(connection: ConnectionId): void {
    const offers = new Map(this.offers);
    offers.delete(connection);
    this.offers = offers;
    this.closed = [...this.closed, connection];
  }

  stopReading(connection: ConnectionId): void {
    this.stopped = new Set(this.stopped).add(connection);
  }

  resumeReading(connection: ConnectionId): void {
    this.stopped = new Set([...this.stopped].filter((id) => id !== connection));
  }

  proved(): void {}

  store({ channelId, version, state }: StoreEffect): boolean {
    const bytes = encodeChannel(state);
    readBack(bytes);
    const { number } = state.shared.commitments[state.params.us].current;
    return this.begin({ sink: STATE_SINK, channelId, version, bytes, number });
  }

  monitor({ channelId, id }: MonitorEffect): boolean {
    return this.begin({ sink: { kind: 'watcher', name: WATCHER }, channelId, version: id });
  }

  /** True when it is done already. */
  private begin(write: Pending): boolean {
    if (this.holding) this.pending = [...this.pending, write];
    else this.written(write);
    return !this.holding;
  }

  forget(channelId: ChannelId): void {
    const disk = new Map(this.disk);
    disk.delete(channelId);
    this.disk = disk;
    this.pending = this.pending.filter((pending) => pending.channelId !== channelId);
  }

  /** One write is durable now. */
  finish(which: number): void {
    const done = this.pending[which % Math.max(1, this.pending.length)];
    if (done === undefined) return;
    this.pending = this.pending.filter((pending) => pending !== done);
    this.written(done);
    const { sink, channelId, version } = done;
    this.host.node.input({ kind: 'stored', sink, channelId, version });
  }

  finishAll(): void {
    while (this.pending.length > 0) this.finish(0);
  }

  private written(done: Pending): void {
    const { channelId, version } = done;
    if (!('number' in done))
      this.watcherIds = new Map(this.watcherIds).set(channelId, Math.max(version, this.watcherIds.get(channelId) ?? 0));
    else if ((this.disk.get(channelId)?.version ?? -1) < version) this.disk = new Map(this.disk).set(channelId, done);
  }

  /** The process dies and starts from what was durable. Bit i of `survivingWrites` says that the i-th unfinished write was. */
  crash(survivingWrites: number): void {
    for (const [i, pending] of this.pending.entries()) if (((survivingWrites >> (i % 8)) & 1) === 1) this.written(pending);
    this.pending = [];
    const { tip, feeratePerKw } = this.node;
    const { nowMs, connections } = this.peers;
    this.closed = [...this.closed, ...connections.keys()];
    this.offers = new Map();
    const channels = [...this.disk.values()].map(({ bytes }) => readBack(bytes));
    const watcherIds = [...this.watcherIds].map(([channelId, id]) => ({ channelId, watcher: WATCHER, id }));
    const { state, effects } = restoreNode(nodeEnv, { channels, watcherIds, tip, feeratePerKw, nowMs });
    this.host = this.hosted({ state, effects, peers: createPeers(nowMs) });
    this.host.node.run();
  }
}

function readBack(bytes: Uint8Array): StoredChannel {
  const decoded = decodeChannel(bytes);
  if (!decoded.ok) {
    promise(false, 'what is stored can be read', () => JSON.stringify(decoded.error));
    throw new Error('unreachable');
  }
  promise(sameBytes(encodeChannel(decoded.value), bytes), 'what is stored reads as it was', () => `${bytes.length} bytes`);
  return decoded.value;
}
