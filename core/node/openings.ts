import { channelStep } from '../channel/channel.ts';
import { receiveOpenChannel } from '../channel/establish/accepter.ts';
import { startOpen } from '../channel/establish/opener.ts';
import type { ChannelState, OpeningState } from '../channel/model/state.ts';
import { isRefusal, isViolation } from '../channel/model/violation.ts';
import type { ChannelCommand, ChannelInput, ChannelOutput, OpenCommand } from '../channel/model/channel-vocabulary.ts';
import type { PublicKey } from '../crypto/bytes.ts';
import type { OpenChannel } from '../wire/messages/index.ts';
import { adopt, answer } from './channels.ts';
import { finalIdOf, isFree, isId, keysFault } from './ids.ts';
import { channelEnv, draft, waitUntil } from './run.ts';
import type { Run } from './run.ts';
import { openingKey } from './node-vocabulary.ts';
import type { NodeState } from './node-vocabulary.ts';
import { startWatching } from './watching/watching.ts';
import { drain } from './worklist.ts';
import type { RuleId, ViolableId } from '../rules.ts';

/** Channels on the way to their funding: not durable, and named by peer and temporary id. */

/** Openings that one peer may begin and have under way at once: they cost memory and are not durable. Those of our own host don't count. */
export const MAX_OPENINGS_PER_PEER = 20;

export function openingsWith(state: NodeState, peer: PublicKey): readonly string[] {
  const keys: string[] = [];
  for (const [key, opening] of state.openings) if (opening.peer === peer) keys.push(key);
  return keys;
}

/**
 * The opening that a command means. One that names no peer means a channel, where there is one of that id, and else the first to have it: a peer
 * that chooses what it has heard of comes later.
 */
export function openingFor({ openings, channels }: NodeState, given: ChannelCommand): string | undefined {
  const { channelId } = given;
  if ('peer' in given && given.peer !== undefined) {
    const key = openingKey(given.peer, channelId);
    return openings.has(key) ? key : undefined;
  }
  if (channels.has(channelId)) return undefined;
  for (const [key, { temporaryChannelId }] of openings) if (temporaryChannelId === channelId) return key;
  return undefined;
}

/**
 * An opening takes one input; when it comes to be funded it becomes a channel, with its final id. Whoever names the funding chooses that id:
 * one that means something else already is not taken.
 */
export function stepOpening(run: Run, key: string, input: ChannelInput): void {
  const opening = run.state.openings.get(key);
  if (opening === undefined) return;
  if (input.kind === 'command' && input.command.kind === 'accept') {
    const fault = keysFault(run.state, input.command.keysId);
    if (fault !== undefined) {
      run.effects.push({ kind: 'refused', command: 'accept', ...fault });
      return;
    }
  }
  const { peer } = opening;
  const { state, effects } = channelStep(channelEnv(run, peer), opening, input);
  const finalId = finalIdOf(state);
  if (finalId === undefined || finalId === finalIdOf(opening) || isFree(run.state, peer, finalId, key))
    return adoptOpening(run, key, state, effects);
  const rule = 'funding_created.funding_in_use';
  const detail = 'the funding output gives an id that is in use';
  if (input.kind === 'command') run.effects.push({ kind: 'refused', command: input.command.kind, rule, detail });
  else stepOpening(run, key, { kind: 'violated', rule, detail });
}

function adoptOpening(run: Run, key: string, state: ChannelState, effects: readonly ChannelOutput[]): void {
  const openings = new Map(run.state.openings);
  if (state.phase === 'opening') openings.set(key, state);
  else openings.delete(key);
  draft(run).openings = openings;
  waitUntil(run, key, state.phase === 'opening' ? deadlineOf(run, state) : undefined);
  if (state.phase === 'opening' || state.phase === 'forgotten') {
    run.work.push(...effects);
    return drain(run);
  }
  const { claiming } = run.env;
  const { tip } = state.chain;
  adopt(
    run,
    state.channelId,
    { state, outbox: [], storedVersion: 0, current: true, watching: claiming && startWatching(tip) },
    state,
    effects,
  );
}

/** An answer that the peer owes has a bound; one that the host owes has none. */
function deadlineOf(run: Run, { step }: OpeningState): number | undefined {
  switch (step.kind) {
    case 'awaiting_accept_channel':
    case 'awaiting_funding_created':
    case 'awaiting_funding_signed':
      return run.state.nowMs + run.env.config.openingTimeoutMs;
    case 'awaiting_host_accept':
    case 'awaiting_host_funding':
      return undefined;
  }
}

/** The host opens a channel. */
export function open(run: Run, given: OpenCommand): void {
  const refuse = (rule: RuleId, detail: string): void => {
    run.effects.push({ kind: 'refused', command: 'open', rule, detail });
  };
  const key = openingKey(given.peer, given.temporaryChannelId);
  if (run.state.peers.get(given.peer)?.features === undefined) return refuse('node.not_connected', 'the peer is not connected');
  if (!isId(given.temporaryChannelId) || !isFree(run.state, given.peer, given.temporaryChannelId))
    return refuse('open_channel.temporary_channel_id', 'must be 32 bytes in lower-case hex, unique with this peer, and not zero');
  const fault = keysFault(run.state, given.keysId);
  if (fault !== undefined) return refuse(fault.rule, fault.detail);
  const opened = startOpen(channelEnv(run, given.peer), given);
  if (isRefusal(opened)) return refuse(opened.rule, opened.detail);
  adoptOpening(run, key, opened.state, opened.effects);
}

/** The peer opens a channel. */
export function receiveOpen(run: Run, peer: PublicKey, message: OpenChannel): void {
  const { temporaryChannelId } = message;
  const key = openingKey(peer, temporaryChannelId);
  const refuse = (rule: ViolableId, detail: string): void => answer(run, peer, temporaryChannelId, rule, detail);
  if (!isFree(run.state, peer, temporaryChannelId)) return refuse('open_channel.temporary_channel_id', 'is in use, or zero');
  const begun = openingsWith(run.state, peer).filter((known) => run.state.openings.get(known)?.us === 'accepter');
  if (begun.length >= MAX_OPENINGS_PER_PEER) return refuse('open_channel.too_many', `${MAX_OPENINGS_PER_PEER} channels are being opened`);
  const opened = receiveOpenChannel(channelEnv(run, peer), peer, message);
  if (isViolation(opened)) return refuse(opened.rule, opened.detail);
  adoptOpening(run, key, opened.state, opened.effects);
}
