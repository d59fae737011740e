import type { Dependency } from '../../core/channel/model/channel-vocabulary.ts';
import type { NodeEffect } from '../../core/node/node-vocabulary.ts';
import { decodeChannel, encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { BuiltCommitment } from '../../core/transactions/commitment.ts';
import type { Signer } from '../../core/channel/commitments/signer.ts';
import { createSigner } from '../../core/channel/commitments/key-signer.ts';
import type { KeySigner } from '../../core/channel/commitments/key-signer.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { createClaimSigner } from '../../core/monitor/claim-signer.ts';
import type { ClaimSigner } from '../../core/monitor/claim-signer.ts';
import type { WatcherRecord } from '../../core/monitor/records.ts';
import { decodeWatcherRecord, encodeWatcherRecord } from '../../core/monitor/stored-form.ts';
import { sendable } from '../../core/channel/operate/sendable.ts';
import type { ChannelState, StoredChannel } from '../../core/channel/model/state.ts';
import type { ChainPoint } from '../../core/chain/update.ts';
import type { ChannelId, Hash32, Hex, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import { encodeRecord } from '../../core/payments/records.ts';
import { decodePayment, decodeReceivable, decodeReplays } from '../../core/payments/stored-form.ts';
import type { Result } from '../../core/wire/codec.ts';
import type { DurableRecords, NodeEnv, NodeInput, NodeKey, NodeState } from '../../core/node/node-vocabulary.ts';
import { createNode, nodeStep } from '../../core/node/node.ts';
import { restoreNode } from '../../core/node/restore.ts';
import { nextDeadline } from '../../core/time/deadlines.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import type {
  ChannelView,
  Driver,
  DriverContext,
  DriverEffect,
  DriverFactory,
  DriverTransport,
  NodeTables,
  StoredRecord,
} from '../scenario/types.ts';
import { createNodeEnv } from '../../core/node/node-vocabulary.ts';
import { createPeers, peersStep } from '../../core/peers/peers.ts';
import type { PeersEffect, PeersEnv, PeersInput, PeersState } from '../../core/peers/peers-vocabulary.ts';
import type { PeerLimits } from '../../core/peers/limits.ts';
import { DEFAULT_LIMITS } from '../../core/peers/limits.ts';
import { FRAME_HEADER, plainTransport } from './plain-transport.ts';
import { viewOf } from './channel-view.ts';
import { cipherOf, transportOf } from './transport.ts';

/** This project's own core as a node of a world. */
export const fulguriteDriver: DriverFactory = (context: DriverContext) => {
  const { crypto, config, entropy, claimsTo } = context;
  const seed = entropy('seed') as string as Hash32;
  const secret = entropy('id') as SecretKey;
  const transport = transportOf(crypto, secret);
  const key: NodeKey = {
    cipher: cipherOf(crypto),
    ecdh: (point) => crypto.ecdh(point, secret),
    nodeId: crypto.publicKey(secret),
    sign: (digest) => crypto.sign(digest, secret),
  };
  return new FulguriteDriver(
    crypto.publicKey(secret),
    transport,
    (signed, features) =>
      createNodeEnv(
        crypto,
        remembering(createSigner(crypto, seed, secret), signed),
        features === undefined ? config : { ...config, features },
        key,
        claimsTo === undefined ? undefined : { signer: claimSigner(crypto, createSigner(crypto, seed, secret)), destination: claimsTo },
      ),
    createNode(context.tip, context.feeratePerKw, 0),
    limitsOf(context.maxQueuedBytes),
  );
};

function claimSigner(crypto: Crypto, keys: KeySigner): ClaimSigner {
  return createClaimSigner(crypto, (keysId) => keys.claimSecrets(keysId));
}

/** One write has at least one message, whole. */
const MAX_WRITE_BYTES = FRAME_HEADER + 65_535;

function limitsOf(maxQueuedBytes: number | undefined): PeerLimits {
  const limits: PeerLimits = { ...DEFAULT_LIMITS, maxWriteBytes: MAX_WRITE_BYTES };
  return maxQueuedBytes === undefined ? limits : { ...limits, maxQueuedBytes, readAheadBytes: maxQueuedBytes };
}

/** What a process has signed last of each channel's remote commitments, by the name of its keys. */
type Signed = Map<Hash32, BuiltCommitment>;
type CreateEnv = (signed: Signed, features?: Hex) => NodeEnv;

function remembering(signer: Signer, signed: Signed): Signer {
  return {
    ...signer,
    signRemoteCommitment(keysId, built) {
      signed.set(keysId, built);
      return signer.signRemoteCommitment(keysId, built);
    },
  };
}

class FulguriteDriver implements Driver {
  readonly nodeId: PublicKey;
  readonly transport: DriverTransport;
  private readonly peersEnv: PeersEnv;
  private peersState: PeersState;
  /** What a process that starts begins with: a signer and a cache that have worked out nothing yet. */
  private readonly createEnv: CreateEnv;
  private lastSigned: Signed;
  /** Those of the configuration, unless it was started with others. */
  private features: Hex | undefined;
  private env: NodeEnv;
  private state: NodeState;
  private shown: { readonly of: NodeState; readonly channels: ReadonlyMap<ChannelId, ChannelState> } | undefined;

  constructor(
    nodeId: PublicKey,
    transport: DriverTransport,
    createEnv: CreateEnv,
    state: NodeState,
    limits: PeerLimits,
    from?: FulguriteDriver,
  ) {
    this.nodeId = nodeId;
    this.transport = transport;
    this.peersEnv = from?.peersEnv ?? { nodeId, transport: plainTransport, limits };
    this.peersState = from?.peersState ?? createPeers(state.nowMs);
    this.createEnv = createEnv;
    this.features = from?.features;
    this.lastSigned = new Map(from?.lastSigned);
    this.env = createEnv(this.lastSigned, this.features);
    this.state = state;
  }

  /**
   * Takes no cache along, so that what a copy does costs the same whatever its original has done. Both use one provider of cryptography: what
   * that remembers changes how long an operation takes, and never whether it is asked for.
   */
  fork(): FulguriteDriver {
    return new FulguriteDriver(this.nodeId, this.transport, this.createEnv, this.state, this.peersEnv.limits, this);
  }

  step(input: NodeInput): readonly DriverEffect[] {
    const { state, effects } = nodeStep(this.env, this.state, input);
    this.state = state;
    return effects.map(toBytes);
  }

  peers(input: PeersInput): readonly PeersEffect[] {
    const { state, effects } = peersStep(this.peersEnv, this.peersState, input);
    this.peersState = state;
    return effects;
  }

  nextDeadline(): number | undefined {
    return nextDeadline(this.peersState, this.state);
  }

  tables(): NodeTables {
    return { node: this.state, peers: this.peersState };
  }

  serialise({ state }: Extract<DriverEffect, { kind: 'store' }>): Uint8Array {
    return encodeChannel(state as StoredChannel);
  }

  serialiseRecord({ record }: Extract<DriverEffect, { kind: 'store_record' }>): Uint8Array {
    return encodeRecord(record);
  }

  /** Throws when a stored channel cannot be read: what a node wrote it must be able to read. */
  read(bytes: Uint8Array): StoredChannel {
    return readable(decodeChannel(bytes));
  }

  restart(
    stored: readonly Uint8Array[],
    watcherIds: readonly { channelId: ChannelId; watcher: string; id: number }[],
    tip: ChainPoint,
    feeratePerKw: number,
    features?: Hex,
    written: readonly StoredRecord[] = [],
    watched: ReadonlyMap<ChannelId, readonly WatcherRecord[]> = new Map(),
  ): readonly DriverEffect[] {
    const channels = stored.map((bytes) => this.read(bytes));
    this.features = features;
    this.lastSigned = new Map();
    this.env = this.createEnv(this.lastSigned, features);
    const { nowMs } = this.state;
    const watcherRecords = new Map([...watched].map(([channelId, records]) => [channelId, records.map(readAgain)]));
    const durable = { channels, watcherIds, tip, feeratePerKw, nowMs, records: recordsOf(written), watcherRecords };
    const { state, effects } = restoreNode(this.env, durable);
    this.state = state;
    this.peersState = createPeers(nowMs);
    return effects.map(toBytes);
  }

  channels(): ReadonlyMap<ChannelId, ChannelState> {
    if (this.shown?.of === this.state) return this.shown.channels;
    const channels = new Map<ChannelId, ChannelState>();
    for (const opening of this.state.openings.values()) channels.set(opening.temporaryChannelId, opening);
    for (const [id, slot] of this.state.channels) channels.set(id, slot.state);
    this.shown = { of: this.state, channels };
    return channels;
  }

  view(channelId: ChannelId): ChannelView | undefined {
    const slot = this.state.channels.get(channelId);
    return slot && viewOf(slot.state);
  }

  signed(channelId: ChannelId): BuiltCommitment | undefined {
    const channel = this.state.channels.get(channelId)?.state;
    return channel?.params && this.lastSigned.get(channel.params.keysId);
  }

  sendable(channelId: ChannelId): { readonly minMsat: bigint; readonly maxMsat: bigint } | undefined {
    const channel = this.state.channels.get(channelId)?.state;
    if (channel?.phase !== 'funded') return undefined;
    const { tip, awayFrom, nowMs, feeratePerKw, peers } = this.state;
    const { crypto, signer, cache, config, onions } = this.env;
    const peerFeatures = peers.get(channel.params.peer)?.features ?? '';
    return sendable({ crypto, signer, cache, config, tip, awayFrom, nowMs, feeratePerKw, peerFeatures, onions, mayBeOld: false }, channel);
  }

  /** Versions of stores only count up: they are told relative to the newest. */
  fingerprint(): string {
    const parts: string[] = [...this.state.peers.values()].map(({ id, features }) => `${id} ${features ?? ''}`);
    for (const { state, outbox, storedVersion } of this.state.channels.values()) {
      const held = outbox.map((effect) =>
        'after' in effect ? { ...effect, after: relative(effect.after, state.durability.version) } : effect,
      );
      parts.push(
        toHex(encodeChannel({ ...state, durability: { ...state.durability, version: 0 } })),
        JSON.stringify(held, printable),
        (state.durability.version - storedVersion).toString(),
      );
    }
    for (const opening of this.state.openings.values()) parts.push(JSON.stringify(opening, printable));
    return parts.join('\n');
  }
}

function readable<T>(decoded: Result<T>): T {
  if (!decoded.ok) throw new Error(`what was stored cannot be read: ${JSON.stringify(decoded.error)}`);
  return decoded.value;
}

function recordsOf(written: readonly StoredRecord[]): DurableRecords {
  const of = (kind: StoredRecord['kind']): readonly Uint8Array[] =>
    written.flatMap((record) => (record.kind === kind ? [record.bytes] : []));
  return {
    payments: of('payment').map((bytes) => readable(decodePayment(bytes))),
    receivables: of('invoice').map((bytes) => readable(decodeReceivable(bytes))),
    replays: of('replays').map((bytes) => readable(decodeReplays(bytes))),
  };
}

/** As it comes back from storage. */
function readAgain(record: WatcherRecord): WatcherRecord {
  return readable(decodeWatcherRecord(encodeWatcherRecord(record)));
}

function relative(after: readonly Dependency[] | undefined, version: number): readonly Dependency[] {
  return (after ?? []).map((d) => ('sink' in d ? { ...d, version: d.version - version } : d));
}

function toBytes(effect: NodeEffect): DriverEffect {
  if (effect.kind !== 'send') return effect;
  const { kind, peer, message, channelId } = effect;
  const bytes = encodeMessage(message);
  return channelId === undefined ? { kind, peer, bytes } : { kind, peer, bytes, channelId };
}

function printable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? toHex(value) : value;
}
