import type { ChainPoint } from '../chain/update.ts';
import type { ChannelId } from '../crypto/bytes.ts';
import * as codec from '../wire/codec.ts';
import type { RuleId } from '../rules.ts';
import { MAX_WATCHED_CHANNELS, wordsToDevice, wordsToWatcher } from './messages.ts';
import type { Content, Copy, ToDevice, ToWatcher } from './messages.ts';
import { open, seal } from './seal.ts';
import { NO_EPOCH, sameEpoch, signHeld } from './statements.ts';
import type { Epoch, Held, Prefix } from './statements.ts';
import type { RemoteEnv, RemoteOutput, RemoteState, RemoteStep } from './watchers-vocabulary.ts';

/** What every watcher elsewhere has in common: whom it listens to, and what it says that it holds. */

/** A channel of either kind of watcher. */
interface Watched {
  readonly prefix: Prefix;
}

/** What a kind of watcher makes of the words that concern a channel. Undefined where they are for the other kind. */
export interface Kind<C extends Watched> {
  /** A channel that joins, or is told whole; `before`: what there was of it. */
  join(env: RemoteEnv, channelId: ChannelId, tip: ChainPoint, words: Joining, before: C | undefined): Learned<C> | undefined;
  /** With the next update, which has this content; what follows from it. */
  learn(env: RemoteEnv, channelId: ChannelId, channel: C, content: Content): Learned<C> | undefined;
  /** All that it knows, for another. */
  copyOf(channel: C): Copy;
  /** What the device is to hear again whenever it begins. */
  repeats(env: RemoteEnv, channelId: ChannelId, channel: C): readonly Repeated[];
}

export type Joining = Pick<Extract<ToWatcher, { kind: 'join' }>, 'mandate' | 'copy'>;

export interface Learned<C> {
  readonly channel: C;
  readonly effects: readonly RemoteOutput<C>[];
}

export type Repeated = Omit<Extract<ToDevice, { kind: 'preimage' }>, 'answers' | 'epoch'>;

/** A watcher that no device has spoken to. `tip`: the newest block that its source has told it of. */
export function createRemote<C>(tip: ChainPoint): RemoteState<C> {
  return { epoch: NO_EPOCH, heard: 0, tip, channels: new Map() };
}

/**
 * What was durable. `tips`: the newest block of each channel, and the one that the source had told of: the host goes on from the lowest. No serial
 * of the device's is remembered, and none need be.
 */
export function restoreRemote<C>(
  tips: readonly [ChainPoint, ...ChainPoint[]],
  epoch: Epoch,
  channels: ReadonlyMap<ChannelId, C>,
): RemoteState<C> {
  const tip = tips.reduce((a, b) => (b.height < a.height ? b : a));
  return { epoch, heard: 0, tip, channels };
}

export function say<C>(env: RemoteEnv, { epoch, heard }: RemoteState<C>, words: Repeated | Unaddressed): RemoteOutput<C> {
  const addressed = { ...words, answers: heard, epoch } as ToDevice;
  return { kind: 'send', bytes: seal(env, env.link.toDevice, codec.encode(wordsToDevice, addressed)) };
}

type Unaddressed = ToDevice extends infer W ? (W extends unknown ? Omit<W, 'answers' | 'epoch'> : never) : never;

function ignored<C>(state: RemoteState<C>, rule: RuleId, detail: string): RemoteStep<C> {
  return { state, effects: [{ kind: 'ignored', rule, detail }] };
}

function withChannel<C>({ epoch, heard, tip, channels }: RemoteState<C>, channelId: ChannelId, channel: C | undefined): RemoteState<C> {
  const next = new Map(channels);
  if (channel === undefined) next.delete(channelId);
  else next.set(channelId, channel);
  return { epoch, heard, tip, channels: next };
}

/** Sealed bytes that somebody has brought. Only the device's are taken, and only those of its newest start. */
export function received<C extends Watched>(kind: Kind<C>, env: RemoteEnv, state: RemoteState<C>, bytes: Uint8Array): RemoteStep<C> {
  const plaintext = open(env, env.link.toWatcher, bytes);
  if (plaintext === undefined) return ignored(state, 'watchers.unreadable', 'it was not sealed for this watcher');
  const words = codec.decode(wordsToWatcher, plaintext);
  if (!words.ok) return ignored(state, 'watchers.unreadable', `${words.error.field}: ${words.error.detail}`);
  const { epoch, serial } = words.value;
  const isNewer = epoch.number > state.epoch.number;
  if (!isNewer && !sameEpoch(epoch, state.epoch)) {
    const rest = ignored(state, 'watchers.superseded', `epoch ${epoch.number} came after ${state.epoch.number}`);
    return { state, effects: [...rest.effects, say(env, state, { kind: 'superseded' })] };
  }
  const heard = isNewer ? serial : Math.max(serial, state.heard);
  const now = { epoch, heard, tip: state.tip, channels: state.channels };
  const { state: after, effects } = listen(kind, env, now, words.value);
  return { state: after, effects: isNewer ? [{ kind: 'keep_epoch', epoch }, ...effects] : effects };
}

function listen<C extends Watched>(kind: Kind<C>, env: RemoteEnv, state: RemoteState<C>, words: ToWatcher): RemoteStep<C> {
  switch (words.kind) {
    case 'begin':
      return begun(kind, env, state);
    case 'join':
      return join(kind, env, state, words);
    case 'update':
      return update(kind, env, state, words);
    case 'leave': {
      const { channelId } = words;
      const left = say(env, state, { kind: 'left', channelId });
      if (!state.channels.has(channelId)) return { state, effects: [left] };
      return { state: withChannel(state, channelId, undefined), effects: [{ kind: 'forget', channelId }, left] };
    }
    case 'fetch': {
      const { channelId } = words;
      const channel = state.channels.get(channelId);
      if (channel === undefined) return unknown(env, state, channelId);
      return { state, effects: [say(env, state, { kind: 'copy', channelId, copy: kind.copyOf(channel) })] };
    }
  }
}

function heldOf({ crypto, secret }: RemoteEnv, { epoch }: RemoteState<unknown>, channelId: ChannelId, { prefix }: Watched): Held {
  return signHeld(crypto, secret, epoch, channelId, prefix);
}

function begun<C extends Watched>(kind: Kind<C>, env: RemoteEnv, state: RemoteState<C>): RemoteStep<C> {
  const channels = [...state.channels];
  const held = channels.map(([channelId, channel]) => heldOf(env, state, channelId, channel));
  const again = channels.flatMap(([channelId, channel]) => kind.repeats(env, channelId, channel));
  return { state, effects: [say(env, state, { kind: 'begun', held }), ...again.map((words) => say(env, state, words))] };
}

function unknown<C>(env: RemoteEnv, state: RemoteState<C>, channelId: ChannelId): RemoteStep<C> {
  const { effects } = ignored(state, 'watchers.unknown_channel', channelId);
  return { state, effects: [...effects, say(env, state, { kind: 'unknown', channelId })] };
}

function join<C extends Watched>(
  kind: Kind<C>,
  env: RemoteEnv,
  state: RemoteState<C>,
  words: Extract<ToWatcher, { kind: 'join' }>,
): RemoteStep<C> {
  const { channelId, copy } = words;
  const before = state.channels.get(channelId);
  // Said again, or late: what came since stays.
  if (before !== undefined && before.prefix.number >= (copy?.number ?? 0))
    return { state, effects: [holds(env, state, channelId, before)] };
  if (before === undefined && state.channels.size >= MAX_WATCHED_CHANNELS)
    return ignored(state, 'watchers.too_many_channels', `${MAX_WATCHED_CHANNELS} are watched`);
  const joined = kind.join(env, channelId, state.tip, words, before);
  if (joined === undefined) return ignored(state, 'watchers.unfit_content', 'it joins another kind of watcher');
  return keep(env, state, channelId, joined);
}

function holds<C>(env: RemoteEnv, state: RemoteState<C>, channelId: ChannelId, channel: Watched): RemoteOutput<C> {
  return say(env, state, { kind: 'holds', held: heldOf(env, state, channelId, channel) });
}

/** What follows, and the word that it is held, leave when it is durable. */
function keep<C extends Watched>(
  env: RemoteEnv,
  state: RemoteState<C>,
  channelId: ChannelId,
  { channel, effects }: Learned<C>,
): RemoteStep<C> {
  const after = withChannel(state, channelId, channel);
  return { state: after, effects: [{ kind: 'keep', channelId, channel }, ...effects, holds(env, after, channelId, channel)] };
}

function update<C extends Watched>(
  kind: Kind<C>,
  env: RemoteEnv,
  state: RemoteState<C>,
  { channelId, number, content }: Extract<ToWatcher, { kind: 'update' }>,
): RemoteStep<C> {
  const before = state.channels.get(channelId);
  if (before === undefined) return unknown(env, state, channelId);
  if (number <= before.prefix.number) return { state, effects: [holds(env, state, channelId, before)] };
  if (number > before.prefix.number + 1) {
    const { effects } = ignored(state, 'watchers.lacking', `update ${number} came, ${before.prefix.number + 1} is the next`);
    return { state, effects: [...effects, say(env, state, { kind: 'lacks', held: heldOf(env, state, channelId, before) })] };
  }
  const learned = kind.learn(env, channelId, before, content);
  if (learned === undefined) return ignored(state, 'watchers.unfit_content', `update ${number} is a ${content.kind}`);
  return keep(env, state, channelId, learned);
}
