import type { ChannelId, Hash32 } from '../crypto/bytes.ts';
import type { RuleId } from '../rules.ts';
import * as codec from '../wire/codec.ts';
import type { DeviceEnv, DeviceOutput, DeviceState, DeviceStep, KnownWatcher, Standing, WatcherKind } from './device-vocabulary.ts';
import { newFeed } from './feed.ts';
import type { Feed } from './feed.ts';
import { wordsToWatcher } from './messages.ts';
import type { Content, Copy, ToWatcher } from './messages.ts';
import { seal } from './seal.ts';
import type { Epoch, Prefix } from './statements.ts';

type Words = ToWatcher extends infer W ? (W extends unknown ? Omit<W, 'serial' | 'epoch'> : never) : never;

export function nothingHeard(): Standing {
  return { begun: false, newer: undefined, answered: 0, held: new Map() };
}

/** One step of a device under way: the state so far, and what leaves. */
export class DeviceRun {
  readonly env: DeviceEnv;
  state: DeviceState;
  readonly effects: DeviceOutput[] = [];

  constructor(env: DeviceEnv, state: DeviceState) {
    this.env = env;
    this.state = state;
  }

  done(): DeviceStep {
    return { state: this.state, effects: this.effects };
  }

  watcher(name: string): KnownWatcher | undefined {
    return this.env.watchers.find((watcher) => watcher.name === name);
  }

  standing(name: string): Standing {
    return this.state.standings.get(name) ?? nothingHeard();
  }

  feed(channelId: ChannelId, kind: WatcherKind): Feed {
    return this.state.channels.get(channelId)?.[kind] ?? newFeed(this.env.crypto, channelId);
  }

  send(name: string, words: Words): void {
    const watcher = this.watcher(name);
    if (watcher === undefined) return;
    const { epoch, ready, standings, channels } = this.state;
    const serial = this.state.serial + 1;
    this.state = { epoch, serial, ready, standings, channels };
    const bytes = codec.encode(wordsToWatcher, { ...words, serial, epoch } as ToWatcher);
    this.effects.push({ kind: 'send', watcher: name, bytes: seal(this.env, watcher.link.toWatcher, bytes) });
  }

  /** `keysId`: absent for who needs no secrets. */
  join({ name, kind }: KnownWatcher, channelId: ChannelId, keysId: Hash32 | undefined, copy: Copy | undefined): void {
    const secrets = kind === 'full' && keysId !== undefined ? this.env.secretsOf(keysId) : undefined;
    this.send(name, { kind: 'join', channelId, mandate: { destination: this.env.destination, secrets }, copy });
  }

  update(name: string, channelId: ChannelId, number: number, content: Content): void {
    this.send(name, { kind: 'update', channelId, number, content });
  }

  distrust(name: string, rule: RuleId, detail: string): void {
    this.effects.push({ kind: 'distrusted', watcher: name, rule, detail });
  }

  /** Takes this epoch, of which nobody has heard, and says so to everybody. */
  begin({ number, session }: Epoch): void {
    const { serial, ready, standings, channels } = this.state;
    const unheard = [...standings].map(([name, { newer, answered, held }]) => {
      const still = newer !== undefined && newer >= number ? newer : undefined;
      return [name, { begun: false, newer: still, answered, held }] as const;
    });
    this.state = { epoch: { number, session }, serial, ready, standings: new Map(unheard), channels };
    for (const { name } of this.env.watchers) this.send(name, { kind: 'begin' });
  }

  ready(): void {
    const { epoch, serial, standings, channels } = this.state;
    this.state = { epoch, serial, ready: true, standings, channels };
  }

  /** A watcher has heard of this start, and says all that it holds. */
  begun(name: string, held: readonly (Prefix & { readonly channelId: ChannelId })[]): void {
    const prefixes = held.map(({ channelId, number, chain }) => [channelId, { number, chain }] as const);
    this.#stands(name, { begun: true, newer: undefined, answered: this.standing(name).answered, held: new Map(prefixes) });
  }

  /** A watcher has heard of a newer start. */
  superseded(name: string, newer: number): void {
    const { answered, held } = this.standing(name);
    this.#stands(name, { begun: false, newer, answered, held });
  }

  answered(name: string, answered: number): void {
    const { begun, newer, held } = this.standing(name);
    this.#stands(name, { begun, newer, answered, held });
  }

  holds(name: string, channelId: ChannelId, prefix: Prefix | undefined): void {
    const { begun, newer, answered, held } = this.standing(name);
    const now = new Map(held);
    if (prefix === undefined) now.delete(channelId);
    else now.set(channelId, prefix);
    this.#stands(name, { begun, newer, answered, held: now });
  }

  #stands(name: string, standing: Standing): void {
    const { epoch, serial, ready, channels } = this.state;
    this.state = { epoch, serial, ready, standings: new Map(this.state.standings).set(name, standing), channels };
  }

  /** Keeps what every watcher of this kind holds, where that is more than before. */
  feeds(channelId: ChannelId, kind: WatcherKind, feed: Feed): void {
    const { epoch, serial, ready, standings } = this.state;
    const before = this.state.channels.get(channelId);
    const full = kind === 'full' ? feed : this.feed(channelId, 'full');
    const blind = kind === 'blind' ? feed : this.feed(channelId, 'blind');
    this.state = { epoch, serial, ready, standings, channels: new Map(this.state.channels).set(channelId, { full, blind }) };
    if (before === undefined || before[kind].base.number !== feed.base.number)
      this.effects.push({ kind: 'keep', channelId, base: { full: full.base, blind: blind.base } });
  }

  forget(channelId: ChannelId): void {
    const { epoch, serial, ready, standings } = this.state;
    const channels = new Map(this.state.channels);
    channels.delete(channelId);
    this.state = { epoch, serial, ready, standings, channels };
  }
}
