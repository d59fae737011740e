import type { ChainPoint } from '../../core/chain/update.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { Log } from '../../core/monitor/log.ts';
import type { WatcherRecord } from '../../core/monitor/records.ts';
import { drawLatency } from './clock.ts';
import type { Random } from '../deterministic/random.ts';
import type { Told } from '../scenario/told.ts';
import type { DriverEffect, Latency } from '../scenario/types.ts';
import { RECORD, STATE } from '../scenario/sinks.ts';
import { nameOfSink, sinkOf } from '../../core/payments/records.ts';
import type { RecordSink } from '../../core/payments/records.ts';

export type StoreEffect = Extract<DriverEffect, { kind: 'store' }>;
type MonitorEffect = Extract<DriverEffect, { kind: 'monitor' }>;
export type RecordEffect = Extract<DriverEffect, { kind: 'store_record' }>;

/** A write under way. `sink` is a scenario's word for it (`sinkNamed`). */
export interface Write {
  readonly sink: string;
  readonly channelId: ChannelId;
  /** Version of a state store, id of a watcher's update. */
  readonly version: number;
  readonly dueMs: number;
  readonly content: Content;
}
/** What is written: a state, a watcher's update, or a record of the node's own. */
type Content =
  | { readonly kind: 'state'; readonly snapshot: Snapshot }
  | { readonly kind: 'update'; readonly effect: MonitorEffect }
  | { readonly kind: 'record'; readonly effect: RecordEffect };
/** A durable state and the newest block that the node had seen when it wrote it: where its host looks for blocks again after a restart. */
export interface Snapshot {
  readonly effect: StoreEffect;
  readonly seen: ChainPoint;
  /** What was appended with it and all before it. */
  readonly records: Log<WatcherRecord>;
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
  /** By channel: what was appended with all its stores, durable or not. */
  private readonly appended: Map<ChannelId, Log<WatcherRecord>>;
  /** What newer snapshots replaced, newest last: the backups that a careless user may bring back. */
  private readonly backups: Map<ChannelId, readonly Snapshot[]>;
  /** By channel and watcher: what it has been told, the newest to come first, also beyond a gap. It outlives every crash. */
  private readonly held: Map<string, Told>;
  /** The node's own records, by the names of their sinks. */
  private readonly records: Map<string, RecordEffect>;

  constructor(spec: DiskSpec, random: Random, from?: Disk) {
    this.spec = spec;
    this.random = random;
    this.writes = from === undefined ? [] : [...from.writes];
    this.snapshots = new Map(from?.snapshots);
    this.appended = new Map(from?.appended);
    this.backups = new Map(from?.backups);
    this.held = new Map(from?.held);
    this.records = new Map(from?.records);
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

  get durableRecords(): Iterable<RecordEffect> {
    return this.records.values();
  }

  hasRecord(sink: RecordSink): boolean {
    return this.records.has(nameOfSink(sink));
  }

  /** Starts the store of a record, which stands in place of a channel. */
  record(effect: RecordEffect, nowMs: number): Write | undefined {
    const name = nameOfSink(sinkOf(effect.record)) as ChannelId;
    return this.begin(RECORD, name, effect.version, { kind: 'record', effect }, this.spec.storage, nowMs);
  }

  forgetRecord(sink: RecordSink): void {
    this.records.delete(nameOfSink(sink));
  }

  /** Starts a state store. Returns the write if it is done already. */
  store(effect: StoreEffect, seen: ChainPoint, nowMs: number): Write | undefined {
    const { channelId, version } = effect;
    const before = this.appended.get(channelId) ?? new Log<WatcherRecord>();
    const records = effect.records === undefined || effect.records.length === 0 ? before : before.with(effect.records);
    this.appended.set(channelId, records);
    const snapshot: Snapshot = { effect, seen, records };
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
    this.appendToDurable();
  }

  /** What comes next is appended to what is durable. */
  private appendToDurable(): void {
    this.appended.clear();
    for (const [channelId, { records }] of this.snapshots) this.appended.set(channelId, records);
  }

  /** By channel: what is durable of its node's own watcher. */
  watched(): ReadonlyMap<ChannelId, readonly WatcherRecord[]> {
    return new Map([...this.snapshots].map(([channelId, { records }]) => [channelId, records.first(records.length)]));
  }

  forget(channelId: ChannelId): void {
    this.appended.delete(channelId);
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
    switch (content.kind) {
      case 'state':
        return this.replace(content.snapshot);
      case 'update':
        return this.hold(content.effect);
      case 'record': {
        const name = nameOfSink(sinkOf(content.effect.record));
        if (content.effect.version > (this.records.get(name)?.version ?? 0)) this.records.set(name, content.effect);
      }
    }
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
    this.appendToDurable();
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
