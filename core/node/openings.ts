import { channelStep } from '../channel/channel.ts';
import { receiveOpenChannel } from '../channel/establish/accepter.ts';
import { startOpen } from '../channel/establish/opener.ts';
import type { ChannelState, OpeningState } from '../channel/model/state.ts';
import { isRefusal, isViolation } from '../channel/model/violation.ts';
import type { ChannelCommand, ChannelInput, ChannelOutput, OpenCommand } from '../channel/model/vocabulary.ts';
import type { ChannelId, PublicKey } from '../crypto/bytes.ts';
import type { OpenChannel } from '../wire/messages/index.ts';
import { reschedule } from '../time/deadlines.ts';
import { adopt, answerError } from './channels.ts';
import { channelEnv, draft } from './run.ts';
import type { Run } from './run.ts';
import { openingKey } from './vocabulary.ts';
import type { NodeState } from './vocabulary.ts';
import { drain } from './worklist.ts';
import type { RuleId, ViolableId } from '../rules.ts';

/** Channels on the way to their funding: not durable, and named by peer and temporary id. */

/** Openings that one peer may have under way at once: they cost memory and are not durable. */
export const MAX_OPENINGS_PER_PEER = 20;

export function openingsWith(state: NodeState, peer: PublicKey): readonly string[] {
  const keys: string[] = [];
  for (const [key, opening] of state.openings) if (opening.peer === peer) keys.push(key);
  return keys;
}

/** The opening that a command means. */
export function openingFor(state: NodeState, given: ChannelCommand): string | undefined {
  if ('peer' in given) {
    const key = openingKey(given.peer, given.channelId);
    return state.openings.has(key) ? key : undefined;
  }
  for (const [key, opening] of state.openings) if (opening.temporaryChannelId === given.channelId) return key;
  return undefined;
}

/** funding_signed is the first message that names the final id: our opening is found by the funding that it waits for. */
export function openingAwaiting(state: NodeState, peer: PublicKey, channelId: ChannelId): string | undefined {
  for (const [key, opening] of state.openings) {
    const { step } = opening;
    if (opening.peer === peer && step.kind === 'awaiting_funding_signed' && step.channelId === channelId) return key;
  }
  return undefined;
}

/** An opening takes one input; when it comes to be funded it becomes a channel, with its final id. */
export function stepOpening(run: Run, key: string, input: ChannelInput): void {
  const opening = run.state.openings.get(key);
  if (opening === undefined) return;
  const { state, effects } = channelStep(channelEnv(run, opening.peer), opening, input);
  adoptOpening(run, key, opening.peer, state, effects);
}

function adoptOpening(run: Run, key: string, peer: PublicKey, state: ChannelState, effects: readonly ChannelOutput[]): void {
  const openings = new Map(run.state.openings);
  if (state.phase === 'opening') openings.set(key, state);
  else openings.delete(key);
  const node = draft(run);
  node.openings = openings;
  node.deadlines = reschedule(node.deadlines, key, state.phase === 'opening' ? deadlineOf(run, state) : undefined);
  if (state.phase === 'opening' || state.phase === 'forgotten') {
    run.work.push(...effects);
    return drain(run);
  }
  if (run.state.channels.has(state.channelId)) {
    // The peer names a funding that another channel has: it must not get near that channel's state.
    answerError(
      run,
      peer,
      state.params.temporaryChannelId,
      'funding_created.funding_in_use',
      'the funding output belongs to another channel',
    );
    return;
  }
  adopt(run, state.channelId, { state, outbox: [], storedVersion: 0 }, state, effects);
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
  const inUse = run.state.openings.has(key) || run.state.channels.has(given.temporaryChannelId);
  if (run.state.peers.get(given.peer)?.features === undefined) return refuse('node.not_connected', 'the peer is not connected');
  if (inUse) return refuse('open_channel.temporary_channel_id', 'must be unique with this peer');
  const opened = startOpen(channelEnv(run, given.peer), given);
  if (isRefusal(opened)) return refuse(opened.rule, opened.detail);
  adoptOpening(run, key, given.peer, opened.state, opened.effects);
}

/** The peer opens a channel. */
export function receiveOpen(run: Run, peer: PublicKey, message: OpenChannel): void {
  const { temporaryChannelId } = message;
  const key = openingKey(peer, temporaryChannelId);
  const refuse = (rule: ViolableId, detail: string): void => answerError(run, peer, temporaryChannelId, rule, detail);
  if (run.state.openings.has(key)) return refuse('open_channel.temporary_channel_id', 'is in use');
  if (openingsWith(run.state, peer).length >= MAX_OPENINGS_PER_PEER)
    return refuse('open_channel.too_many', `${MAX_OPENINGS_PER_PEER} channels are being opened`);
  const opened = receiveOpenChannel(channelEnv(run, peer), peer, message);
  if (isViolation(opened)) return refuse(opened.rule, opened.detail);
  adoptOpening(run, key, peer, opened.state, opened.effects);
}
