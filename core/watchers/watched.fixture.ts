import { bytes32 } from '../channel/duo.fixture.ts';
import { isChainRefusal, readChainInput } from '../chain/update.ts';
import type { ChainInput, ChainPoint } from '../chain/update.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import type { ChannelId, Script, SecretKey } from '../crypto/bytes.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import { CommitmentCache } from '../monitor/commitment-cache.ts';
import { learn } from '../monitor/knowledge.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import { DEFAULT_CHAIN_POLICY } from '../monitor/policy.ts';
import type { TestChain } from '../monitor/test-chain.fixture.ts';
import type { Watching } from '../monitor/watching.fixture.ts';
import type { Side } from '../transactions/types.ts';
import { createDevice, deviceStep } from './device.ts';
import type { DeviceEnv, DeviceInput, DeviceOutput, DeviceState, DeviceStep, KeptChannel, WatcherKind } from './device-vocabulary.ts';
import { fullWatcherStep } from './full.ts';
import { linkOf } from './link.ts';
import { heldByQuorum } from './quorum.ts';
import { createRemote, restoreRemote } from './remote.ts';
import type { Epoch } from './statements.ts';
import { NO_EPOCH } from './statements.ts';
import type { FullChannel, RemoteEnv, RemoteInput, RemoteOutput, RemoteState, RemoteStep } from './watchers-vocabulary.ts';
import { decodeBlindChannel, decodeFullChannel, encodeBlindChannel, encodeFullChannel } from './stored-form.ts';
import { createClaimSigner } from '../monitor/claim-signer.ts';
import { blindWatcherStep } from './blind.ts';
import type { BlindChannel } from './blind.ts';
import { contentFor } from './sealed-penalties.ts';
import type { BlindPolicy } from './penalties.ts';
import type { Result } from '../wire/codec.ts';

export const DESTINATION = ('0014' + 'dd'.repeat(20)) as Script;
const DEVICE_SECRET = bytes32<SecretKey>(0x77);

/** A watcher elsewhere with its host: what it was asked to keep, and what it says. */
class End<C> {
  readonly name: string;
  readonly kind: WatcherKind;
  readonly env: RemoteEnv;
  readonly secret: SecretKey;
  readonly log: RemoteOutput<C>[] = [];
  readonly rejected: string[] = [];
  state: RemoteState<C>;
  disk: { epoch: Epoch; channels: Map<ChannelId, Uint8Array> } = { epoch: NO_EPOCH, channels: new Map() };
  awake = true;
  readonly #stepped: Stepped<C>;
  readonly #chain: TestChain;

  constructor(w: Watching, name: string, n: number, stepped: Stepped<C>) {
    const { crypto } = w;
    const sealing = { crypto, cipher: nobleChaCha20Poly1305 };
    this.name = name;
    this.kind = stepped.kind;
    this.#stepped = stepped;
    this.#chain = w.chain;
    this.secret = bytes32<SecretKey>(n);
    this.env = {
      ...sealing,
      link: linkOf(sealing, this.secret, crypto.publicKey(DEVICE_SECRET)),
      secret: this.secret,
      cache: new CommitmentCache(crypto),
      policy: DEFAULT_CHAIN_POLICY,
      feeratePerKw: 1000,
    };
    this.state = createRemote(w.chain.tip);
  }

  input(input: RemoteInput): readonly Uint8Array[] {
    const { state, effects } = this.#stepped.step(this.env, this.state, input);
    this.state = state;
    this.log.push(...effects);
    const said: Uint8Array[] = [];
    for (const effect of effects) {
      if (effect.kind === 'keep') this.disk.channels.set(effect.channelId, this.#stepped.encode(effect.channel));
      if (effect.kind === 'keep_epoch') this.disk.epoch = effect.epoch;
      if (effect.kind === 'forget') this.disk.channels.delete(effect.channelId);
      if (effect.kind === 'send') said.push(effect.bytes);
      if (effect.kind === 'broadcast') {
        const why = this.#chain.submit(effect.txs);
        if (why !== undefined) this.rejected.push(why);
      }
    }
    return said;
  }

  chain(input: ChainInput): readonly Uint8Array[] {
    const update = readChainInput(this.env.crypto, input);
    if (isChainRefusal(update)) throw new Error(update.detail);
    return this.input(update);
  }

  /** From its disk, or from one that is empty. */
  restart(disk = this.disk): void {
    this.disk = { epoch: disk.epoch, channels: new Map(disk.channels) };
    const channels = new Map<ChannelId, C>();
    for (const [channelId, bytes] of this.disk.channels) {
      const decoded = this.#stepped.decode(bytes);
      if (!decoded.ok) throw new Error(decoded.error.detail);
      channels.set(channelId, decoded.value);
    }
    const tips = [...channels.values()].map((channel) => this.#stepped.tip(channel));
    this.state = restoreRemote([this.#chain.tip, ...tips], this.disk.epoch, channels);
  }
}

/** One kind of watcher. */
interface Stepped<C> {
  readonly kind: WatcherKind;
  readonly step: (env: RemoteEnv, state: RemoteState<C>, input: RemoteInput) => RemoteStep<C>;
  readonly encode: (channel: C) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Result<C>;
  readonly tip: (channel: C) => ChainPoint;
}
const FULL: Stepped<FullChannel> = {
  kind: 'full',
  step: fullWatcherStep,
  encode: encodeFullChannel,
  decode: decodeFullChannel,
  tip: ({ watcher }) => watcher.view.tip,
};
const BLIND: Stepped<BlindChannel> = {
  kind: 'blind',
  step: blindWatcherStep,
  encode: encodeBlindChannel,
  decode: decodeBlindChannel,
  tip: ({ view }) => view.tip,
};

export class RemoteEnd extends End<FullChannel> {
  constructor(w: Watching, name: string, n: number) {
    super(w, name, n, FULL);
  }
}

export class BlindEnd extends End<BlindChannel> {
  constructor(w: Watching, name: string, n: number) {
    super(w, name, n, BLIND);
  }
}

export const BLIND_POLICY: BlindPolicy = { feeratesPerKw: [1000, 4000, 16_000], leastHtlcSat: 10_000n };

/** A device with its channel, and its watchers elsewhere: their bytes lie in between until they are carried. */
export class Device {
  readonly w: Watching;
  readonly side: Side = 'opener';
  readonly remotes: readonly (RemoteEnd | BlindEnd)[];
  env: DeviceEnv;
  state: DeviceState;
  readonly log: DeviceOutput[] = [];
  readonly kept = new Map<ChannelId, KeptChannel>();
  /** By watcher: on the way there, and back. */
  readonly there = new Map<string, Uint8Array[]>();
  readonly back = new Map<string, Uint8Array[]>();
  #told = 0;
  readonly #known: Knowledge[] = [];

  constructor(
    w: Watching,
    remotes: readonly (RemoteEnd | BlindEnd)[],
    quorum: number,
    session = 'a1'.repeat(16),
    kept: readonly KeptChannel[] = [],
  ) {
    const { crypto, duo } = w;
    const sealing = { crypto, cipher: nobleChaCha20Poly1305 };
    this.w = w;
    this.remotes = remotes;
    this.env = {
      ...sealing,
      watchers: remotes.map(({ name, kind, secret }) => {
        const key = crypto.publicKey(secret);
        return { name, kind, key, link: linkOf(sealing, DEVICE_SECRET, key) };
      }),
      quorum,
      destination: DESTINATION,
      secretsOf: (keysId) => duo.signers[this.side].claimSecrets(keysId),
    };
    for (const one of kept) this.kept.set(one.channelId, one);
    const step = createDevice(this.env, session, kept);
    this.state = step.state;
    this.#carryOut(step);
  }

  input(input: DeviceInput): readonly DeviceOutput[] {
    const step = deviceStep(this.env, this.state, input);
    this.state = step.state;
    this.#carryOut(step);
    return step.effects;
  }

  #carryOut({ effects }: DeviceStep): void {
    this.log.push(...effects);
    for (const effect of effects) {
      if (effect.kind === 'send') this.there.set(effect.watcher, [...(this.there.get(effect.watcher) ?? []), effect.bytes]);
      if (effect.kind === 'keep') this.kept.set(effect.channelId, effect);
    }
  }

  /** Everything on the way arrives, of those that are awake, and what follows. */
  carry(): void {
    for (let moved = true; moved;) {
      moved = false;
      for (const remote of this.remotes) {
        const { name } = remote;
        const bytes = remote.awake ? this.there.get(name)?.shift() : undefined;
        if (bytes !== undefined) this.back.set(name, [...(this.back.get(name) ?? []), ...remote.input({ kind: 'received', bytes })]);
        const answer = this.back.get(name)?.shift();
        if (answer !== undefined) this.input({ kind: 'received', watcher: name, bytes: answer });
        moved ||= bytes !== undefined || answer !== undefined;
      }
    }
  }

  get updates(): readonly MonitorUpdate[] {
    return this.w.told(this.side);
  }

  /** The node tells every watcher what its channel has said since. */
  tell(): void {
    for (; this.#told < this.updates.length; this.#told++) this.tellOne(this.#told + 1);
  }

  tellOne(id: number, watchers = this.env.watchers.map(({ name }) => name)): void {
    const { crypto, duo, channelId } = this.w;
    const update = this.updates[id - 1] as MonitorUpdate;
    const signer = createClaimSigner(crypto, (keysId) => duo.signers[this.side].claimSecrets(keysId));
    const maker = { signer, policy: BLIND_POLICY, destination: DESTINATION };
    for (const watcher of watchers) {
      const kind = this.env.watchers.find(({ name }) => name === watcher)?.kind ?? 'full';
      const content =
        kind === 'full' ? ({ kind: 'update', update } as const) : contentFor(this.env, maker, kind, this.knowledge(id), update);
      this.input({ kind: 'monitor', watcher, channelId, id, content });
    }
  }

  /** What the node has been told that a watcher holds. */
  heldBy(watcher: string): number {
    const ids = this.log.flatMap((effect) => (effect.kind === 'stored' && effect.watcher === watcher ? [effect.id] : []));
    return Math.max(0, ...ids);
  }

  /** What a quorum holds. */
  get held(): number {
    const watchers = this.env.watchers.map(({ name }) => name);
    return heldByQuorum({ watchers, quorum: this.env.quorum }, (name) => this.heldBy(name));
  }

  /** What the node's own watcher knows with so many updates. */
  knowledge(count = this.updates.length): Knowledge {
    const { updates } = this;
    for (let at = this.#known.length; at < count; at++)
      this.#known.push(learn(this.w.crypto, this.#known.at(-1), updates[at] as MonitorUpdate));
    return this.#known[count - 1] as Knowledge;
  }

  effects<K extends DeviceOutput['kind']>(kind: K): readonly Extract<DeviceOutput, { kind: K }>[] {
    return this.log.filter((effect): effect is Extract<DeviceOutput, { kind: K }> => effect.kind === kind);
  }
}

/** Three watchers of which two must hold what they are told. */
export function threeWatchers(w: Watching): readonly [RemoteEnd, RemoteEnd, RemoteEnd] {
  return [new RemoteEnd(w, 'one', 0x61), new RemoteEnd(w, 'two', 0x62), new RemoteEnd(w, 'three', 0x63)];
}
