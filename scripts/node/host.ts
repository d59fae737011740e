/// <reference types="node" />
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { STATE_SINK } from '../../core/channel/model/channel-vocabulary.ts';
import type { Command } from '../../core/channel/model/channel-vocabulary.ts';
import { encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { ChannelId, PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import { encodeWatcherRecord } from '../../core/monitor/stored-form.ts';
import type { DurableNode, NodeEnv, NodeInput, NodeState } from '../../core/node/node-vocabulary.ts';
import type { ChainSource, Sockets, Storage } from '../../core/host/services.ts';
import { SocketHost } from '../../core/host/socket-host.ts';
import { restoreNode } from '../../core/node/restore.ts';
import type { CloseReason, ConnectionId, PeersEnv, PeersInput, RemoteAddress } from '../../core/peers/peers-vocabulary.ts';
import { createPeers } from '../../core/peers/peers.ts';
import type { Services } from './services.ts';
import { StoreQueue } from './store-queue.ts';

interface Line {
  readonly from: Readable;
  readonly to: Writable;
  readonly connected: (peer: PublicKey) => void;
  readonly failed: (error: Error) => void;
  peer?: PublicKey;
}

/**
 * A node that runs: it joins `nodeStep` and `peersStep`, and carries out what they ask for with Node.js streams, timers and randomness
 * and with the services that it is given. `listen` and `connect` bring it TCP connections; any other stream of bytes does for `attach`.
 */
export class Host {
  readonly #env: NodeEnv;
  readonly #peersEnv: PeersEnv;
  readonly #services: Services;
  readonly #lines = new Map<ConnectionId, Line>();
  readonly #stores = new StoreQueue();
  /** By channel: records that came with states which are not written yet. */
  readonly #unwritten = new Map<ChannelId, Uint8Array[]>();
  readonly #host: SocketHost;
  #timer: { readonly atMs: number; readonly handle: NodeJS.Timeout } | undefined;
  #lastConnection = 0;

  /** Starts from what is durable; a new node has no channels. Services are called as soon as the caller is done, or asks for something. */
  constructor(env: NodeEnv, peersEnv: PeersEnv, durable: Omit<DurableNode, 'nowMs'>, services: Services) {
    this.#env = env;
    this.#peersEnv = peersEnv;
    this.#services = services;
    const nowMs = now();
    const { state, effects } = restoreNode(env, { ...durable, nowMs });
    const storage = this.#storage();
    this.#host = new SocketHost(
      env,
      peersEnv,
      { storage, sockets: this.#sockets(), chain: this.#chain(), user: services, ...(services.claims && { claims: services.claims }) },
      { state, effects, peers: createPeers(nowMs) },
    );
    queueMicrotask(() => this.#host.node.run());
  }

  get nodeId(): PublicKey {
    return this.#peersEnv.nodeId;
  }

  /** To look at. */
  get state(): NodeState {
    return this.#host.node.state;
  }

  /** Something that the host knows and the node should: what has become of the chain, a feerate, what it is asked for claims. */
  input(input: Extract<NodeInput, { readonly kind: 'chain' | 'feerate' | 'coins' | 'coin_lost' | 'claim_signed' | 'seen' }>): void {
    this.#node(input);
  }

  command(command: Command): void {
    this.#node({ kind: 'command', command });
  }

  /**
   * Speaks BOLT 8 over two streams of bytes, or twice the same one. `dialled` is the id of the node at the other end if it was we who
   * connected: of the two ends of a line one must be that; `remote` is where a peer that has connected to us over IP came from. Resolves with the peer's id when its init has come; rejects when it comes to
   * nothing, with a RangeError when `dialled` is no public key.
   */
  async attach(from: Readable, to: Writable, dialled?: PublicKey, remote?: RemoteAddress): Promise<PublicKey> {
    if (dialled !== undefined && !this.#env.crypto.isValidPublicKey(dialled)) throw new RangeError(`${dialled} is no node id`);
    const connection = ++this.#lastConnection;
    const ephemeralSecret = this.#freshSecret();
    return new Promise((connected, failed) => {
      this.#lines.set(connection, { from, to, connected, failed });
      this.#tell(
        dialled === undefined
          ? { kind: 'accepted', connection, ephemeralSecret, ...(remote === undefined ? {} : { from: remote }) }
          : { kind: 'dialled', connection, peer: dialled, ephemeralSecret },
      );
      from.on('data', (bytes: Uint8Array) => this.#tell({ kind: 'bytes', connection, bytes }));
      // Where only the writing side fails, the peer's last words may still be there to read.
      for (const event of ['end', 'close']) from.on(event, () => this.#gone(connection));
      // What an error means is told by 'close', which follows it.
      for (const stream of [from, to]) stream.on('error', () => undefined);
    });
  }

  /** Hangs up on everybody, after what was sent before has left. */
  stop(): void {
    for (const [connection, { from }] of this.#lines) {
      const known = this.#host.peers.connections.get(connection);
      if (known?.stage === 'open') this.#tell({ kind: 'disconnect', peer: known.peer });
      else if (known?.stage === 'handshake') from.destroy();
    }
  }

  #freshSecret(): SecretKey {
    for (;;) {
      const secret = toHex<SecretKey>(randomBytes(32));
      if (this.#env.crypto.isValidSecretKey(secret)) return secret;
    }
  }

  #node(input: NodeInput): void {
    this.#host.node.input(input);
    this.#wind();
  }

  /** Everything that happens to connections comes with the time. */
  #tell(input: PeersInput): void {
    this.#host.time(now());
    this.#host.input(input);
    if (input.kind === 'bytes' || input.kind === 'room') this.#greet(input.connection);
    this.#wind();
  }

  #storage(): Storage {
    return {
      store: ({ channelId, version, state, records }) => {
        const done: NodeInput = { kind: 'stored', sink: STATE_SINK, channelId, version };
        const unwritten = this.#unwritten.get(channelId) ?? [];
        if (this.#env.claiming !== undefined) {
          unwritten.push(...records.map(encodeWatcherRecord));
          this.#unwritten.set(channelId, unwritten);
        }
        this.#stores.put(channelId, () => this.#durable(() => this.#write(channelId, encodeChannel(state), unwritten), done));
        return false;
      },
      forget: (channelId) => {
        this.#unwritten.delete(channelId);
        this.#stores.put(channelId, () => this.#durable(() => this.#services.forget(channelId)));
      },
      monitor: (effect) => {
        const { watcher: name, channelId, id: version } = effect;
        void this.#durable(() => this.#services.monitor(effect), { kind: 'stored', sink: { kind: 'watcher', name }, channelId, version });
        return false;
      },
    };
  }

  /** Of several states that wait only the newest is written; of their records, each once. */
  #write(channelId: ChannelId, bytes: Uint8Array, unwritten: Uint8Array[]): void | Promise<void> {
    const { length } = unwritten;
    const writing = this.#services.store(channelId, bytes, unwritten.slice());
    if (writing !== undefined) return writing.then(() => void unwritten.splice(0, length));
    unwritten.splice(0, length);
  }

  #chain(): ChainSource {
    const services = this.#services;
    return {
      broadcast: (effect) => services.broadcast(effect),
      watchTx: (txid) => services.watchTx(txid),
      watchSpend: (outpoint, output) => services.watchSpend(outpoint, output),
      refused: (refusal) => services.chainRefused(refusal),
    };
  }

  #sockets(): Sockets {
    return {
      write: (connection, bytes) => {
        const taken = bytes.length;
        this.#lines.get(connection)?.to.write(bytes, () => this.#tell({ kind: 'room', connection, taken }));
      },
      stopReading: (connection) => void this.#lines.get(connection)?.from.pause(),
      resumeReading: (connection) => void this.#lines.get(connection)?.from.resume(),
      close: (connection, reason) => this.#over(connection, reason),
      proved: (connection, peer) => {
        const line = this.#lines.get(connection);
        if (line !== undefined) line.peer = peer;
      },
    };
  }

  /** Tells the node when it is durable, after the step under way or when the promise resolves. */
  #durable(write: () => void | Promise<void>, done?: NodeInput): void | Promise<void> {
    const written = (): void => {
      if (done !== undefined) this.#node(done);
    };
    try {
      const writing = write();
      if (writing !== undefined) return writing.then(written, (error: unknown) => this.#services.failed(error));
    } catch (error) {
      return this.#services.failed(error);
    }
    written();
  }

  #gone(connection: ConnectionId): void {
    if (!this.#lines.has(connection)) return;
    this.#tell({ kind: 'gone', connection });
    this.#over(connection, 'GONE');
  }

  /** Nothing of this connection is of interest any more. */
  #over(connection: ConnectionId, reason: CloseReason | 'GONE'): void {
    const line = this.#lines.get(connection);
    if (line === undefined) return;
    this.#lines.delete(connection);
    const { from, to, peer, failed } = line;
    // With nothing left to write an orderly end can't hang, and what was written still arrives.
    if (to.writableLength === 0) to.end(() => from.destroy());
    else for (const stream of [from, to]) stream.destroy();
    failed(new Error(`the connection came to nothing: ${reason}`));
    this.#services.hungUp(reason, peer);
  }

  /** Whoever waits for a connection may use it when the node has the peer's init. */
  #greet(connection: ConnectionId): void {
    const line = this.#lines.get(connection);
    if (line?.peer !== undefined && this.state.peers.get(line.peer)?.features !== undefined) line.connected(line.peer);
  }

  /** Sets the timer to when the time is wanted next. It keeps no process alive: the streams do. */
  #wind(): void {
    const atMs = this.#host.nextDeadline();
    if (atMs === this.#timer?.atMs) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    if (atMs === undefined) return;
    const handle = setTimeout(
      () => {
        this.#timer = undefined;
        this.#host.time(now());
        this.#wind();
      },
      Math.max(1, atMs - now()),
    );
    this.#timer = { atMs, handle: handle.unref() };
  }
}

/** Wall time in whole milliseconds, as when the process began: it never goes back. */
function now(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
