import type { FundedState } from '../../../core/channel/model/state.ts';
import { isClosed } from '../../../core/channel/model/ending.ts';
import type { ChannelInfo, Finding, StepRecord, WorldView } from '../../scenario/types.ts';
import { isShuttingDown } from '../../world/channel-changes.ts';
import { report } from './left.ts';

/** What hosts have heard of channels that can be used: once channel_ready is exchanged, and again in each connection. */
export class UsableWatch {
  /** By node and channel, in this connection. */
  private readonly told: Set<string>;

  constructor(from?: UsableWatch) {
    this.told = new Set(from?.told);
  }

  watch(world: WorldView, { node, input, effects }: StepRecord): void {
    if (input.kind === 'crash' || input.kind === 'restart') this.lost(world, node);
    if (input.kind === 'disconnected') this.lost(world, node, world.nodeName(input.peer));
    for (const effect of effects) {
      if (effect.kind === 'disconnect') this.lost(world, node, world.nodeName(effect.peer));
      if (effect.kind !== 'notify') continue;
      const { event } = effect;
      if (event.kind === 'usable' || (event.kind === 'event' && event.event.kind === 'channel_usable'))
        this.told.add(`${node}/${effect.channelId}`);
    }
  }

  private lost(world: WorldView, node: string, peer?: string): void {
    for (const { opener, accepter, channelId } of world.channels) {
      if (opener !== node && accepter !== node) continue;
      if (peer === undefined || opener === peer || accepter === peer) this.told.delete(`${node}/${channelId}`);
    }
  }

  untold(world: WorldView, info: ChannelInfo, node: string, state: FundedState): Finding | undefined {
    const { lifecycle, channelId } = state;
    if (isShuttingDown(state) || isClosed(state) || lifecycle.connection !== 'connected' || this.told.has(`${node}/${channelId}`))
      return undefined;
    const message = `${node} can use ${info.name} again since it was reconnected, and its host has not heard so`;
    return report(world, 'channel', 'usable-never-told', info, message, 'usable', 'nothing', node);
  }
}
