/// <reference types="node" />
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeChannel } from '../../core/channel/model/stored-form.ts';
import type { StoredChannel } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';

const STORED = '.channel';
const UNFINISHED = '.unfinished';

/**
 * Channels as files of one folder, one each. A write is made beside the file, forced to the disk and renamed over it, so that a crash at any
 * moment leaves the old state or the new one, whole. One process at a time: two that write the same folder would undo each other.
 */
export class FileStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder where there is none, and clears away what a crash has left unfinished. */
  static async open(folder: string): Promise<FileStore> {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) if (name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
    return new FileStore(folder);
  }

  /** Every stored channel. Rejects, with the name of the file, when one can't be read: a node must not start without it. */
  async read(): Promise<readonly StoredChannel[]> {
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(STORED)).sort();
    return Promise.all(names.map(async (name) => this.#decoded(name)));
  }

  /** Resolves when the bytes are durable. As a `Service` it is called for a channel when the call before has finished. */
  async store(channelId: ChannelId, bytes: Uint8Array): Promise<void> {
    const file = this.#file(channelId);
    const unfinished = `${file}${UNFINISHED}`;
    const handle = await open(unfinished, 'w');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    await this.#syncFolder();
  }

  async forget(channelId: ChannelId): Promise<void> {
    await rm(this.#file(channelId), { force: true });
    await this.#syncFolder();
  }

  #file(channelId: ChannelId): string {
    return join(this.#folder, `${channelId}${STORED}`);
  }

  async #decoded(name: string): Promise<StoredChannel> {
    const file = join(this.#folder, name);
    const decoded = decodeChannel(await readFile(file));
    if (!decoded.ok) throw new Error(`${file} holds no channel: ${decoded.error.field} ${decoded.error.detail}`);
    return decoded.value;
  }

  /** The new name is durable when the folder is. Where folders can't be opened (Windows) the system sees to it. */
  async #syncFolder(): Promise<void> {
    if (process.platform === 'win32') return;
    const handle = await open(this.#folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}
