import type { StoredChannel } from '../../../core/channel/model/state.ts';
import type { ChannelId } from '../../../core/crypto/bytes.ts';
import type { StepRecord, WorldView } from '../../scenario/types.ts';
import { hasCommitments, statesOf, storedState } from '../../world/channel-changes.ts';

interface Written {
  readonly version: number;
  readonly state: StoredChannel;
}

/** Of one channel at one node. */
interface Disk {
  readonly durable: StoredChannel | undefined;
  /** Under way, oldest first. */
  readonly writes: readonly Written[];
}

const NOTHING: Disk = { durable: undefined, writes: [] };

/** What a crash would leave of each node's channels. */
export class DurableStates {
  private readonly disks: Map<string, Map<ChannelId, Disk>>;

  constructor(from?: DurableStates) {
    this.disks = new Map([...(from?.disks ?? [])].map(([node, channels]) => [node, new Map(channels)]));
  }

  watch(world: WorldView, { node, input, effects }: StepRecord): void {
    if (input.kind === 'stored' && input.sink.kind === 'state') this.finish(node, input.channelId, input.version);
    if (input.kind === 'crash') this.disks.delete(node);
    if (input.kind === 'restart') {
      // Also what was under way, and has survived.
      for (const [channelId, state] of statesOf(world, node))
        if (hasCommitments(state)) this.channels(node).set(channelId, { durable: state, writes: [] });
    }
    for (const effect of effects) {
      if (effect.kind === 'forget') this.channels(node).delete(effect.channelId);
      if (effect.kind !== 'store') continue;
      const state = storedState(world.driver(node), effect);
      if (state === undefined) continue;
      const channels = this.channels(node);
      const { durable, writes } = channels.get(effect.channelId) ?? NOTHING;
      channels.set(effect.channelId, { durable, writes: [...writes, { version: effect.version, state }] });
    }
  }

  of(node: string): ReadonlyMap<ChannelId, StoredChannel> {
    const out = new Map<ChannelId, StoredChannel>();
    for (const [channelId, { durable }] of this.disks.get(node) ?? []) if (durable !== undefined) out.set(channelId, durable);
    return out;
  }

  private finish(node: string, channelId: ChannelId, version: number): void {
    const channels = this.channels(node);
    const { durable, writes } = channels.get(channelId) ?? NOTHING;
    const done = writes.findLast((write) => write.version <= version)?.state ?? durable;
    channels.set(channelId, { durable: done, writes: writes.filter((write) => write.version > version) });
  }

  private channels(node: string): Map<ChannelId, Disk> {
    const known = this.disks.get(node);
    if (known !== undefined) return known;
    const fresh = new Map<ChannelId, Disk>();
    this.disks.set(node, fresh);
    return fresh;
  }
}
