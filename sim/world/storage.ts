import type { ChainPoint } from '../../core/chain/update.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { drawLatency } from './clock.ts';
import type { Random } from '../deterministic/random.ts';
import type { Told } from '../scenario/told.ts';
import type { DriverEffect, Latency } from '../scenario/types.ts';
import { STATE } from '../scenario/sinks.ts';

export type StoreEffect = Extract<DriverEffect, { kind: 'store' }>;
type MonitorEffect = Extract<DriverEffect, { kind: 'monitor' }>;

/** A write under way. `sink` is a scenario's word for it (`sinkNamed`). */
export interface Write {
  readonly sink: string;
  readonly channelId: ChannelId;
  /** Version of a state store, id of a watcher's update. */
  readonly version: number;
  readonly dueMs: number;
  readonly content: Content;
}
/** What is written: a state, or a watcher's update. */
type Content = { readonly kind: 'state'; readonly snapshot: Snapshot } | { readonly kind: 'update'; readonly effect: MonitorEffect };
/** A durable state and the newest block that the node had seen when it wrote it: where its host looks for blocks again after a restart. */
export interface Snapshot {
  readonly effect: StoreEffect;
  readonly seen: ChainPoint;
}

export interface DiskSpec {
  readonly storage: Latency;
  readonly watchers: readonly { readonly name: string; readonly latency: Latency }[];
}

/** Backups of one channel that are kept. */
const MAX_BACKUPS = 8;

function isImmediate(latency: Latency): boolean {
  return latency.kind === 'fixed' && latency.ms === 0;
}

/**
 * One node's disk, and the watchers of the chain that it reports to. Writes finish late and in any order; an old snapshot that finishes
 * late never replaces a newer one. A crash tears what is unfinished.
 */
export class Disk {
  private readonly spec: DiskSpec;
  private readonly random: Random;
  private readonly writes: Write[];
  private readonly snapshots: Map<ChannelId, Snapshot>;
  /** What newer snapshots replaced, newest last: the backups that a careless user may bring back. */
  private readonly backups: Map<ChannelId, readonly Snapshot[]>;
  /** By channel and watcher: what it has been told, the newest to come first, also beyond a gap. It outlives every crash. */
  private readonly held: Map<string, Told>;

  constructor(spec: DiskSpec, random: Random, from?: Disk) {
    this.spec = spec;
    this.random = random;
    this.writes = from === undefined ? [] : [...from.writes];
    this.snapshots = new Map(from?.snapshots);
    this.backups = new Map(from?.backups);
    this.held = new Map(from?.held);
  }

  fork(): Disk {
    return new Disk(this.spec, this.random.fork(), this);
  }

  /** Unfinished writes, oldest first. */
  get unfinished(): readonly Write[] {
    return this.writes;
  }

  get durable(): ReadonlyMap<ChannelId, Snapshot> {
    return this.snapshots;
  }

  /** Starts a state store. Returns the write if it is done already. */
  store(effect: StoreEffect, seen: ChainPoint, nowMs: number): Write | undefined {
    const { channelId, version } = effect;
    const snapshot: Snapshot = { effect, seen };
    return this.begin(STATE, channelId, version, { kind: 'state', snapshot }, this.spec.storage, nowMs);
  }

  monitor(effect: MonitorEffect, nowMs: number): Write | undefined {
    const watcher = this.spec.watchers.find((w) => w.name === effect.watcher);
    if (watcher === undefined) throw new RangeError(`no watcher '${effect.watcher}'`);
    const { channelId, id } = effect;
    return this.begin(watcher.name, channelId, id, { kind: 'update', effect }, watcher.latency, nowMs);
  }

  private begin(sink: string, channelId: ChannelId, version: number, content: Content, latency: Latency, nowMs: number): Write | undefined {
    const write: Write = { sink, channelId, version, content, dueMs: nowMs + drawLatency(latency, this.random) };
    if (isImmediate(latency)) {
      this.keep(write);
      return write;
    }
    this.writes.push(write);
    return undefined;
  }

  /** Finishes the `which`-th oldest write to this sink for this channel. */
  finish(sink: string, channelId: ChannelId, which: number): Write | undefined {
    let skip = which;
    const at = this.writes.findIndex((w) => w.sink === sink && w.channelId === channelId && skip-- === 0);
    const [write] = at === -1 ? [] : this.writes.splice(at, 1);
    if (write !== undefined) this.keep(write);
    return write;
  }

  /** The process dies: bit i of `survive` says whether the i-th oldest unfinished write made it. */
  crash(survive: number): void {
    for (const [i, write] of this.writes.entries()) if (i < 32 && ((survive >>> i) & 1) === 1) this.keep(write);
    this.writes.length = 0;
  }

  forget(channelId: ChannelId): void {
    this.snapshots.delete(channelId);
    this.backups.delete(channelId);
    for (let i = this.writes.length - 1; i >= 0; i--) if (this.writes[i]?.channelId === channelId) this.writes.splice(i, 1);
  }

  /** What each watcher holds of each channel. */
  get told(): Iterable<Told> {
    return this.held.values();
  }

  /** Later updates must have later ids than these. */
  watcherIds(): { channelId: ChannelId; watcher: string; id: number }[] {
    return [...this.held.values()].map(({ channelId, watcher, newestId }) => ({ channelId, watcher, id: newestId }));
  }

  private keep({ content }: Write): void {
    if (content.kind === 'state') this.replace(content.snapshot);
    else this.hold(content.effect);
  }

  private replace(snapshot: Snapshot): void {
    const { channelId } = snapshot.effect;
    const before = this.snapshots.get(channelId);
    if (before !== undefined && before.effect.version >= snapshot.effect.version) return;
    this.snapshots.set(channelId, snapshot);
    if (before === undefined) return;
    const backups = this.backups.get(channelId) ?? [];
    this.backups.set(channelId, [...backups, before].slice(-MAX_BACKUPS));
  }

  /** Puts every channel back to its `age`-th newest backup, or the oldest that there is. False when there is none of any channel. */
  restoreBackup(age: number): boolean {
    for (const [channelId, backups] of this.backups) {
      const backup = backups.at(-age) ?? backups[0];
      if (backup !== undefined) this.snapshots.set(channelId, backup);
    }
    const any = this.backups.size > 0;
    this.backups.clear();
    return any;
  }

  private hold({ channelId, watcher, id, update }: MonitorEffect): void {
    const key = `${channelId}/${watcher}`;
    const before = this.held.get(key);
    this.held.set(key, { channelId, watcher, id, update, before, newestId: Math.max(before?.newestId ?? 0, id) });
  }
}
