import { describe, expect, it } from 'vitest';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId, Hash32 } from '../../core/crypto/bytes.ts';
import { stream } from '../deterministic/random.ts';
import type { Told } from '../scenario/told.ts';
import { Disk } from './storage.ts';
import type { StoreEffect } from './storage.ts';

const TOLD = { kind: 'preimage', preimage: '00' as never, settles: [] } as const;

const channelId = 'c1' as ChannelId;
const slow = { kind: 'uniform', minMs: 1, maxMs: 100 } as const;
const atOnce = { kind: 'fixed', ms: 0 } as const;

function disk(storage: typeof slow | typeof atOnce = slow): Disk {
  return new Disk({ storage, watchers: [{ name: 'w', latency: slow }] }, stream('seed', 'disk'));
}
const seen = { height: 100, hash: '64'.repeat(32) as Hash32 };

/** A disk never looks into what it stores. */
function store(version: number, id = channelId): StoreEffect {
  return { kind: 'store', channelId: id, version, state: {} as StoredChannel };
}
function durableVersion(of: Disk): number | undefined {
  return of.durable.get(channelId)?.effect.version;
}
function monitor(id: number): Parameters<Disk['monitor']>[0] {
  return { kind: 'monitor', watcher: 'w', channelId, id, update: TOLD, after: [] };
}

describe('Disk', () => {
  it('holds nothing before a write has finished', () => {
    const d = disk();
    expect(d.store(store(1), seen, 5)).toBeUndefined();
    expect(d.durable.size).toBe(0);
    expect(d.unfinished[0]?.dueMs).toBeGreaterThan(5);
    expect(d.finish('state', channelId, 0)?.version).toBe(1);
    expect(d.durable.get(channelId)).toMatchObject({ seen });
  });

  it('never lets an old write that finishes late win', () => {
    const d = disk();
    for (const version of [1, 2, 3]) d.store(store(version), seen, 0);
    expect(d.finish('state', channelId, 1)?.version).toBe(2);
    expect(durableVersion(d)).toBe(2);
    expect(d.finish('state', channelId, 0)?.version).toBe(1);
    expect(durableVersion(d)).toBe(2);
    expect(d.finish('state', channelId, 0)?.version).toBe(3);
    expect(durableVersion(d)).toBe(3);
    expect(d.finish('state', channelId, 0)).toBeUndefined();
  });

  it('finishes at once where it has no latency', () => {
    const d = disk(atOnce);
    expect(d.store(store(1), seen, 0)?.version).toBe(1);
    expect(durableVersion(d)).toBe(1);
    expect(d.unfinished).toEqual([]);
  });

  it('tears what is unfinished at a crash, except what survives', () => {
    const torn = disk();
    for (const version of [1, 2, 3]) torn.store(store(version), seen, 0);
    torn.crash(0);
    expect([torn.durable.size, torn.unfinished.length]).toEqual([0, 0]);
    const lucky = disk();
    for (const version of [1, 2, 3]) lucky.store(store(version), seen, 0);
    lucky.crash(0b010);
    expect(durableVersion(lucky)).toBe(2);
  });

  it('knows the newest update that a watcher holds, also beyond a gap', () => {
    const d = disk();
    for (const id of [5, 6, 7]) d.monitor(monitor(id), 0);
    const newest = (): number | undefined => d.watcherIds().find((held) => held.channelId === channelId && held.watcher === 'w')?.id;
    expect(newest()).toBeUndefined();
    d.finish('w', channelId, 1);
    expect(newest()).toBe(6);
    d.finish('w', channelId, 0);
    expect(newest()).toBe(6);
    d.finish('w', channelId, 0);
    expect(newest()).toBe(7);
  });

  it('has what each watcher was told, in the order in which it came, over a crash and apart from a copy', () => {
    const d = disk();
    for (const id of [5, 6, 7]) d.monitor(monitor(id), 0);
    d.finish('w', channelId, 1);
    const copy = d.fork();
    copy.crash(0b11);
    const order = ({ told }: Disk): readonly number[] => {
      const ids: number[] = [];
      for (const newest of told) for (let at: Told | undefined = newest; at !== undefined; at = at.before) ids.unshift(at.id);
      return ids;
    };
    expect([order(copy), order(d)]).toEqual([[6, 5, 7], [6]]);
  });

  it('knows no watchers but its own', () => {
    expect(() => disk().monitor({ ...monitor(1), watcher: 'x' }, 0)).toThrow("no watcher 'x'");
  });

  it('forgets a channel with what is being written of it, and nothing else', () => {
    const d = disk();
    const other = 'c2' as ChannelId;
    d.store(store(1), seen, 0);
    d.finish('state', channelId, 0);
    d.store(store(2), seen, 0);
    d.store(store(1, other), seen, 0);
    d.forget(channelId);
    expect(d.durable.size).toBe(0);
    expect(d.unfinished.map((write) => write.channelId)).toEqual([other]);
  });

  it('brings back what a newer snapshot had replaced', () => {
    const d = disk(atOnce);
    expect(d.restoreBackup(1)).toBe(false);
    for (const version of [1, 2, 3, 4]) d.store(store(version), seen, 0);
    const copy = d.fork();
    expect(d.restoreBackup(2)).toBe(true);
    expect(durableVersion(d)).toBe(2);
    expect(durableVersion(copy)).toBe(4);
    expect(copy.restoreBackup(9)).toBe(true);
    expect(durableVersion(copy)).toBe(1);
    // Afterwards it is a disk like any other: newer versions count from what came back.
    copy.store(store(2), seen, 0);
    expect(durableVersion(copy)).toBe(2);
  });

  it('forks into an independent copy', () => {
    const d = disk();
    d.store(store(1), seen, 0);
    const fork = d.fork();
    d.finish('state', channelId, 0);
    expect([fork.durable.size, fork.unfinished.length]).toEqual([0, 1]);
  });
});
