import { announcementOf } from '../../channel/announce/announcement.ts';
import type { GossipOutput } from '../../channel/model/channel-vocabulary.ts';
import { onlyFunding } from '../../channel/model/fundings.ts';
import { shortChannelIdOfChannel } from '../../channel/model/place.ts';
import type { PublicKey } from '../../crypto/bytes.ts';
import { checkNodeAnnouncement } from '../../gossip/node-announcement.ts';
import type { ChannelUpdate, NodeAnnouncement } from '../../wire/messages/index.ts';
import { channelsWith, stepChannel } from '../channels.ts';
import type { AnnounceNodeCommand } from '../node-vocabulary.ts';
import { channelEnv, draft } from '../run.ts';
import type { Run } from '../run.ts';

/** What a node says of itself and its own channels (BOLT 7): to every peer, whatever that wants to hear of others. */

export function sendToAll(run: Run, message: GossipOutput['message'] | NodeAnnouncement): void {
  for (const { id: peer, features } of run.state.peers.values())
    if (features !== undefined) run.effects.push({ kind: 'send', peer, message });
}

/** In satoshis, of the channel that is announced. */
export function capacityOf(run: Run, { channelId }: GossipOutput): bigint | undefined {
  const channel = run.state.channels.get(channelId)?.state;
  return channel && onlyFunding(channel).output.amountSat;
}

/** A peer that has just said init hears of all that are announced, and then of the node. */
export function introduce(run: Run, peer: PublicKey): void {
  let hasChannel = false;
  for (const { state } of run.state.channels.values()) {
    if (state.phase !== 'funded') continue;
    const announcement = announcementOf(channelEnv(run, state.params.peer), state);
    const { update } = state.announcement;
    if (announcement === undefined || update === undefined) continue;
    for (const message of [announcement, update]) run.effects.push({ kind: 'send', peer, message });
    hasChannel = true;
  }
  const { ownNode: message } = run.state;
  // BOLT 7: without a channel_announcement before it nobody takes it.
  if (hasChannel && message !== undefined) run.effects.push({ kind: 'send', peer, message });
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

/** The host says what is to be said of the node; undefined where it is taken, else why not. */
export function announceNode(run: Run, { announcement }: AnnounceNodeCommand): NodeAnnouncement | undefined {
  const refuse = (detail: string): undefined => {
    run.effects.push({ kind: 'refused', command: 'announce_node', rule: 'node.not_announced', detail });
    return undefined;
  };
  const { crypto, signer } = run.env;
  if (announcement.nodeId !== signer.nodeId) return refuse(`${announcement.nodeId} is not this node`);
  const before = run.state.ownNode?.timestamp ?? 0;
  if (announcement.timestamp <= before) return refuse(`a timestamp of ${announcement.timestamp}, the one before has ${before}`);
  const wrong = checkNodeAnnouncement(crypto, announcement);
  if (wrong !== undefined) return refuse(`${wrong.rule}: ${wrong.detail}`);
  draft(run).ownNode = announcement;
  sendToAll(run, announcement);
  return announcement;
}
