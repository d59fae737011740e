import type { ChannelState, OpeningStep } from '../channel/model/state.ts';
import type { ChannelId, Hash32, PublicKey } from '../crypto/bytes.ts';
import type { RuleId } from '../rules.ts';
import { openingKey } from './node-vocabulary.ts';
import type { NodeState } from './node-vocabulary.ts';

/**
 * What an id means. Peers choose temporary ids freely, and final ones by the funding that they name: what one of them says reaches only what
 * is its own, and an id that means something to a peer already is given to nothing else of that peer.
 */

/** BOLT 1: this channel_id in error and warning means all channels with the peer. It names none. */
export const ALL_CHANNELS = '00'.repeat(32) as ChannelId;

/** The channel that a peer means: by its id, or, before its channel_ready, by the temporary one under which it was opened. */
export function channelNamed({ channels }: NodeState, peer: PublicKey, id: ChannelId): ChannelId | undefined {
  if (channels.get(id)?.state.params.peer === peer) return id;
  for (const [channelId, { state }] of channels) {
    const { params, phase } = state;
    if (params.temporaryChannelId === id && params.peer === peer && phase === 'funded' && !state.lifecycle.readyReceived) return channelId;
  }
  return undefined;
}

/** The opening that a peer means: by its temporary id, or by the final one from our funding_created on. */
export function openingNamed({ openings }: NodeState, peer: PublicKey, id: ChannelId): string | undefined {
  const key = openingKey(peer, id);
  if (openings.has(key)) return key;
  for (const [other, opening] of openings) if (opening.peer === peer && finalIdOf(opening) === id) return other;
  return undefined;
}

/** Thirty-two bytes, in lower-case hex: in capitals too, one id would be two. A peer's always are; a host's are asked. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Why a host can't have these keys for a new channel, if it can't. */
export function keysFault(state: NodeState, keysId: Hash32): { readonly rule: RuleId; readonly detail: string } | undefined {
  if (!isId(keysId)) return { rule: 'opening.keys_id', detail: 'a keysId is 32 bytes in lower-case hex' };
  return areKeysInUse(state, keysId) ? { rule: 'opening.keys_in_use', detail: 'another channel has this keysId' } : undefined;
}

/** Whether a channel, or an opening, of this node has these keys: with a second one they would share their secrets, and revoke each other. */
function areKeysInUse({ channels, openings }: NodeState, keysId: Hash32): boolean {
  for (const { state } of channels.values()) if (state.params.keysId === keysId) return true;
  for (const { step } of openings.values()) if (keysOf(step) === keysId) return true;
  return false;
}

function keysOf(step: OpeningStep): Hash32 | undefined {
  switch (step.kind) {
    case 'awaiting_accept_channel':
      return step.keysId;
    case 'awaiting_host_funding':
    case 'awaiting_funding_created':
    case 'awaiting_funding_signed':
      return step.params.keysId;
    case 'awaiting_host_accept':
      return undefined;
  }
}

/** The final id of what has one. */
export function finalIdOf(state: ChannelState): ChannelId | undefined {
  switch (state.phase) {
    case 'opening':
      return state.step.kind === 'awaiting_funding_signed' ? state.step.channelId : undefined;
    case 'funded':
    case 'failed':
      return state.channelId;
    case 'forgotten':
      return undefined;
  }
}

/**
 * Whether what is opened with this peer may take an id: it means nothing to the peer yet, and no channel of anybody's has it or will have it.
 * `own` is what is opened, whose own temporary id is no other.
 */
export function isFree(state: NodeState, peer: PublicKey, id: ChannelId, own?: string): boolean {
  if (id === ALL_CHANNELS || state.channels.has(id) || channelNamed(state, peer, id) !== undefined) return false;
  const named = openingNamed(state, peer, id);
  if (named !== undefined && named !== own) return false;
  for (const [key, opening] of state.openings) if (key !== own && finalIdOf(opening) === id) return false;
  return true;
}
