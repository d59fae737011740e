import type { ChannelEnv } from '../channel/model/channel-vocabulary.ts';
import type { ChannelId, Hex, PublicKey } from '../crypto/bytes.ts';
import { reschedule } from '../time/deadlines.ts';
import type { ChannelSlot, NodeEffect, NodeEnv, NodePayments, NodeState, NodeWord } from './node-vocabulary.ts';

/** A node under way through one input. Local to the step; the maps are copied before the first write. */
export interface Run {
  readonly env: NodeEnv;
  state: NodeState;
  /** `state.channels`, once this step has written to it. */
  channels: Map<ChannelId, ChannelSlot> | undefined;
  /** What channels have said and nobody has heard yet. */
  readonly work: NodeWord[];
  draining: boolean;
  readonly effects: NodeEffect[];
  readonly listener: Listener;
}

/** Who hears what channels say: given to a step from outside, because what is heard makes channels step. */
export interface Listener {
  hear(run: Run, word: NodeWord): void;
  /** Nothing is left to hear. */
  flush(run: Run): void;
}

export function startRun(env: NodeEnv, state: NodeState, listener: Listener): Run {
  return { env, state, channels: undefined, work: [], draining: false, effects: [], listener };
}

/** Puts a copy in the place of the node's state, to write to. */
export function draft(run: Run): { -readonly [K in keyof NodeState]: NodeState[K] } {
  const { tip, awayFrom, nowMs, deadlines, feeratePerKw, peers, channels, openings, waiting, payments, gossip, ownNode } = run.state;
  const copy = { tip, awayFrom, nowMs, deadlines, feeratePerKw, peers, channels, openings, waiting, payments, gossip, ownNode };
  run.state = copy;
  return copy;
}

export function changePayments(run: Run, change: Partial<NodePayments>): void {
  draft(run).payments = { ...run.state.payments, ...change };
}

/** From now on the node waits in `of` until `atMs`, or for nothing. */
export function waitUntil(run: Run, of: string, atMs: number | undefined): void {
  const deadlines = reschedule(run.state.deadlines, of, atMs);
  if (deadlines !== run.state.deadlines) draft(run).deadlines = deadlines;
}

/** What a channel with this peer needs to know of its surroundings. `current`: it has shown since the node started that its state is not old. */
export function channelEnv(run: Run, peer: PublicKey, current = true): ChannelEnv {
  const { crypto, signer, config, cache, onions } = run.env;
  const { tip, awayFrom, nowMs, feeratePerKw, peers } = run.state;
  const peerFeatures = peers.get(peer)?.features ?? '';
  return { crypto, signer, cache, config, tip, awayFrom, nowMs, feeratePerKw, peerFeatures, onions, mayBeOld: config.fromCopy && !current };
}

export function setPeer(run: Run, peer: PublicKey, features?: Hex): void {
  draft(run).peers = new Map(run.state.peers).set(peer, { id: peer, features });
}

export function setSlot(run: Run, channelId: ChannelId, slot: ChannelSlot): void {
  if (run.state.channels.get(channelId) === slot) return;
  ownChannels(run).set(channelId, slot);
}

/** The step's own copy of the channels, made at the first write. */
export function ownChannels(run: Run): Map<ChannelId, ChannelSlot> {
  if (run.channels === undefined) {
    // One by one: for so few that is twice as fast as to hand the map to the constructor.
    run.channels = new Map();
    for (const [channelId, slot] of run.state.channels) run.channels.set(channelId, slot);
    draft(run).channels = run.channels;
  }
  return run.channels;
}
