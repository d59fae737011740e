import type { FundedBase } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import { hasCommitments, statesOf } from '../world/channel-changes.ts';

/** The version of the state that a node came back with: what it stores as it starts, knowing itself old or late, comes after that. */
export function restoredVersion({ effects }: StepRecord, { channelId, durability }: FundedBase): number {
  for (const effect of effects) if (effect.kind === 'store' && effect.channelId === channelId) return effect.version - 1;
  return durability.version;
}

/**
 * Channels of which a node came back with an older state than its disk had promised to keep, where the licence for that was drawn. What that
 * node says and holds from then on follows from nothing that others saw.
 */
export class StaleWatch {
  private readonly stale: Set<ChannelId>;
  /** By node and channel: the newest durable version. */
  private readonly durable: Map<string, number>;

  constructor(from?: StaleWatch) {
    this.stale = new Set(from?.stale);
    this.durable = new Map(from?.durable);
  }

  watch(world: WorldView, record: StepRecord): void {
    const { node, input } = record;
    // Copies of a world that is being set up may draw the licence: what was durable then counts for them, too.
    if (!world.licences.has('stale-backup') && world.at !== 'setup') return;
    if (input.kind === 'stored' && input.sink.kind === 'state') this.keep(node, input.channelId, input.version);
    else if (input.kind === 'restart') {
      const states = statesOf(world, node);
      for (const [key, version] of this.durable) {
        if (!key.startsWith(`${node}/`)) continue;
        const channelId = key.slice(node.length + 1) as ChannelId;
        const state = states.get(channelId);
        if (!hasCommitments(state) || restoredVersion(record, state) < version) this.stale.add(channelId);
      }
      // A write that a crash did not tear is durable too, although nobody was told: what the node says from now on follows from it.
      for (const [channelId, state] of states) if (hasCommitments(state)) this.keep(node, channelId, restoredVersion(record, state));
    }
  }

  private keep(node: string, channelId: ChannelId, version: number): void {
    const key = `${node}/${channelId}`;
    this.durable.set(key, Math.max(this.durable.get(key) ?? 0, version));
  }

  has(channelId: ChannelId | undefined): boolean {
    return channelId !== undefined && this.stale.has(channelId);
  }
}
