import type { HtlcResolution } from '../../channel/model/state.ts';
import { forwards } from '../../channel/model/origin.ts';
import type { Origin } from '../../channel/model/origin.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { NodeState } from '../node-vocabulary.ts';

/** What names an incoming HTLC: there is at most one at any time. */
export type Link =
  /** It waits in this node for its channel. */
  | { readonly kind: 'waiting'; readonly channelId: ChannelId }
  /** It stands in the log of its channel, or in a commitment. */
  | { readonly kind: 'offered'; readonly channelId: ChannelId }
  /** It has ended, and that is not acknowledged. */
  | { readonly kind: 'resolved'; readonly channelId: ChannelId; readonly eventId: number; readonly resolution: HtlcResolution };

/** The outgoing HTLC of an incoming one: read off the channels, nothing else knows of it. */
export function linkOf({ channels, waiting }: NodeState, incoming: ChannelId, htlcId: bigint): Link | undefined {
  const names = (origin: Origin): boolean => forwards(origin, incoming, htlcId);
  for (const { state } of channels.values()) {
    const { channelId, host } = state;
    for (const { id: eventId, event } of host.events)
      if ('origin' in event && names(event.origin)) return { kind: 'resolved', channelId, eventId, resolution: event };
    if (host.offered.some(({ origin }) => names(origin))) return { kind: 'offered', channelId };
  }
  for (const [channelId, adds] of waiting) if (adds.some(({ add }) => names(add.origin))) return { kind: 'waiting', channelId };
  return undefined;
}
