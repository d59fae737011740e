import { describe, expect, it } from 'vitest';
import { bytes32 } from '../node/pair.fixture.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import { cut, cutHeightAt, entryOf, foldReplays, MAX_REPLAY_ENTRIES, NO_REPLAYS, replayFault, withEntry } from './replay-log.ts';
import type { ReplayEntry, ReplayLog } from './replay-log.ts';
import { encodeReplays } from './stored-form.ts';

function entry(n: number, expiryHeight = 100 + n): ReplayEntry {
  const key = Math.imul(n + 1, 0x9e3779b1)
    .toString(16)
    .replace('-', '')
    .padStart(8, '0')
    .repeat(4);
  return { key, expiryHeight, channelId: bytes32<ChannelId>(1), htlcId: BigInt(n) };
}

function filled(count: number): ReplayLog {
  let log = NO_REPLAYS;
  for (let n = 0; n < count; n++) log = withEntry(log, entry(n));
  return log;
}

describe('the log of replays', () => {
  it('finds each of its entries and no other, and an older value of it stays as it was', () => {
    const log = filled(3_000);
    const before = withEntry(NO_REPLAYS, entry(0));
    withEntry(before, entry(1));
    for (let n = 0; n < 3_000; n++) expect(entryOf(log, entry(n).key)?.htlcId).toBe(BigInt(n));
    expect(entryOf(log, entry(3_000).key)).toBeUndefined();
    expect([before.count, entryOf(before, entry(1).key)]).toEqual([1, undefined]);
  });

  it('lets go of what has expired so long ago that no reorganisation brings it back, and of nothing else', () => {
    const log = filled(100);
    expect(cut(log, cutHeightAt(244))).toBe(log);
    const left = cut(log, cutHeightAt(254));
    expect(left.count).toBe(90);
    expect([entryOf(left, entry(9).key), entryOf(left, entry(10).key)?.htlcId]).toEqual([undefined, 10n]);
  });

  it('drops nothing when it is full', () => {
    const full = { ...filled(1), count: MAX_REPLAY_ENTRIES };
    expect(replayFault(full, undefined)?.rule).toBe('replay.log_full');
    expect(replayFault(filled(1), undefined)).toBeUndefined();
    expect(replayFault(full, entry(0))?.rule).toBe('replay.seen');
  });

  it('comes back from its increments in any order, without what was cut; the 10,000th takes as many bytes as the 10th', () => {
    const increments = Array.from({ length: 50 }, (_, n) => ({ version: n + 1, added: [entry(n)], cutHeight: n === 30 ? 110 : 0 }));
    const log = foldReplays(increments.toReversed());
    expect([log.version, log.count]).toEqual([50, 40]);
    const size = (version: number): number => encodeReplays({ version, added: [entry(version)], cutHeight: 0 }).length;
    expect(size(10_000)).toBe(size(10));
  });
});
