import { badAnnouncementSignature, signedAnnouncement, unsignedAnnouncement } from '../../gossip/channel-announcement.ts';
import type { ChannelToAnnounce, EndSignatures } from '../../gossip/channel-announcement.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelAnnouncement } from '../../wire/messages/index.ts';
import { after } from '../step/transition.ts';
import type { Transition } from '../step/transition.ts';
import { isClosed } from '../model/ending.ts';
import { onlyFunding } from '../model/fundings.ts';
import { settledPlace } from '../model/place.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import type { FundedState } from '../model/state.ts';

/** What a channel says of itself to everybody (BOLT 7, channel_announcement). */

/** Our end first. */
export function channelToAnnounce({ config, signer }: ChannelEnv, state: FundedState, shortChannelId: bigint): ChannelToAnnounce {
  const { us, peer } = state.params;
  const { fundingPubkeys } = onlyFunding(state).output;
  const ends = [
    { nodeId: signer.nodeId, fundingPubkey: fundingPubkeys[us] },
    { nodeId: peer, fundingPubkey: fundingPubkeys[other(us)] },
  ] as const;
  // BOLT 9 assigns no feature to a channel_announcement.
  return { chainHash: config.chainHash, shortChannelId, features: '', ends };
}

/** Whether the peer has signed what we would. */
export function peersFault(env: ChannelEnv, state: FundedState, shortChannelId: bigint, signatures: EndSignatures): string | undefined {
  const channel = channelToAnnounce(env, state, shortChannelId);
  return badAnnouncementSignature(env.crypto, unsignedAnnouncement(channel), signatures, channel.ends[1]);
}

/** Whether both have signed the announcement, the funding is deep enough, and the channel is not at its end. */
export function isAnnounced(state: FundedState): boolean {
  const { own, peers } = state.announcement;
  if (own?.signatures === undefined || peers === undefined || own.shortChannelId !== peers.shortChannelId) return false;
  return settledPlace(state) === own.shortChannelId && !isClosed(state);
}

/** For everybody: undefined while it is not announced. */
export function announcementOf(env: ChannelEnv, state: FundedState): ChannelAnnouncement | undefined {
  const { own, peers } = state.announcement;
  if (own?.signatures === undefined || peers === undefined || !isAnnounced(state)) return undefined;
  return signedAnnouncement(channelToAnnounce(env, state, own.shortChannelId), [own.signatures, peers]);
}

/** The announcement, and what we ask for: without a channel_update it is of no use to anybody (BOLT 7). */
export function giveOut(out: Transition<FundedState>): void {
  const { channelId, announcement } = out.state;
  const message = announcementOf(out.env, out.state);
  if (message === undefined || announcement.update === undefined) return;
  for (const each of [message, announcement.update]) out.effects.push({ kind: 'gossip', channelId, message: each, after: after(out) });
}
