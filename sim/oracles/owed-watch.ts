import type { Awaited } from '../../core/channel/model/state.ts';
import type { ChannelId } from '../../core/crypto/bytes.ts';
import type { StepRecord, WorldView } from '../scenario/types.ts';
import { statesOf } from '../world/channel-changes.ts';

interface Owed {
  readonly message: Awaited['message'];
  readonly number: bigint;
  /** Blocks that came while the node was there. */
  readonly blocks: number;
}

/**
 * For how many blocks a node has waited for what its peer owes. Those that came while it was down, of which it hears before it is connected to
 * anybody again, are none of them: nobody could have answered.
 */
export class OwedWatch {
  /** By node: the newest block that it has seen. */
  private readonly seen: Map<string, number>;
  private readonly away: Set<string>;
  /** By node and channel. */
  private readonly owed: Map<string, Owed>;

  constructor(from?: OwedWatch) {
    this.seen = new Map(from?.seen);
    this.away = new Set(from?.away);
    this.owed = new Map(from?.owed);
  }

  watch(world: WorldView, { node, input }: StepRecord): void {
    if (input.kind === 'connected') this.away.delete(node);
    else if (input.kind === 'restart') {
      this.away.add(node);
      this.count(world, node, 0);
    } else if (input.kind === 'chain') {
      const { height } = input.tip;
      const seen = this.seen.get(node) ?? height;
      this.seen.set(node, Math.max(seen, height));
      this.count(world, node, this.away.has(node) ? 0 : Math.max(0, height - seen));
    }
  }

  private count(world: WorldView, node: string, blocks: number): void {
    for (const [channelId, state] of statesOf(world, node)) {
      const key = `${node}/${channelId}`;
      const before = this.owed.get(key);
      const owed = state.phase === 'funded' ? state.lifecycle.awaited : undefined;
      const same = before !== undefined && owed?.message === before.message && owed.number === before.number;
      // One that fails in this very step does not show what it waited for any more.
      if (same || (before !== undefined && state.phase === 'failed'))
        this.owed.set(key, { message: before.message, number: before.number, blocks: before.blocks + blocks });
      else if (owed !== undefined)
        this.owed.set(key, { message: owed.message, number: owed.number, blocks: world.height(node) - owed.sinceHeight });
    }
  }

  blocks(node: string, channelId: ChannelId | undefined): number {
    return this.owed.get(`${node}/${channelId}`)?.blocks ?? 0;
  }
}
