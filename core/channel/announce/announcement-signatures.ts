import { unsignedAnnouncement } from '../../gossip/channel-announcement.ts';
import type { AnnouncementSignatures } from '../../wire/messages/index.ts';
import { draftAnnouncement } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { ask, persist, send } from '../step/transition.ts';
import { errorData } from '../fail/fail-channel.ts';
import type { Answer, Duty } from '../model/duties.ts';
import type { OwnSignatures } from '../model/announcement.ts';
import type { ChannelEnv } from '../model/channel-vocabulary.ts';
import { settledPlace, shortChannelIdOfChannel } from '../model/place.ts';
import type { FundedState } from '../model/state.ts';
import type { Violation } from '../model/violation.ts';
import { ruleText, violation } from '../model/violation.ts';
import { channelToAnnounce, peersFault } from './announcement.ts';

/** BOLT 7, announcement_signatures. */

/**
 * The place for which ours are due, whether they have left or not: both have sent channel_ready, the funding won't be reorganized, and no
 * shutdown of ours has been sent.
 */
function placeToSign(state: FundedState): bigint | undefined {
  const { params, lifecycle, closing } = state;
  if (!params.announce || !lifecycle.readySent || !lifecycle.readyReceived || closing.sent !== undefined) return undefined;
  return settledPlace(state);
}

/**
 * After any step of a connected channel. Ours leave when they are made; in a later connection as long as the peer's have not come, or as an
 * answer to the peer's: once in each, or two nodes would answer each other for ever.
 */
export function sendDueSignatures(out: Transition<FundedState>): void {
  const place = placeToSign(out.state);
  if (place === undefined) return;
  const isNew = out.state.announcement.own?.shortChannelId !== place;
  if (isNew) signOwn(out, place);
  const { own, peers, sentFor, askedFor } = out.state.announcement;
  if (own?.signatures === undefined || sentFor === place) return;
  if (!isNew && peers?.shortChannelId === place && askedFor !== place) return;
  sendOwn(out, own);
}

function signOwn(out: Transition<FundedState>, place: bigint): void {
  const duty = announcementDuty(out.env, out.state, place);
  const signatures = out.env.signer.signAnnouncement(duty.keysId, duty.announcement);
  draftAnnouncement(out).own = { shortChannelId: place, signatures };
  persist(out);
  if (signatures === undefined) ask(out, duty);
}

function sendOwn(out: Transition<FundedState>, { shortChannelId, signatures }: OwnSignatures): void {
  if (signatures === undefined) return;
  const { nodeSignature, bitcoinSignature } = signatures;
  draftAnnouncement(out).sentFor = shortChannelId;
  send(out, { type: 'announcement_signatures', channelId: out.state.channelId, shortChannelId, nodeSignature, bitcoinSignature });
}

function announcementDuty(env: ChannelEnv, state: FundedState, place: bigint): Extract<Duty, { kind: 'sign_announcement' }> {
  const announcement = unsignedAnnouncement(channelToAnnounce(env, state, place));
  return { kind: 'sign_announcement', keysId: state.params.keysId, announcement };
}

/** What our signer was asked for and has not signed: asked again after a restart. */
export function awaitedSignatures(env: ChannelEnv, state: FundedState): Duty | undefined {
  const { own } = state.announcement;
  return own === undefined || own.signatures !== undefined ? undefined : announcementDuty(env, state, own.shortChannelId);
}

/** Our signer has signed: they leave as soon as there is a connection. */
export function signedAnnouncement(
  out: Transition<FundedState>,
  { shortChannelId, signatures }: Extract<Answer, { kind: 'sign_announcement' }>,
): void {
  const { own } = out.state.announcement;
  if (own?.shortChannelId !== shortChannelId || own.signatures !== undefined) return;
  const signed = { shortChannelId, signatures };
  draftAnnouncement(out).own = signed;
  persist(out);
  if (out.state.lifecycle.connection === 'connected' && placeToSign(out.state) === shortChannelId) sendOwn(out, signed);
}

/** The receiver: what the peer has seen of the chain and we have not is kept, and looked at when we see it (`placeSeen`). */
export function receiveAnnouncementSignatures(out: Transition<FundedState>, message: AnnouncementSignatures): Violation | undefined {
  const { env, state } = out;
  const { shortChannelId, nodeSignature, bitcoinSignature } = message;
  if (!state.params.announce) return violation('announcement_signatures.private', 'announce_channel was not set');
  const place = shortChannelIdOfChannel(state);
  if (place !== undefined && place !== shortChannelId)
    return violation('announcement_signatures.short_channel_id', `${shortChannelId}, the funding stands at ${place}`);
  const fault = place === undefined ? undefined : peersFault(env, state, place, message);
  if (fault !== undefined) return violation('announcement_signatures.signature', fault);
  const { peers } = state.announcement;
  draftAnnouncement(out).askedFor = shortChannelId;
  const isKnown =
    peers?.shortChannelId === shortChannelId && peers.nodeSignature === nodeSignature && peers.bitcoinSignature === bitcoinSignature;
  if (isKnown) return undefined;
  draftAnnouncement(out).peers = { shortChannelId, nodeSignature, bitcoinSignature };
  persist(out);
  return undefined;
}

/** The funding stands somewhere else than before: the peer's signatures are for there, or are no good. */
export function placeSeen(out: Transition<FundedState>): void {
  const { env, state } = out;
  const { peers } = state.announcement;
  const place = shortChannelIdOfChannel(state);
  if (peers === undefined || place === undefined) return;
  const fault = peers.shortChannelId === place ? peersFault(env, state, place, peers) : undefined;
  if (fault === undefined && peers.shortChannelId === place) return;
  draftAnnouncement(out).peers = undefined;
  persist(out);
  if (fault === undefined) return;
  const { channelId, params } = state;
  const wrong = violation('announcement_signatures.signature', fault);
  out.effects.push({ kind: 'violated', peer: params.peer, channelId, rule: wrong.rule, detail: wrong.detail });
  out.effects.push({ kind: 'send', peer: params.peer, message: { type: 'warning', channelId, data: errorData(ruleText(wrong)) } });
}
