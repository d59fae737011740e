/// <reference types="node" />
import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { createSigner } from '../../../core/channel/commitments/key-signer.ts';
import type { ChannelId, PublicKey, Script, SecretKey } from '../../../core/crypto/bytes.ts';
import { toHex } from '../../../core/crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../../../core/crypto/chacha20poly1305.ts';
import { createNobleCrypto } from '../../../core/crypto/noble.ts';
import { CommitmentCache } from '../../../core/monitor/commitment-cache.ts';
import { DEFAULT_CHAIN_POLICY } from '../../../core/monitor/policy.ts';
import { createDevice, deviceStep } from '../../../core/watchers/device.ts';
import type { DeviceEnv, DeviceInput, DeviceState, DeviceStep, KeptChannel } from '../../../core/watchers/device-vocabulary.ts';
import { fullWatcherStep } from '../../../core/watchers/full.ts';
import { linkOf } from '../../../core/watchers/link.ts';
import { createRemote } from '../../../core/watchers/remote.ts';
import { encodeFullChannel } from '../../../core/watchers/stored-form.ts';
import type { FullChannel, RemoteEnv, RemoteState } from '../../../core/watchers/watchers-vocabulary.ts';
import type { Services } from '../services.ts';
import { DemoChain, DemoDisk, DemoNode } from './demo-node.ts';
import { openPayClose } from './open-pay-close.ts';

const crypto = createNobleCrypto();
const sealing = { crypto, cipher: nobleChaCha20Poly1305 };
const DESTINATION = `0014${'dd'.repeat(20)}` as Script;
const QUORUM = 2;
/** After so long without an answer the device says again what it has said. */
const RETRY_MS = 100;

function secret(): SecretKey {
  return toHex<SecretKey>(randomBytes(32));
}

/** Whole words over a stream of bytes: each behind its length. */
function frames(from: Readable, heard: (words: Uint8Array) => void): void {
  let rest = Buffer.alloc(0);
  from.on('data', (bytes: Uint8Array) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      heard(Uint8Array.from(rest.subarray(4, end)));
      rest = rest.subarray(end);
    }
  });
}

function frame(to: Writable, words: Uint8Array): void {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(words.length);
  to.write(Buffer.concat([length, words]));
}

/** A watcher somewhere else: a key, a disk, a line. */
class DemoWatcher {
  readonly secret = secret();
  readonly disk = new Map<ChannelId, Uint8Array>();
  readonly #env: RemoteEnv;
  #state: RemoteState<FullChannel>;

  constructor(chain: DemoChain, device: PublicKey) {
    const link = linkOf(sealing, this.secret, device);
    this.#env = {
      ...sealing,
      link,
      secret: this.secret,
      cache: new CommitmentCache(crypto),
      policy: DEFAULT_CHAIN_POLICY,
      feeratePerKw: 2500,
    };
    this.#state = createRemote(chain.chain.tip);
  }

  /** How many updates it holds. */
  get held(): number {
    return [...this.#state.channels.values()][0]?.prefix.number ?? 0;
  }

  attach(from: Readable, to: Writable): void {
    frames(from, (bytes) => {
      const { state, effects } = fullWatcherStep(this.#env, this.#state, { kind: 'received', bytes });
      this.#state = state;
      for (const effect of effects) {
        if (effect.kind === 'keep') this.disk.set(effect.channelId, encodeFullChannel(effect.channel));
        if (effect.kind === 'send') frame(to, effect.bytes);
      }
    });
  }
}

/** The device's end of the lines to its watchers. */
class DemoDevice {
  readonly kept = new Map<ChannelId, KeptChannel>();
  readonly distrusted: string[] = [];
  readonly #env: DeviceEnv;
  readonly #lines = new Map<string, Writable>();
  readonly #waiting = new Map<string, () => void>();
  #state: DeviceState;
  #ready: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(env: DeviceEnv) {
    this.#env = env;
    const step = createDevice(env, toHex(randomBytes(16)), []);
    this.#state = step.state;
  }

  attach(name: string, from: Readable, to: Writable): void {
    this.#lines.set(name, to);
    frames(from, (bytes) => this.#input({ kind: 'received', watcher: name, bytes }));
  }

  /** Until so many watchers have heard of this start that the node may run. */
  async ready(): Promise<void> {
    const ready = new Promise<void>((resolve) => (this.#ready = resolve));
    this.#again();
    this.#timer = setInterval(() => this.#again(), RETRY_MS);
    await ready;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when this watcher has signed that it holds the update. */
  monitor: Services['monitor'] = ({ watcher, channelId, id, update }) => {
    const held = new Promise<void>((resolve) => this.#waiting.set(`${watcher} ${channelId} ${id}`, resolve));
    this.#input({ kind: 'monitor', watcher, channelId, id, content: { kind: 'update', update } });
    return held;
  };

  #again(): void {
    const late = new Set([...this.#waiting.keys()].map((key) => key.split(' ')[0]));
    for (const watcher of this.#lines.keys()) if (!this.#state.ready || late.has(watcher)) this.#input({ kind: 'connected', watcher });
  }

  #input(input: DeviceInput): void {
    const step = deviceStep(this.#env, this.#state, input);
    this.#state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
  }

  #carryOut(effect: DeviceStep['effects'][number]): void {
    if (effect.kind === 'send') frame(this.#lines.get(effect.watcher) as Writable, effect.bytes);
    if (effect.kind === 'keep') this.kept.set(effect.channelId, effect);
    if (effect.kind === 'ready') this.#ready();
    if (effect.kind === 'distrusted') this.distrusted.push(`${effect.watcher}: ${effect.rule}`);
    if (effect.kind !== 'stored') return;
    const key = `${effect.watcher} ${effect.channelId} ${effect.id}`;
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}

/** An online computer that carries what it can't read. It loses what is for a watcher that sleeps, and changes a bit here and there. */
class UntrustedHost {
  readonly asleep = new Set<string>();
  readonly seen: Uint8Array[] = [];
  tampered = 0;
  #count = 0;

  /** What goes in comes out at the other end, or something like it. */
  carry(name: string, changes: boolean): { readonly in: PassThrough; readonly out: PassThrough } {
    const [into, out] = [new PassThrough(), new PassThrough()];
    frames(into, (words) => {
      this.seen.push(words);
      if (this.asleep.has(name)) return;
      if (changes && ++this.#count % 7 === 0) {
        const at = this.#count % words.length;
        words[at] = (words[at] as number) ^ 1;
        this.tampered++;
      }
      frame(out, words);
    });
    return { in: into, out };
  }
}

/** Two nodes open a channel, pay both ways and close; one of them goes on only with two of three watchers that sign. */
export async function watchedFromElsewhere(): Promise<{
  readonly balances: readonly (bigint | undefined)[];
  readonly held: Readonly<Record<'one' | 'two' | 'three', number>>;
  readonly tampered: number;
  /** What the host in between could read. */
  readonly leaked: readonly string[];
  readonly distrusted: readonly string[];
}> {
  const chain = new DemoChain();
  const disk = new DemoDisk();
  const signer = createSigner(crypto, disk.signerSeed, disk.nodeSecret);
  const deviceSecret = secret();
  const watchers = (['one', 'two', 'three'] as const).map(
    (name) => [name, new DemoWatcher(chain, crypto.publicKey(deviceSecret))] as const,
  );
  const names = watchers.map(([name]) => name);
  const known = watchers.map(([name, watcher]) => {
    const key = crypto.publicKey(watcher.secret);
    return { name, kind: 'full', key, link: linkOf(sealing, deviceSecret, key) } as const;
  });
  const secretsOf = signer.claimSecrets;
  const device = new DemoDevice({ ...sealing, watchers: known, quorum: QUORUM, destination: DESTINATION, secretsOf });
  const between = new UntrustedHost();
  between.asleep.add('three');
  for (const [name, watcher] of watchers) {
    const [there, back] = [between.carry(name, name === 'two'), between.carry(name, false)];
    watcher.attach(there.out, back.in);
    device.attach(name, back.out, there.in);
  }
  await device.ready();

  const alice = new DemoNode(chain, disk, { names, quorum: QUORUM, monitor: device.monitor });
  const bob = new DemoNode(chain);
  const [there, back] = [new PassThrough(), new PassThrough()];
  await Promise.all([bob.host.attach(there, back), alice.host.attach(back, there, bob.host.nodeId)]);
  const balances = await openPayClose(chain, alice, bob);
  between.asleep.clear();
  const all = watchers.map(([, watcher]) => watcher);
  while (all.some(({ held }) => held < (all[0]?.held ?? 0))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  device.stop();
  alice.host.stop();

  const [channelId] = device.kept.keys();
  const read = Buffer.concat(between.seen).toString('hex');
  const { one, two, three } = Object.fromEntries(watchers.map(([name, { held }]) => [name, held])) as Record<
    (typeof names)[number],
    number
  >;
  return {
    balances,
    held: { one, two, three },
    tampered: between.tampered,
    leaked: [channelId, DESTINATION].filter((told) => told !== undefined && read.includes(told)) as readonly string[],
    distrusted: device.distrusted,
  };
}
