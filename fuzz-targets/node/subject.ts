import type { ChainPoint } from '../../core/chain/update.ts';
import { decodeChannel, encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { Effect } from '../../core/channel/model/vocabulary.ts';
import { createSigner } from '../../core/channel/commitments/key-signer.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32, PublicKey, SecretKey, Signature } from '../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { DEFAULT_CONFIG } from '../../core/node/config.ts';
import type { NodeEnv, NodeInput, NodeState } from '../../core/node/vocabulary.ts';
import { createNode, nodeStep } from '../../core/node/node.ts';
import { restoreNode } from '../../core/node/restore.ts';
import type { ConnectionId, PeersEffect, PeersEnv, PeersInput, PeersState } from '../../core/peers/vocabulary.ts';
import { createPeers, createPeersEnv, peersStep } from '../../core/peers/peers.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { sameBytes } from '../../sim/deterministic/bytes.ts';
import { promise } from '../target.ts';

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

export const nodeEnv: NodeEnv = {
  crypto,
  signer: createSigner(crypto, '5c'.repeat(32) as Hash32),
  config: { ...DEFAULT_CONFIG, watchers: [WATCHER], minimumDepth: 1, maxAcceptedHtlcs: 8 },
};

/** So tight that a fuzzer reaches them. */
export const peersEnv: PeersEnv = createPeersEnv({ crypto, cipher: nobleChaCha20Poly1305 }, SECRET, {
  maxHandshakes: 3,
  maxInboundPeers: 2,
  maxClosing: 2,
  maxPings: 4,
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
  | ({ readonly sink: 'state'; readonly channelId: ChannelId } & Stored)
  | { readonly sink: typeof WATCHER; readonly channelId: ChannelId; readonly version: number };

/** What the node and its peer manager did, for whoever watches. */
export type Watched =
  | {
      readonly kind: 'node';
      readonly input: NodeInput;
      readonly before: NodeState;
      readonly after: NodeState;
      readonly effects: readonly Effect[];
    }
  | { readonly kind: 'peers'; readonly effect: PeersEffect };

/** The node under attack, with its host: disk, watcher, sockets. A world continues from a copy. */
export class Subject {
  node: NodeState = createNode(blockAt(START_HEIGHT), START_FEERATE);
  peers: PeersState = createPeers(0);
  holding = false;
  pending: readonly Pending[] = [];
  disk: ReadonlyMap<ChannelId, Stored> = new Map();
  watcherIds: ReadonlyMap<ChannelId, number> = new Map();
  /** Bytes that the manager wants written and the host has not taken, by connection. */
  offers: ReadonlyMap<ConnectionId, Uint8Array> = new Map();
  /** Connections that are not to be read from for now. */
  stopped: ReadonlySet<ConnectionId> = new Set();
  /** Connections that it hung up, since somebody last looked. */
  closed: readonly ConnectionId[] = [];
  watch: (event: Watched) => void = () => {};

  fork(): Subject {
    return Object.assign(new Subject(), this, { watch: () => {} });
  }

  peersInput(input: PeersInput): void {
    const { state, effects } = peersStep(peersEnv, this.peers, input);
    this.peers = state;
    for (const effect of effects) this.peersEffect(effect);
  }

  private peersEffect(effect: PeersEffect): void {
    this.watch({ kind: 'peers', effect });
    switch (effect.kind) {
      case 'write': {
        const before = this.offers.get(effect.connection);
        promise(before === undefined, 'one write at a time', () => `connection ${effect.connection}`);
        this.offers = new Map(this.offers).set(effect.connection, effect.bytes.slice());
        break;
      }
      case 'close': {
        const offers = new Map(this.offers);
        offers.delete(effect.connection);
        this.offers = offers;
        this.closed = [...this.closed, effect.connection];
        break;
      }
      case 'connected':
      case 'disconnected':
        this.nodeInput({ kind: effect.kind, peer: effect.peer });
        break;
      case 'received':
        this.nodeInput({ kind: 'received', peer: effect.peer, bytes: effect.bytes });
        this.peersInput({ kind: 'handled', connection: effect.connection });
        break;
      case 'stop_reading':
        this.stopped = new Set(this.stopped).add(effect.connection);
        break;
      case 'resume_reading':
        this.stopped = new Set([...this.stopped].filter((id) => id !== effect.connection));
        break;
    }
  }

  nodeInput(input: NodeInput): void {
    const before = this.node;
    const { state, effects } = nodeStep(nodeEnv, before, input);
    this.node = state;
    this.watch({ kind: 'node', input, before, after: state, effects });
    for (const effect of effects) this.nodeEffect(effect);
    if (!this.holding) this.finishAll();
  }

  private nodeEffect(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        this.peersInput({ kind: 'send', peer: effect.peer, bytes: encodeMessage(effect.message) });
        break;
      case 'disconnect':
        this.peersInput({ kind: 'disconnect', peer: effect.peer });
        break;
      case 'store': {
        const { channelId, version, state } = effect;
        const bytes = encodeChannel(state);
        readBack(bytes);
        const { number } = state.shared.commitments[state.params.us].current;
        this.pending = [...this.pending, { sink: 'state', channelId, version, bytes, number }];
        break;
      }
      case 'monitor':
        this.pending = [...this.pending, { sink: WATCHER, channelId: effect.channelId, version: effect.id }];
        break;
      case 'forget': {
        const { channelId } = effect;
        const disk = new Map(this.disk);
        disk.delete(channelId);
        this.disk = disk;
        this.pending = this.pending.filter((pending) => pending.channelId !== channelId);
        break;
      }
      default:
    }
  }

  /** One write is durable now. */
  finish(which: number): void {
    const done = this.pending[which % Math.max(1, this.pending.length)];
    if (done === undefined) return;
    this.pending = this.pending.filter((pending) => pending !== done);
    this.written(done);
    const { sink, channelId, version } = done;
    this.nodeInput({ kind: 'stored', sink, channelId, version });
  }

  finishAll(): void {
    while (this.pending.length > 0) this.finish(0);
  }

  private written(done: Pending): void {
    const { channelId, version } = done;
    if (done.sink !== 'state')
      this.watcherIds = new Map(this.watcherIds).set(channelId, Math.max(version, this.watcherIds.get(channelId) ?? 0));
    else if ((this.disk.get(channelId)?.version ?? -1) < version) this.disk = new Map(this.disk).set(channelId, done);
  }

  /** The process dies and starts from what was durable. Bit i of `survivors` says that the i-th unfinished write was. */
  crash(survivors: number): void {
    for (const [i, pending] of this.pending.entries()) if (((survivors >> (i % 8)) & 1) === 1) this.written(pending);
    this.pending = [];
    this.closed = [...this.closed, ...this.peers.connections.keys()];
    this.peers = createPeers(this.peers.nowMs);
    this.offers = new Map();
    const channels = [...this.disk.values()].map(({ bytes }) => readBack(bytes));
    const watcherIds = [...this.watcherIds].map(([channelId, id]) => ({ channelId, watcher: WATCHER, id }));
    const { tip, feeratePerKw } = this.node;
    const { state, effects } = restoreNode(nodeEnv, { channels, watcherIds, tip, feeratePerKw });
    this.node = state;
    for (const effect of effects) this.nodeEffect(effect);
    if (!this.holding) this.finishAll();
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
