import { describe, expect, it } from 'vitest';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { StoreQueue } from './store-queue.ts';

const A = 'a' as ChannelId;
const B = 'b' as ChannelId;

/** A disk whose writes end when the test says so. */
function disk(): { readonly log: string[]; readonly write: (name: string) => () => Promise<void>; readonly finish: () => Promise<void> } {
  const log: string[] = [];
  const unfinished: (() => void)[] = [];
  return {
    log,
    write: (name) => async () => {
      log.push(`${name} begins`);
      await new Promise<void>((resolve) => unfinished.push(resolve));
      log.push(`${name} ends`);
    },
    finish: async () => {
      unfinished.shift()?.();
      for (let i = 0; i < 10; i++) await Promise.resolve();
    },
  };
}

describe('the writes of a channel', () => {
  it('are made one at a time, and of those that wait only the newest', async () => {
    const queue = new StoreQueue();
    const { log, write, finish } = disk();
    for (const name of ['1', '2', '3']) queue.put(A, write(name));
    queue.put(B, write('other'));
    expect(log).toEqual(['1 begins', 'other begins']);
    await finish();
    expect(log.slice(2)).toEqual(['1 ends', '3 begins']);
    queue.put(A, write('4'));
    await finish();
    await finish();
    expect(log.slice(4)).toEqual(['other ends', '3 ends', '4 begins']);
    await finish();
    queue.put(A, write('5'));
    expect(log.slice(7)).toEqual(['4 ends', '5 begins']);
  });

  it('that are done at once hold nothing up', () => {
    const queue = new StoreQueue();
    const log: number[] = [];
    for (const n of [1, 2, 3]) queue.put(A, () => void log.push(n));
    expect(log).toEqual([1, 2, 3]);
  });
});
