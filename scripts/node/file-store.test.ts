import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeChannel } from '../../core/channel/model/stored-form.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import { Pair } from '../../core/node/pair.fixture.ts';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import { FileStore } from './file-store.ts';
import { scratch } from './scratch.fixture.ts';

function channel(): StoredChannel {
  const pair = new Pair({ crypto: createFakeCrypto() });
  pair.connect();
  return pair.a.channel(pair.open());
}

describe('a store of files', () => {
  const state = channel();
  const { channelId } = state;
  const older = encodeChannel({ ...state, durability: { ...state.durability, version: 1 } });
  const newer = encodeChannel(state);

  it('reads back the newest state of each channel, in another process, too', async () => {
    const folder = join(scratch(), 'not', 'there', 'yet');
    const store = await FileStore.open(folder);
    expect(await store.read()).toEqual([]);
    await store.store(channelId, older);
    await store.store(channelId, newer);
    const again = await FileStore.open(folder);
    const [read, ...others] = await again.read();
    expect(others).toEqual([]);
    expect(encodeChannel(read as StoredChannel)).toEqual(newer);
    expect(readdirSync(folder)).toEqual([`${channelId}.channel`]);
  });

  it('has the old state where a crash came before the new one was whole', async () => {
    const folder = scratch();
    await (await FileStore.open(folder)).store(channelId, older);
    const unfinished = join(folder, `${channelId}.channel.unfinished`);
    writeFileSync(unfinished, newer.subarray(0, 100));
    const [read] = await (await FileStore.open(folder)).read();
    expect(encodeChannel(read as StoredChannel)).toEqual(older);
    expect(existsSync(unfinished)).toBe(false);
  });

  it('forgets', async () => {
    const store = await FileStore.open(scratch());
    await store.store(channelId, newer);
    await store.forget(channelId);
    await store.forget('00'.repeat(32) as ChannelId);
    expect(await store.read()).toEqual([]);
  });

  it('names the file that can’t be read, instead of starting a node without it', async () => {
    const folder = scratch();
    const store = await FileStore.open(folder);
    await store.store(channelId, newer.subarray(0, newer.length - 1));
    await expect(store.read()).rejects.toThrow(`${channelId}.channel holds no channel`);
  });
});
