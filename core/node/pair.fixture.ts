import { at } from '../chain/chain.fixture.ts';
import { storable } from '../channel/model/stored-form.fixture.ts';
import { decodeChannel, encodeChannel } from '../channel/model/stored-form.ts';
import { STATE_SINK } from '../channel/model/channel-vocabulary.ts';
import type { ChannelConfig, SignEffect, Sink, Step } from '../channel/model/channel-vocabulary.ts';
import type { NodeEffect } from './node-vocabulary.ts';
import { createSigner } from '../channel/commitments/key-signer.ts';
import type { KeySigner } from '../channel/commitments/key-signer.ts';
import { answerTo, lateSigner } from '../channel/commitments/late-signer.ts';
import type { Signer } from '../channel/commitments/signer.ts';
import type { FundedState, StoredChannel } from '../channel/model/state.ts';
import type { Tx } from '../bitcoin/tx.ts';
import type { ChannelId, Hash32, Preimage, PublicKey, SecretKey } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Crypto } from '../crypto/types.ts';
import { Host } from '../host/host.ts';
import type { MonitorEffect, PaymentService, StoreEffect } from '../host/services.ts';
import type { GivenRoutes, PaymentEvent, RouteQuestion } from '../payments/commands.ts';
import { encodeRecord, nameOfSink, sinkOf } from '../payments/records.ts';
import type { NodeRecord } from '../payments/records.ts';
import { decodePayment, decodeReceivable, decodeReplays } from '../payments/stored-form.ts';
import type { Result } from '../wire/codec.ts';
import { p2wpkh } from '../bitcoin/script.ts';
import { createClaimSigner } from '../monitor/claim-signer.ts';
import { Log } from '../monitor/log.ts';
import type { WatcherRecord } from '../monitor/records.ts';
import { decodeWatcherRecord, encodeWatcherRecord } from '../monitor/stored-form.ts';
import { decodeMessage, encodeMessage } from '../wire/messages/index.ts';
import type { Message } from '../wire/messages/index.ts';
import { DEFAULT_CONFIG } from './config.ts';
import type { DurableNode, DurableRecords, NodeCommand, NodeEnv, NodeInput, NodeKey, NodeState } from './node-vocabulary.ts';
import { createNode } from './node.ts';
import { createNodeEnv } from './node-vocabulary.ts';
import { restoreNode } from './restore.ts';

/** 32 bytes that a test can recognise. */
export function bytes32<T extends string = Hash32>(n: number): T {
  return n.toString(16).padStart(2, '0').repeat(32).slice(0, 64) as T;
}

export function preimageOf(n: number): { readonly preimage: Preimage; readonly paymentHash: Hash32 } {
  const preimage = bytes32<Preimage>(n);
  return { preimage, paymentHash: sha256Hex(noble, preimage) };
}

type Stored = Extract<NodeInput, { kind: 'stored' }>;

type RecordStored = Extract<NodeInput, { kind: 'record_stored' }>;

function decoded<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

function nameOf(sink: Sink): string {
  return sink.kind === 'state' ? sink.kind : sink.name;
}

function read(bytes: Uint8Array): Message {
  const decoded = decodeMessage(bytes);
  if (!decoded.ok) throw new Error(decoded.error.detail);
  return decoded.message;
}

/** As it comes back from storage. */
function storableRecord(record: WatcherRecord): WatcherRecord {
  const decoded = decodeWatcherRecord(encodeWatcherRecord(record));
  if (!decoded.ok) throw new Error(decoded.error.detail);
  return decoded.value;
}

/** A node under test, run by the host: everything it does is recorded, stores finish at once unless `holdStores`. */
export class TestNode {
  readonly id: PublicKey;
  env: NodeEnv;
  readonly outgoing: Message[] = [];
  /** Whom each of them is for. */
  readonly recipients = new WeakMap<Message, PublicKey>();
  readonly log: NodeEffect[] = [];
  holdStores = false;
  readonly heldStores: NodeInput[] = [];
  /** What a crash leaves: the newest state of each channel, and the newest update of each watcher. */
  readonly disk = new Map<ChannelId, StoredChannel>();
  readonly watcherIds = new Map<string, DurableNode['watcherIds'][number]>();
  /** What was appended with the newest of them. */
  readonly watcherRecords = new Map<ChannelId, Log<WatcherRecord>>();
  readonly #written = new Map<string, { readonly state: StoredChannel; readonly records: Log<WatcherRecord> }>();
  /** By channel: what was appended with all its stores, durable or not. */
  #appended = new Map<ChannelId, Log<WatcherRecord>>();
  /** The node's own records, as bytes, by the names of their sinks. */
  readonly records = new Map<string, { readonly version: number; readonly bytes: Uint8Array }>();
  readonly #recordsWritten = new Map<string, NodeRecord>();
  /** Answers at once where a payment goes, if it is there. */
  router: ((question: RouteQuestion) => GivenRoutes | string | undefined) | undefined;
  /** What it was told of its payments. */
  readonly told: PaymentEvent[] = [];
  /** States that were seen to come back from their stored form. */
  readonly #stored = new WeakSet<StoredChannel>();
  readonly #createEnv: () => NodeEnv;
  readonly #signer: KeySigner;
  /** What a late signer has been asked, and has not answered. */
  readonly duties: SignEffect[] = [];
  #host: Host;
  /** What the node asked for first, since the last input. */
  #first: readonly NodeEffect[] | undefined;

  /** `late`: the signer answers no duty before `answer`. `claims`: it claims on the chain what is its own. */
  constructor(crypto: Crypto, seed: number, config: Partial<ChannelConfig> = {}, { late = false, claims = false } = {}) {
    const secret = bytes32(seed);
    this.id = crypto.publicKey(secret as never);
    const createKeySigner = (): KeySigner => createSigner(crypto, secret, bytes32(seed));
    this.#signer = createKeySigner();
    const createOwn = (): Signer => (late ? lateSigner(createKeySigner()) : createKeySigner());
    const own = secret as string as SecretKey;
    const key: NodeKey = {
      cipher: nobleChaCha20Poly1305,
      ecdh: (point) => crypto.ecdh(point, own),
      nodeId: this.id,
      sign: (digest) => crypto.sign(digest, own),
    };
    const claiming = claims
      ? { signer: createClaimSigner(crypto, (keysId) => this.#signer.claimSecrets(keysId)), destination: p2wpkh(crypto, this.id) }
      : undefined;
    this.#createEnv = () => createNodeEnv(crypto, createOwn(), { ...DEFAULT_CONFIG, ...config }, key, claiming);
    this.env = this.#createEnv();
    this.#host = this.#start({ state: createNode(at(100), 2500, 0), effects: [] });
  }

  get state(): NodeState {
    return this.#host.state;
  }
  set state(state: NodeState) {
    this.#host = this.#start({ state, effects: [] });
  }

  #start(from: Step<NodeState, NodeEffect>): Host {
    const none = (): void => undefined;
    const chain = { broadcast: none, watchTx: none, watchSpend: none, refused: none };
    const user = { notify: none, ask: none, added: none, refused: none, violated: none, heard: none };
    const wire = { send: (peer: PublicKey, bytes: Uint8Array) => this.#post(peer, read(bytes)), disconnect: none };
    const storage = {
      store: (effect: StoreEffect) => {
        const { channelId, version, state } = effect;
        const records = (this.#appended.get(channelId) ?? new Log()).with(effect.records);
        this.#appended.set(channelId, records);
        this.#written.set(`${channelId} ${version}`, { state, records });
        return this.#finishes({ kind: 'stored', sink: STATE_SINK, channelId, version });
      },
      forget: (channelId: ChannelId) => {
        for (const kept of [this.disk, this.watcherRecords, this.#appended]) kept.delete(channelId);
      },
      monitor: ({ watcher, channelId, id }: MonitorEffect) =>
        this.#finishes({ kind: 'stored', sink: { kind: 'watcher', name: watcher }, channelId, version: id }),
    };
    this.log.push(...from.effects);
    const device = {
      sign: (effect: SignEffect) => {
        this.duties.push(effect);
        return undefined;
      },
    };
    const payments: PaymentService = {
      store: ({ record, version }) => {
        this.#recordsWritten.set(`${nameOfSink(sinkOf(record))} ${version}`, record);
        return this.#finishes({ kind: 'record_stored', sink: sinkOf(record), version });
      },
      forget: (sink) => void this.records.delete(nameOfSink(sink)),
      route: (effect) => this.router?.(effect.question),
      tell: (event) => void this.told.push(event),
    };
    return new Host(this.env, { storage, wire, chain, user, device, payments }, from, ({ effects }) => {
      this.#first ??= effects;
      this.log.push(...effects);
    });
  }

  #post(peer: PublicKey, message: Message): void {
    this.recipients.set(message, peer);
    this.outgoing.push(message);
  }

  /** True when a store is durable at once. */
  #finishes(stored: Stored | RecordStored): boolean {
    if (this.holdStores) this.heldStores.push(stored);
    else this.#durable(stored);
    return !this.holdStores;
  }

  /** Returns what this very input led to, without what finished stores released afterwards: `log` has that, too. */
  input(input: NodeInput): readonly NodeEffect[] {
    if (input.kind === 'stored' || input.kind === 'record_stored') this.#durable(input);
    this.#first = undefined;
    this.#host.input(input);
    for (const { state } of this.state.channels.values()) if (!this.#stored.has(state)) this.#stored.add(storable(state));
    return this.#first ?? [];
  }

  /** A message of this peer, as it comes from a transport. */
  hear(peer: PublicKey, message: Message): readonly NodeEffect[] {
    return this.input({ kind: 'received', peer, bytes: encodeMessage(message) });
  }

  /** Finishes stores that were held, oldest first, as far as they are of this sink: 'state' or a watcher. */
  finish(count: number, sink?: string): readonly NodeEffect[] {
    const chosen = this.heldStores
      .filter((store) => sink === undefined || (store.kind === 'stored' && nameOf(store.sink) === sink))
      .slice(0, count);
    for (const store of chosen) this.heldStores.splice(this.heldStores.indexOf(store), 1);
    return chosen.flatMap((store) => this.input(store));
  }

  /** The signer answers what it was asked first. */
  answer(): readonly NodeEffect[] {
    const asked = this.duties.shift();
    if (asked === undefined) throw new Error('the signer was asked nothing');
    const answer = answerTo(this.#signer, asked.duty);
    return answer === undefined ? [] : this.input({ kind: 'signed', channelId: asked.channelId, answer });
  }

  /** The process dies, and what was durable comes back. */
  restart(): readonly NodeEffect[] {
    this.heldStores.length = 0;
    this.outgoing.length = 0;
    this.duties.length = 0;
    const { tip, feeratePerKw, nowMs } = this.state;
    const channels = [...this.disk.values()].map((state) => decoded(decodeChannel(encodeChannel(state))));
    this.env = this.#createEnv();
    const stored = (kind: string): readonly Uint8Array[] =>
      [...this.records].flatMap(([name, { bytes }]) => (name.startsWith(kind) ? [bytes] : []));
    const payments = stored('payment').map((bytes) => decoded(decodePayment(bytes)));
    const receivables = stored('invoice').map((bytes) => decoded(decodeReceivable(bytes)));
    const replays = stored('replays').map((bytes) => decoded(decodeReplays(bytes)));
    const records: DurableRecords = { payments, receivables, replays };
    const watcherIds = [...this.watcherIds.values()];
    this.#appended = new Map(this.watcherRecords);
    const watcherRecords = new Map<ChannelId, readonly WatcherRecord[]>();
    for (const [channelId, log] of this.watcherRecords) watcherRecords.set(channelId, log.first(log.length).map(storableRecord));
    const step = restoreNode(this.env, { channels, watcherRecords, watcherIds, tip, feeratePerKw, nowMs, records });
    this.#host = this.#start(step);
    this.#host.run();
    return step.effects;
  }

  /** A late old write does not win. */
  #durable(stored: Stored | RecordStored): void {
    if (stored.kind === 'record_stored') return this.#recordDurable(stored);
    const { sink, channelId, version } = stored;
    if (sink.kind === 'state') {
      const written = this.#written.get(`${channelId} ${version}`);
      if (written === undefined || version <= (this.disk.get(channelId)?.durability.version ?? 0)) return;
      this.disk.set(channelId, written.state);
      this.watcherRecords.set(channelId, written.records);
      return;
    }
    const { name: watcher } = sink;
    const key = `${channelId} ${watcher}`;
    if (version > (this.watcherIds.get(key)?.id ?? 0)) this.watcherIds.set(key, { channelId, watcher, id: version });
  }

  #recordDurable({ sink, version }: RecordStored): void {
    const name = nameOfSink(sink);
    const record = this.#recordsWritten.get(`${name} ${version}`);
    if (record === undefined || version <= (this.records.get(name)?.version ?? 0)) return;
    this.records.set(name, { version, bytes: encodeRecord(record) });
  }

  command(command: NodeCommand): readonly NodeEffect[] {
    return this.input({ kind: 'command', command });
  }

  channel(channelId: ChannelId): StoredChannel {
    const slot = this.state.channels.get(channelId);
    if (slot === undefined) throw new Error(`no channel ${channelId}`);
    return slot.state;
  }

  notifications(): readonly Extract<NodeEffect, { kind: 'notify' }>['event'][] {
    return this.log.flatMap((effect) => (effect.kind === 'notify' ? [effect.event] : []));
  }
}

interface OpenOptions {
  readonly fundingSat?: bigint;
  readonly pushMsat?: bigint;
  readonly format?: 'anchors' | 'static_remotekey';
  readonly nth?: number;
  readonly announce?: boolean;
}

interface PairOptions {
  readonly crypto?: Crypto;
  readonly a?: Partial<ChannelConfig>;
  readonly b?: Partial<ChannelConfig>;
  readonly nodes?: readonly [TestNode, TestNode];
}

/** Two nodes, joined by the test. */
export class Pair {
  readonly a: TestNode;
  readonly b: TestNode;

  constructor(options: PairOptions = {}) {
    const crypto = options.crypto ?? noble;
    const [a, b] = options.nodes ?? [new TestNode(crypto, 0x0a, options.a), new TestNode(crypto, 0x0b, options.b)];
    this.a = a;
    this.b = b;
  }

  connect(): void {
    this.a.input({ kind: 'connected', peer: this.b.id });
    this.b.input({ kind: 'connected', peer: this.a.id });
    this.exchange();
  }

  disconnect(): void {
    this.a.outgoing.length = 0;
    this.b.outgoing.length = 0;
    this.a.input({ kind: 'disconnected', peer: this.b.id });
    this.b.input({ kind: 'disconnected', peer: this.a.id });
  }

  /** Delivers one message of `from`, if there is one. */
  deliver(from: TestNode): Message | undefined {
    const to = from === this.a ? this.b : this.a;
    // What is for others is not for this test to deliver.
    const at = from.outgoing.findIndex((each) => from.recipients.get(each) === to.id);
    const [message] = at < 0 ? [] : from.outgoing.splice(at, 1);
    if (message !== undefined) to.input({ kind: 'received', peer: from.id, bytes: encodeMessage(message) });
    return message;
  }

  /** Delivers until nothing is left. */
  exchange(): void {
    while (this.deliver(this.a) !== undefined || this.deliver(this.b) !== undefined);
  }

  block(transactions: readonly Tx[] = []): void {
    for (const node of [this.a, this.b]) {
      const { tip: fork } = node.state;
      const tip = at(fork.height + 1);
      node.input({ kind: 'chain', fork, blocks: [{ ...tip, transactions: transactions.map((tx, index) => ({ index, tx })) }], tip });
    }
    this.exchange();
  }

  /** A channel from a to b that waits for its funding to confirm. `nth` makes it another one. */
  fund(options: OpenOptions = {}): { readonly channelId: ChannelId; readonly tx: Tx } {
    const { fundingSat = 1_000_000n, pushMsat = 300_000_000n, format = 'anchors', nth = 0, announce = false } = options;
    const temporaryChannelId = bytes32<ChannelId>(0x77 + nth);
    const { id: peer } = this.b;
    const keysId = bytes32(1 + 2 * nth);
    this.a.command({ kind: 'open', peer, temporaryChannelId, keysId, fundingSat, pushMsat, feeratePerKw: 2500, format, announce });
    this.exchange();
    this.b.command({ kind: 'accept', peer: this.a.id, channelId: temporaryChannelId, keysId: bytes32(2 + 2 * nth) });
    this.exchange();
    const asked = this.a.log.findLast((effect) => effect.kind === 'ask' && effect.question.kind === 'fund');
    if (asked?.kind !== 'ask' || asked.question.kind !== 'fund') throw new Error('no funding was asked for');
    const tx: Tx = {
      version: 2,
      locktime: 0,
      inputs: [{ txid: bytes32(0x99 + nth), vout: 0, sequence: 0xffffffff, scriptSig: '' as never, witness: ['00'] }],
      outputs: [{ amountSat: fundingSat, script: asked.question.script }],
    };
    this.a.command({ kind: 'fund', peer, channelId: temporaryChannelId, tx });
    this.exchange();
    const channelId = [...this.a.state.channels.keys()].at(-1);
    if (channelId === undefined) throw new Error('the channel was not funded');
    return { channelId, tx };
  }

  /** Opens and confirms a channel from a to b. */
  open(options: OpenOptions = {}): ChannelId {
    const { channelId, tx } = this.fund(options);
    this.block([tx]);
    this.block();
    this.block();
    return channelId;
  }

  /** Both sides' view, which must be one (DESIGN: sides are absolute). */
  shared(channelId: ChannelId): readonly [FundedState['shared'], FundedState['shared']] {
    return [this.a.channel(channelId).shared, this.b.channel(channelId).shared];
  }
}
