import { sendable } from '../../channel/operate/sendable.ts';
import type { ChannelId } from '../../crypto/bytes.ts';
import type { OwnChannel } from '../../payments/commands.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';
import { channelEnv } from '../run.ts';
import type { Run } from '../run.ts';

/** The channels that a payment may leave by now, with what they can carry. */
export function ownChannels(run: Run): readonly OwnChannel[] {
  const channels: OwnChannel[] = [];
  for (const { state } of run.state.channels.values()) {
    if (state.phase !== 'funded') continue;
    const { peer } = state.params;
    const shortChannelId = shortChannelIdOfChannel(state);
    const range = shortChannelId === undefined ? undefined : sendable(channelEnv(run, peer), state);
    if (shortChannelId !== undefined && range !== undefined) channels.push({ shortChannelId, peer, ...range });
  }
  return channels;
}

export function channelOfShortId({ state }: Run, shortChannelId: bigint): ChannelId | undefined {
  for (const { state: channel } of state.channels.values())
    if (channel.phase === 'funded' && shortChannelIdOfChannel(channel) === shortChannelId) return channel.channelId;
  return undefined;
}
