import { isClosed } from '../../channel/model/ending.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';
import type { StoredChannel } from '../../channel/model/state.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { Instruction } from '../../onion/instruction.ts';
import type { NodeState } from '../node-vocabulary.ts';

/** The channel that an onion means; by its peer, the first that may be used. */
export function channelTo({ channels }: NodeState, next: Extract<Instruction, { kind: 'forward' }>['next']): ChannelId | undefined {
  for (const { state } of channels.values()) {
    const isMeant =
      'nodeId' in next ? state.params.peer === next.nodeId && isUsable(state) : shortChannelIdOfChannel(state) === next.shortChannelId;
    if (isMeant) return state.channelId;
  }
  return undefined;
}

/** BOLT 2, channel_ready: both have sent it. */
export function isUsable(state: StoredChannel): boolean {
  return state.phase === 'funded' && !isClosed(state) && state.lifecycle.readySent && state.lifecycle.readyReceived;
}
