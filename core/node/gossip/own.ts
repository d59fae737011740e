import { announcementOf } from '../../channel/announce/announcement.ts';
import type { GossipOutput } from '../../channel/model/channel-vocabulary.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';
import type { PublicKey } from '../../crypto/bytes.ts';
import type { ChannelUpdate } from '../../wire/messages/index.ts';
import { channelsWith, stepChannel } from '../channels.ts';
import { channelEnv } from '../run.ts';
import type { Run } from '../run.ts';

/** What a node says of its own channels (BOLT 7): to every peer, whatever that wants to hear of others. */
export function giveToPeers(run: Run, { message }: GossipOutput): void {
  for (const { id: peer, features } of run.state.peers.values())
    if (features !== undefined) run.effects.push({ kind: 'send', peer, message });
}

/** A peer that has just said init hears of all that are announced. */
export function introduceChannels(run: Run, peer: PublicKey): void {
  for (const { state } of run.state.channels.values()) {
    if (state.phase !== 'funded') continue;
    const announcement = announcementOf(channelEnv(run, state.params.peer), state);
    const { update } = state.announcement;
    if (announcement === undefined || update === undefined) continue;
    for (const message of [announcement, update]) run.effects.push({ kind: 'send', peer, message });
  }
}

/** A channel_update of a channel that the peer has with us, announced or not. False where it means another. */
export function isOfOwnChannel(run: Run, peer: PublicKey, update: ChannelUpdate): boolean {
  for (const channelId of channelsWith(run.state, peer)) {
    const channel = run.state.channels.get(channelId)?.state;
    if (channel === undefined || shortChannelIdOfChannel(channel) !== update.shortChannelId) continue;
    stepChannel(run, channelId, { kind: 'peers_update', update });
    return true;
  }
  return false;
}
