import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { MonitorUpdate } from '../../core/knowledge/updates.ts';

/** A monitor update that has reached a watcher, and what had reached it before. */
export interface Told {
  readonly channelId: ChannelId;
  readonly watcher: string;
  readonly id: number;
  readonly update: MonitorUpdate;
  readonly before: Told | undefined;
  /** The largest number so far. */
  readonly newestId: number;
}
