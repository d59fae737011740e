import { checkChannelUpdate, compareUpdates, directionOf, isForPeerOnly, saySame, unsignedUpdate } from '../../gossip/channel-update.ts';
import type { ChannelPolicy, ForwardingPolicy } from '../../gossip/channel-update.ts';
import { least, most, msatOf } from '../../bitcoin/amounts.ts';
import type { Signature } from '../../crypto/bytes.ts';
import { other } from '../../transactions/types.ts';
import type { ChannelUpdate } from '../../wire/messages/index.ts';
import type { Answer } from '../model/duties.ts';
import type { ChannelCommand, ChannelConfig, ChannelEnv } from '../model/channel-vocabulary.ts';
import { isClosed } from '../model/ending.ts';
import { onlyFunding } from '../model/fundings.ts';
import { shortChannelIdOfChannel } from '../model/place.ts';
import type { FundedState, StoredChannel } from '../model/state.ts';
import type { Refusal, Violation } from '../model/violation.ts';
import { refusal, violation } from '../model/violation.ts';
import { draftAnnouncement } from '../step/draft.ts';
import type { Transition } from '../step/transition.ts';
import { ask, persist, send } from '../step/transition.ts';
import { giveOut, isAnnounced } from './announcement.ts';

/** BOLT 7, channel_update of this channel: ours, and the peer's. */

/** BOLT 7: "SHOULD keep accepting the previous channel parameters for 10 minutes". */
export const OLD_POLICY_MS = 600_000;
/** After two weeks others may prune the channel (BOLT 7): ours is made anew after one. In seconds. */
export const FRESH_SECONDS = 604_800;
/** A peer's further ahead of our clock than this is discarded, in seconds. */
export const MAX_AHEAD_SECONDS = 86_400;

const MS_PER_SECOND = 1000;

/** What we ask for now, where our host has said so for this channel or for all; within what the channel can carry and its peer takes. */
export function policyOfChannel({ relay }: ChannelConfig, state: StoredChannel): ForwardingPolicy {
  const asked = (state.phase === 'funded' ? state.announcement.policy : undefined) ?? relay;
  const { htlcMinimumMsat, maxHtlcValueInFlightMsat } = state.params.parties[other(state.params.us)];
  const capacityMsat = msatOf(onlyFunding(state).output.amountSat);
  const htlcMaximumMsat = least(least(asked.htlcMaximumMsat, capacityMsat), maxHtlcValueInFlightMsat);
  return {
    cltvExpiryDelta: asked.cltvExpiryDelta,
    htlcMinimumMsat: least(most(asked.htlcMinimumMsat, htlcMinimumMsat), htlcMaximumMsat),
    htlcMaximumMsat,
    feeBaseMsat: asked.feeBaseMsat,
    feeProportionalMillionths: asked.feeProportionalMillionths,
  };
}

/** Whether the host's wish for a policy can be written into a channel_update, and kept. */
function badPolicy({ payments, fulfillDeadlineBlocks, htlcGraceBlocks }: ChannelConfig, policy: ForwardingPolicy): Refusal | undefined {
  const { htlcMinimumMsat, htlcMaximumMsat, cltvExpiryDelta, feeBaseMsat, feeProportionalMillionths } = policy;
  if (htlcMinimumMsat > htlcMaximumMsat)
    return refusal('channel_update.htlc_minimum_msat', `${htlcMinimumMsat} is more than htlc_maximum_msat, ${htlcMaximumMsat}`);
  const isBelow = (value: number, limit: number): boolean => Number.isInteger(value) && value >= 0 && value < limit;
  if (!isBelow(cltvExpiryDelta, 2 ** 16) || !isBelow(feeBaseMsat, 2 ** 32) || !isBelow(feeProportionalMillionths, 2 ** 32))
    return refusal('channel_update.unwritable', 'a delta of 16 bits and fees of 32 bits are all that a channel_update can say');
  if (htlcMinimumMsat < 0n || htlcMaximumMsat >= 2n ** 64n) return refusal('channel_update.unwritable', 'an amount that is no u64');
  const givenUp = fulfillDeadlineBlocks + htlcGraceBlocks;
  if (payments === 'node' && cltvExpiryDelta <= givenUp)
    return refusal('channel_update.cltv_expiry_delta', `${cltvExpiryDelta} blocks, an HTLC is given up ${givenUp} before its expiry`);
  return undefined;
}

/** The host asks for something else than before. */
export function setPolicy(out: Transition<FundedState>, { policy }: Extract<ChannelCommand, { kind: 'policy' }>): Refusal | undefined {
  const { env, state } = out;
  const bad = badPolicy(env.config, policy);
  if (bad !== undefined) return bad;
  const before = { policy: policyOfChannel(env.config, state), untilMs: env.nowMs + OLD_POLICY_MS };
  const announcement = draftAnnouncement(out);
  announcement.before = before;
  announcement.policy = policy;
  persist(out);
  return undefined;
}

/** What an HTLC to be forwarded may keep: what is asked for now, and for a while what was before. */
export function acceptedPolicies(config: ChannelConfig, state: StoredChannel, nowMs: number): readonly ForwardingPolicy[] {
  const now = policyOfChannel(config, state);
  const before = state.phase === 'funded' ? state.announcement.before : undefined;
  return before === undefined || before.untilMs < nowMs ? [now] : [now, before.policy];
}

/** What our channel_update is to say: undefined where none is due. */
function wanted({ config }: ChannelEnv, state: FundedState): { readonly policy: ChannelPolicy; readonly dontForward: boolean } | undefined {
  const isPrivate = !isAnnounced(state);
  if (isPrivate && state.announcement.policy === undefined) return undefined;
  // BOLT 7: "MUST NOT send a created channel_update before channel_ready has been received".
  if (!state.lifecycle.readyReceived || isClosed(state)) return undefined;
  return { policy: { ...policyOfChannel(config, state), disabled: state.closing.sent !== undefined }, dontForward: isPrivate };
}

/** After any step: a channel_update is made where none says what is asked for, or the newest is a week old. */
export function keepUpdate(out: Transition<FundedState>): void {
  const { env, state } = out;
  const saying = wanted(env, state);
  const shortChannelId = saying && shortChannelIdOfChannel(state);
  if (saying === undefined || shortChannelId === undefined) return;
  const newest = state.announcement.unsigned ?? state.announcement.update;
  const nowSeconds = Math.floor(env.nowMs / MS_PER_SECOND);
  const timestamp = Math.max(nowSeconds, (newest?.timestamp ?? 0) + 1);
  const { nodeId: from } = env.signer;
  const update = unsignedUpdate({ chainHash: env.config.chainHash, shortChannelId, timestamp, from, to: state.params.peer, ...saying });
  if (newest !== undefined && saySame(newest, update) && nowSeconds - newest.timestamp < FRESH_SECONDS) return;
  const signature = env.signer.signUpdate(update);
  if (signature !== undefined) return tell(out, update, signature);
  draftAnnouncement(out).unsigned = update;
  persist(out);
  ask(out, { kind: 'sign_update', update });
}

function tell(out: Transition<FundedState>, unsigned: ChannelUpdate, signature: Signature): void {
  const announcement = draftAnnouncement(out);
  announcement.update = { ...unsigned, signature };
  announcement.unsigned = undefined;
  persist(out);
  giveOut(out);
  tellPeer(out);
}

/** Of a channel that is not announced, our channel_update is for the peer alone: when it is new, and in each connection. */
export function tellPeer(out: Transition<FundedState>): void {
  const { update } = out.state.announcement;
  if (update !== undefined && isForPeerOnly(update) && out.state.lifecycle.connection === 'connected') send(out, update);
}

export function signedUpdate(out: Transition<FundedState>, { timestamp, signature }: Extract<Answer, { kind: 'sign_update' }>): void {
  const { unsigned } = out.state.announcement;
  if (unsigned?.timestamp === timestamp) tell(out, unsigned, signature);
}

/** BOLT 7, the receiver: "SHOULD accept channel_updates for its own channels (even if non-public)". */
export function receivePeersUpdate(out: Transition<FundedState>, update: ChannelUpdate): Violation | undefined {
  const { env, state } = out;
  const [ours, peers] = [env.signer.nodeId, state.params.peer];
  // Our own, come back.
  if ((directionOf(update) === 0) !== peers < ours) return undefined;
  const ends = ours < peers ? { nodeId1: ours, nodeId2: peers } : { nodeId1: peers, nodeId2: ours };
  const wrong = checkChannelUpdate(env.crypto, update, ends, env.config.chainHash);
  if (wrong !== undefined) return violation(wrong.rule, wrong.detail);
  const ahead = update.timestamp - Math.floor(env.nowMs / MS_PER_SECOND);
  if (ahead > MAX_AHEAD_SECONDS) return violation('channel_update.timestamp', `${ahead} seconds ahead`);
  const { peersUpdate } = state.announcement;
  if (peersUpdate !== undefined && compareUpdates(peersUpdate, update) !== 'newer') return undefined;
  draftAnnouncement(out).peersUpdate = withoutExtension(update);
  persist(out);
  return undefined;
}

/** What the channel makes use of; whoever relays it keeps it whole. */
function withoutExtension(update: ChannelUpdate): ChannelUpdate {
  const { type, signature, chainHash, shortChannelId, timestamp, messageFlags, channelFlags } = update;
  const { cltvExpiryDelta, htlcMinimumMsat, feeBaseMsat, feeProportionalMillionths, htlcMaximumMsat } = update;
  const head = { type, signature, chainHash, shortChannelId, timestamp, messageFlags, channelFlags };
  return { ...head, cltvExpiryDelta, htlcMinimumMsat, feeBaseMsat, feeProportionalMillionths, htlcMaximumMsat };
}
