import { describe, expect, it } from 'vitest';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import { StaleWatch } from './stale-channels.ts';

const CHANNEL = 'c1' as ChannelId;

/** One node whose only channel has this version. */
function worldAt(version: number, licences: readonly string[] = ['stale-backup'], at: WorldView['at'] = 0): WorldView {
  const channels = new Map([[CHANNEL, { phase: 'funded', durability: { version } }]]);
  return { at, licences: new Set(licences), driver: () => ({ channels: () => channels }) } as unknown as WorldView;
}

function record(input: object): StepRecord {
  return { node: 'A', input, effects: [] } as unknown as StepRecord;
}

const stored = (version: number): StepRecord => record({ kind: 'stored', sink: { kind: 'state' }, channelId: CHANNEL, version });
const RESTART = record({ kind: 'restart' });

describe('StaleWatch', () => {
  it('sees a node that comes back with less than was acknowledged', () => {
    const watch = new StaleWatch();
    watch.watch(worldAt(5), stored(5));
    watch.watch(worldAt(5), RESTART);
    expect(watch.has(CHANNEL)).toBe(false);
    watch.watch(worldAt(4), RESTART);
    expect(watch.has(CHANNEL)).toBe(true);
  });

  it('sees one that comes back with less than it had come back with before', () => {
    const watch = new StaleWatch();
    watch.watch(worldAt(5), stored(5));
    // The crash did not tear two more writes, which nobody had acknowledged.
    watch.watch(worldAt(7), RESTART);
    expect(watch.has(CHANNEL)).toBe(false);
    expect(new StaleWatch(watch).has(CHANNEL)).toBe(false);
    watch.watch(worldAt(5), RESTART);
    expect(watch.has(CHANNEL)).toBe(true);
  });

  it('knows in a copy with the licence what was durable when the world was set up without it', () => {
    const watch = new StaleWatch();
    watch.watch(worldAt(5, [], 'setup'), stored(5));
    const copy = new StaleWatch(watch);
    copy.watch(worldAt(4), RESTART);
    expect([watch.has(CHANNEL), copy.has(CHANNEL)]).toEqual([false, true]);
  });

  it('justifies nothing where the licence was not drawn', () => {
    const watch = new StaleWatch();
    watch.watch(worldAt(5, []), stored(5));
    watch.watch(worldAt(4, []), RESTART);
    expect(watch.has(CHANNEL)).toBe(false);
  });
});
