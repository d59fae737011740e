/// <reference types="node" />
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Command, Effect } from '../../core/channel/model/vocabulary.ts';
import { encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { PublicKey, SecretKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { DurableNode, NodeEnv, NodeInput, NodeState } from '../../core/node/vocabulary.ts';
import { nodeStep } from '../../core/node/node.ts';
import { restoreNode } from '../../core/node/restore.ts';
import type { CloseReason, ConnectionId, PeersEffect, PeersEnv, PeersInput, PeersState } from '../../core/peers/vocabulary.ts';
import { createPeers, nextDeadline, peersStep } from '../../core/peers/peers.ts';
import { encodeMessage } from '../../core/wire/messages/index.ts';
import type { Services } from './services.ts';
import { StoreQueue } from './store-queue.ts';

/** From outside, in the order in which it came. */
type Outside =
  | { readonly to: 'node'; readonly input: NodeInput }
  | { readonly to: 'peers'; readonly input: PeersInput }
  /** What a restart asks for. */
  | { readonly to: 'host'; readonly effects: readonly Effect[] };

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
  readonly #outside: Outside[] = [];
  /** Inputs of the node that follow from the step under way, and the connection whose message they are. */
  readonly #inside: { readonly input: NodeInput; readonly connection?: ConnectionId }[] = [];
  readonly #stores = new StoreQueue();
  #state: NodeState;
  #peers: PeersState = createPeers(now());
  #running = false;
  #timer: { readonly atMs: number; readonly handle: NodeJS.Timeout } | undefined;
  #lastConnection = 0;

  /** Starts from what is durable; a new node has no channels. Services are called as soon as the caller is done, or asks for something. */
  constructor(env: NodeEnv, peersEnv: PeersEnv, durable: DurableNode, services: Services) {
    this.#env = env;
    this.#peersEnv = peersEnv;
    this.#services = services;
    const { state, effects } = restoreNode(env, durable);
    this.#state = state;
    this.#outside.push({ to: 'host', effects });
    queueMicrotask(() => this.#run());
  }

  get nodeId(): PublicKey {
    return this.#peersEnv.nodeId;
  }

  /** To look at. */
  get state(): NodeState {
    return this.#state;
  }

  /** Something that the host knows and the node should: what has become of the chain, a feerate. */
  input(input: Extract<NodeInput, { readonly kind: 'chain' | 'feerate' }>): void {
    this.#tell({ to: 'node', input });
  }

  command(command: Command): void {
    this.#tell({ to: 'node', input: { kind: 'command', command } });
  }

  /**
   * Speaks BOLT 8 over two streams of bytes, or twice the same one. `dialled` is the id of the node at the other end if it was we who
   * connected: of the two ends of a line one must be that. Resolves with the peer's id when its init has come; rejects when it comes to
   * nothing, with a RangeError when `dialled` is no public key.
   */
  async attach(from: Readable, to: Writable, dialled?: PublicKey): Promise<PublicKey> {
    if (dialled !== undefined && !this.#env.crypto.isValidPublicKey(dialled)) throw new RangeError(`${dialled} is no node id`);
    const connection = ++this.#lastConnection;
    const ephemeralSecret = this.#freshSecret();
    return new Promise((connected, failed) => {
      this.#lines.set(connection, { from, to, connected, failed });
      this.#tell({
        to: 'peers',
        input:
          dialled === undefined
            ? { kind: 'accepted', connection, ephemeralSecret }
            : { kind: 'dialled', connection, peer: dialled, ephemeralSecret },
      });
      from.on('data', (bytes: Uint8Array) => this.#tell({ to: 'peers', input: { kind: 'bytes', connection, bytes } }));
      // Where only the writing side fails, the peer's last words may still be there to read.
      for (const event of ['end', 'close']) from.on(event, () => this.#gone(connection));
      // What an error means is told by 'close', which follows it.
      for (const stream of [from, to]) stream.on('error', () => undefined);
    });
  }

  /** Hangs up on everybody, after what was sent before has left. */
  stop(): void {
    for (const [connection, { from }] of this.#lines) {
      const known = this.#peers.connections.get(connection);
      if (known?.stage === 'open') this.#tell({ to: 'peers', input: { kind: 'disconnect', peer: known.peer } });
      else if (known?.stage === 'handshake') from.destroy();
    }
  }

  #freshSecret(): SecretKey {
    for (;;) {
      const secret = toHex<SecretKey>(randomBytes(32));
      if (this.#env.crypto.isValidSecretKey(secret)) return secret;
    }
  }

  /** Everything from outside comes one after the other, each carried out to its end before the next. */
  #tell(outside: Outside): void {
    this.#outside.push(outside);
    this.#run();
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      this.#stepPeers({ kind: 'time', nowMs: now() });
      this.#drain();
      for (let next = this.#outside.shift(); next !== undefined; next = this.#outside.shift()) {
        if (next.to === 'peers') this.#stepPeers(next.input);
        else if (next.to === 'node') this.#inside.push({ input: next.input });
        else this.#perform(next.effects);
        this.#drain();
      }
    } finally {
      this.#running = false;
    }
    this.#wind();
  }

  #drain(): void {
    for (let next = this.#inside.shift(); next !== undefined; next = this.#inside.shift()) {
      const { state, effects } = nodeStep(this.#env, this.#state, next.input);
      this.#state = state;
      this.#perform(effects);
      if (next.connection === undefined) continue;
      this.#stepPeers({ kind: 'handled', connection: next.connection });
      this.#greet(next.connection);
    }
  }

  #stepPeers(input: PeersInput): void {
    const { state, effects } = peersStep(this.#peersEnv, this.#peers, input);
    this.#peers = state;
    for (const effect of effects) this.#performPeers(effect);
  }

  #performPeers(effect: PeersEffect): void {
    const { connection } = effect;
    const line = this.#lines.get(connection);
    switch (effect.kind) {
      case 'write': {
        const taken = effect.bytes.length;
        line?.to.write(effect.bytes, () => this.#tell({ to: 'peers', input: { kind: 'room', connection, taken } }));
        return;
      }
      case 'stop_reading':
        line?.from.pause();
        return;
      case 'resume_reading':
        line?.from.resume();
        return;
      case 'close':
        this.#over(connection, effect.reason);
        return;
      case 'connected':
        if (line !== undefined) line.peer = effect.peer;
        this.#inside.push({ input: effect });
        return;
      case 'disconnected':
        this.#inside.push({ input: effect });
        return;
      case 'received':
        this.#inside.push({ input: effect, connection });
    }
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
  }

  #performOne(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.#stepPeers({ kind: 'send', peer: effect.peer, bytes: encodeMessage(effect.message) });
      case 'disconnect':
        return this.#stepPeers({ kind: 'disconnect', peer: effect.peer });
      case 'store': {
        const { channelId, version, state } = effect;
        const done: NodeInput = { kind: 'stored', sink: 'state', channelId, version };
        return this.#stores.put(channelId, () => this.#durable(() => this.#services.store(channelId, encodeChannel(state)), done));
      }
      case 'forget':
        return this.#stores.put(effect.channelId, () => this.#durable(() => this.#services.forget(effect.channelId)));
      case 'monitor': {
        const { watcher: sink, channelId, id: version } = effect;
        void this.#durable(() => this.#services.monitor(effect), { kind: 'stored', sink, channelId, version });
        return;
      }
      case 'broadcast':
        return this.#services.broadcast(effect);
      case 'watch_tx':
        return this.#services.watchTx(effect.txid);
      case 'watch_spend':
        return this.#services.watchSpend({ txid: effect.txid, vout: effect.vout });
      case 'notify':
        return this.#services.notify(effect);
      case 'ask':
        return this.#services.ask(effect);
      case 'chain_refused':
        return this.#services.chainRefused(effect.refusal);
      case 'refused':
        return this.#services.refused(effect);
    }
  }

  /** Tells the node when it is durable, after the step under way or when the promise resolves. */
  #durable(write: () => void | Promise<void>, done?: NodeInput): void | Promise<void> {
    const written = (): void => {
      if (done !== undefined) this.#tell({ to: 'node', input: done });
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
    this.#tell({ to: 'peers', input: { kind: 'gone', connection } });
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
    if (line?.peer !== undefined && this.#state.peers.get(line.peer)?.features !== undefined) line.connected(line.peer);
  }

  /** Sets the timer to when the peer manager wants to know the time. It keeps no process alive: the streams do. */
  #wind(): void {
    const atMs = nextDeadline(this.#peersEnv, this.#peers);
    if (atMs === this.#timer?.atMs) return;
    clearTimeout(this.#timer?.handle);
    this.#timer = undefined;
    if (atMs === undefined) return;
    const handle = setTimeout(
      () => {
        this.#timer = undefined;
        this.#run();
      },
      Math.max(1, atMs - now()),
    );
    this.#timer = { atMs, handle: handle.unref() };
  }
}

/** A clock that never goes back, in whole milliseconds. */
function now(): number {
  return Math.floor(performance.now());
}
