import type { ChannelId } from '../../core/crypto/bytes.ts';

type Work = () => void | Promise<void>;

/** The writes of each channel, one at a time and the newest last; of those that wait only the newest is made. */
export class StoreQueue {
  /** The write that waits behind the one under way. */
  readonly #waiting = new Map<ChannelId, Work | undefined>();

  /** Writes now where nothing of this channel is under way, and otherwise instead of what waits. `work` handles its own failure. */
  put(channelId: ChannelId, work: Work): void {
    if (this.#waiting.has(channelId)) {
      this.#waiting.set(channelId, work);
      return;
    }
    const writing = work();
    if (writing === undefined) return;
    this.#waiting.set(channelId, undefined);
    void this.#rest(channelId, writing);
  }

  async #rest(channelId: ChannelId, first: Promise<void>): Promise<void> {
    await first;
    for (let work = this.#waiting.get(channelId); work !== undefined; work = this.#waiting.get(channelId)) {
      this.#waiting.set(channelId, undefined);
      await work();
    }
    this.#waiting.delete(channelId);
  }
}
