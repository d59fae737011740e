import type { PublicKey } from '../crypto/bytes.ts';
import { featureBits } from '../wire/features.ts';
import { encodeMessage } from '../wire/messages/index.ts';
import type { ChannelAnnouncement, ChannelUpdate, NodeAnnouncement } from '../wire/messages/index.ts';
import { placeOfChannel } from '../wire/short-channel-id.ts';
import { hasSeveralHostnames } from './addresses.ts';
import { announcedOutput, checkChannelAnnouncement, misplacedAnnouncement } from './channel-announcement.ts';
import { checkChannelUpdate, directionOf, isForPeerOnly, policyOf } from './channel-update.ts';
import type { GossipPeer, OutputFound, WaitingUpdate } from './gossip-vocabulary.ts';
import { broken, draft, mayVerify, MS_PER_SECOND, waitUntil } from './intake.ts';
import type { Intake } from './intake.ts';
import { channelOf, hasChannel, nodeOf, withChannel, withNode } from './network-view.ts';
import type { PublicChannel } from './network-view.ts';
import { checkNodeAnnouncement } from './node-announcement.ts';
import { addNews } from './relay.ts';

/**
 * What peers say of the network, in the order of what it costs to judge: shape, whether it is known already, what the peer may cost, signatures, and
 * only then a question to the chain. What a third party has signed wrongly is not the fault of who brings it.
 */

/** BOLT 7: "if the output is close to 6 confirmations": our newest block may be late by one. */
const CONFIRMATIONS = 5;
const SIGNATURES_OF_CHANNEL = 4;
/** BOLT 7, Pruning: two weeks, in seconds. */
export const STALE_SECONDS = 1_209_600;
/** BOLT 7: further ahead of our clock is unreasonably far in the future, in seconds. */
const MAX_AHEAD_SECONDS = 86_400;

export function receiveChannel(run: Intake, peer: GossipPeer['id'], message: ChannelAnnouncement): void {
  const { env, state } = run;
  const { shortChannelId } = message;
  const misplaced = misplacedAnnouncement(message, env.chainHash);
  if (misplaced !== undefined) return broken(run, peer, misplaced.rule, misplaced.detail);
  // Told before, or asked for: the first to say so is enough.
  if (channelOf(state.view, shortChannelId) !== undefined || state.checks.has(shortChannelId)) return;
  const { blockHeight } = placeOfChannel(shortChannelId);
  const confirmations = state.height - blockHeight + 1;
  if (confirmations < CONFIRMATIONS) return broken(run, peer, 'channel_announcement.confirmations', `${confirmations} of 6`);
  if (state.checks.size >= env.limits.maxChecks) return broken(run, peer, 'gossip.checks', `${state.checks.size} questions are open`);
  if (!mayVerify(run, peer, SIGNATURES_OF_CHANNEL)) return broken(run, peer, 'gossip.verifications', message.type);
  const wrong = checkChannelAnnouncement(env.crypto, message, env.chainHash);
  if (wrong !== undefined) return broken(run, peer, wrong.rule, wrong.detail);
  const { nodeId1, nodeId2 } = message;
  const script = announcedOutput(env.crypto, message);
  // BOLT 9 assigns no feature to a channel_announcement: whichever it has, nobody here knows it.
  const isRoutable = featureBits(message.features).every((bit) => bit % 2 === 1);
  const check = {
    script,
    nodeId1,
    nodeId2,
    bytes: encodeMessage(message),
    isRoutable,
    from: peer,
    updates: [undefined, undefined],
  } as const;
  draft(run).checks = new Map(state.checks).set(shortChannelId, check);
  waitUntil(run, checkKey(shortChannelId), state.nowMs + env.limits.checkTimeoutMs);
  run.outputs.push({ kind: 'check_output', shortChannelId });
}

export function checkKey(shortChannelId: bigint): string {
  return `check ${shortChannelId}`;
}

/** The chain has answered: it stands, or it is forgotten. */
export function outputChecked(run: Intake, shortChannelId: bigint, found: OutputFound): void {
  const check = run.state.checks.get(shortChannelId);
  if (check === undefined) return;
  endCheck(run, shortChannelId);
  if (found?.script !== check.script) {
    const what = found === undefined ? 'there is none unspent' : `it pays to ${found.script}`;
    return broken(run, check.from, 'channel_announcement.output', what);
  }
  const { nodeId1, nodeId2, bytes, isRoutable } = check;
  takeSilent(run, { shortChannelId, nodeId1, nodeId2, capacitySat: found.amountSat, bytes, isRoutable });
  for (const update of check.updates) if (update !== undefined) receiveUpdate(run, update.from, update.message);
}

/** A channel of which no end has said anything yet. */
function takeSilent(run: Intake, known: Omit<PublicChannel, 'policy1' | 'policy2' | 'update1' | 'update2' | 'spentAt'>): void {
  const silent = { policy1: undefined, policy2: undefined, update1: undefined, update2: undefined, spentAt: undefined };
  draft(run).view = withChannel(run.state.view, known.shortChannelId, { ...known, ...silent });
}

/** It is not asked about any more: after the answer, or after too long. */
export function endCheck(run: Intake, shortChannelId: bigint): void {
  const checks = new Map(run.state.checks);
  checks.delete(shortChannelId);
  draft(run).checks = checks;
  waitUntil(run, checkKey(shortChannelId), undefined);
}

export function receiveUpdate(run: Intake, peer: PublicKey, message: ChannelUpdate): void {
  const { env, state } = run;
  const { shortChannelId, timestamp } = message;
  if (message.chainHash !== env.chainHash) return broken(run, peer, 'channel_update.chain_hash', message.chainHash);
  if (isForPeerOnly(message)) return broken(run, peer, 'channel_update.dont_forward', 'it is for the peer of the channel');
  const channel = channelOf(state.view, shortChannelId);
  if (channel === undefined) return receiveEarly(run, peer, message);
  const known = directionOf(message) === 0 ? channel.update1 : channel.update2;
  if (known !== undefined && known.timestamp >= timestamp) return;
  const seconds = Math.floor(state.nowMs / MS_PER_SECOND);
  if (timestamp - seconds > MAX_AHEAD_SECONDS) return broken(run, peer, 'gossip.timestamp', `${timestamp - seconds} seconds ahead`);
  if (seconds - timestamp > STALE_SECONDS) return;
  if (channel.spentAt !== undefined && !policyOf(message).disabled) return broken(run, peer, 'channel_update.spent', 'the output is spent');
  if (!mayVerify(run, peer, 1)) return broken(run, peer, 'gossip.verifications', message.type);
  const wrong = checkChannelUpdate(env.crypto, message, channel, env.chainHash);
  if (wrong !== undefined) return broken(run, peer, wrong.rule, wrong.detail);
  takeUpdate(run, peer, channel, message);
}

/** Of a channel that the chain is asked about: the newest of each direction waits for the answer. */
function receiveEarly(run: Intake, peer: PublicKey, message: ChannelUpdate): void {
  const { shortChannelId } = message;
  const check = run.state.checks.get(shortChannelId);
  if (check === undefined) return broken(run, peer, 'channel_update.unknown', `no channel ${shortChannelId} was announced`);
  const direction = directionOf(message);
  if ((check.updates[direction]?.message.timestamp ?? -1) >= message.timestamp) return;
  const waiting: WaitingUpdate = { message, from: peer };
  const updates = direction === 0 ? ([waiting, check.updates[1]] as const) : ([check.updates[0], waiting] as const);
  draft(run).checks = new Map(run.state.checks).set(shortChannelId, { ...check, updates });
}

function takeUpdate(run: Intake, from: PublicKey | undefined, channel: PublicChannel, message: ChannelUpdate): void {
  const { shortChannelId, timestamp } = message;
  const bytes = encodeMessage(message);
  const told = { timestamp, bytes };
  const policy = channel.isRoutable ? policyOf(message) : undefined;
  const isFirst = channel.update1 === undefined && channel.update2 === undefined;
  const direction = directionOf(message);
  const changed = direction === 0 ? { policy1: policy, update1: told } : { policy2: policy, update2: told };
  draft(run).view = withChannel(run.state.view, shortChannelId, { ...channel, ...changed });
  // BOLT 7: without an update the announcement is not sent, and it is considered with the first.
  if (from === undefined) return;
  if (isFirst) addNews(run, { key: `channel ${shortChannelId}`, bytes: channel.bytes, timestamp, from });
  addNews(run, { key: `update ${shortChannelId} ${direction}`, bytes, timestamp, from });
}

export function receiveNode(run: Intake, peer: PublicKey, message: NodeAnnouncement): void {
  const { env, state } = run;
  const { nodeId, timestamp } = message;
  if (!hasChannel(state.view, nodeId)) return broken(run, peer, 'node_announcement.unknown', `no channel of ${nodeId} was announced`);
  const known = nodeOf(state.view, nodeId);
  if (known !== undefined && known.timestamp >= timestamp) return;
  const ahead = timestamp - Math.floor(state.nowMs / MS_PER_SECOND);
  if (ahead > MAX_AHEAD_SECONDS) return broken(run, peer, 'gossip.timestamp', `${ahead} seconds ahead`);
  if (!mayVerify(run, peer, 1)) return broken(run, peer, 'gossip.verifications', message.type);
  const wrong = checkNodeAnnouncement(env.crypto, message);
  if (wrong !== undefined) return broken(run, peer, wrong.rule, wrong.detail);
  takeNode(run, peer, message);
}

function takeNode(run: Intake, from: PublicKey | undefined, message: NodeAnnouncement): void {
  const { nodeId, timestamp } = message;
  const bytes = encodeMessage(message);
  draft(run).view = withNode(run.state.view, nodeId, { timestamp, bytes });
  // BOLT 7: "if more than one type 5 address is announced: MUST not forward the node_announcement".
  if (from !== undefined && !hasSeveralHostnames(message.addresses)) addNews(run, { key: `node ${nodeId}`, bytes, timestamp, from });
}

/** What this node says of itself and its channels needs no proof, and its peers have heard it already. */
export function takeOwn(
  run: Intake,
  message: ChannelAnnouncement | ChannelUpdate | NodeAnnouncement,
  capacitySat: bigint | undefined,
): void {
  switch (message.type) {
    case 'channel_announcement':
      return takeOwnChannel(run, message, capacitySat);
    case 'channel_update': {
      const channel = channelOf(run.state.view, message.shortChannelId);
      if (channel !== undefined) takeUpdate(run, undefined, channel, message);
      return;
    }
    case 'node_announcement':
      return takeNode(run, undefined, message);
  }
}

function takeOwnChannel(run: Intake, message: ChannelAnnouncement, capacitySat: bigint | undefined): void {
  const { shortChannelId, nodeId1, nodeId2 } = message;
  if (channelOf(run.state.view, shortChannelId) !== undefined) return;
  if (run.state.checks.has(shortChannelId)) endCheck(run, shortChannelId);
  takeSilent(run, { shortChannelId, nodeId1, nodeId2, capacitySat, bytes: encodeMessage(message), isRoutable: true });
}
