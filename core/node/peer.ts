import type { ChannelId, Hex, PublicKey } from '../crypto/bytes.ts';
import type { ChannelConfig, Effect } from '../channel/model/vocabulary.ts';
import { errorData } from '../channel/fail/fail-channel.ts';
import { initFeatures, missingDependencies, unknownEven, unsupportedCompulsory } from '../wire/features.ts';
import type { Init, Message, Ping, Pong } from '../wire/messages/index.ts';

/** BOLT 1: this channel_id in error and warning means all channels with the peer. */
export const ALL_CHANNELS = '00'.repeat(32) as ChannelId;
/** BOLT 1, ping: from here on no pong is wanted. */
const NO_PONG = 65532;

export function initMessage(config: ChannelConfig): Init {
  return { type: 'init', globalfeatures: '', features: config.features, networks: [config.chainHash] };
}

/** A warning for the peer's log, and the end of this connection. Channels live on. */
export function hangUp(peer: PublicKey, reason: string): readonly Effect[] {
  return [
    { kind: 'send', peer, message: { type: 'warning', channelId: ALL_CHANNELS, data: errorData(reason) } },
    { kind: 'disconnect', peer, reason },
  ];
}

/** BOLT 1, init, receiving node: the peer's features, or why the connection can't be used. */
export function badInit(config: ChannelConfig, message: Init): { readonly features: Hex } | string {
  const features = initFeatures(message);
  const unknown = unknownEven(features);
  if (unknown.length > 0) return `init: unknown compulsory features ${unknown.join(', ')}`;
  const unsupported = unsupportedCompulsory(config.features, features);
  if (unsupported.length > 0) return `init: we don't have ${unsupported.join(', ')}`;
  const missing = missingDependencies(features);
  if (missing.length > 0) return `init: ${missing.map((m) => `${m.feature} needs ${m.needs}`).join(', ')}`;
  if (message.networks !== undefined && message.networks.length > 0 && !message.networks.includes(config.chainHash)) {
    return 'init: no network in common';
  }
  return { features };
}

/** BOLT 1, pong: as many bytes as asked for, none of them ours. */
export function pongFor(ping: Ping): Pong | undefined {
  return ping.numPongBytes < NO_PONG ? { type: 'pong', ignored: '00'.repeat(ping.numPongBytes) } : undefined;
}

/** The channel that a message is for, if it is for one. Messages that ask nothing of a node that has not their feature yield none. */
export function channelOf(message: Message): ChannelId | undefined {
  if (message.type === 'warning' || message.type === 'announcement_signatures' || message.type === 'start_batch') return undefined;
  if ('temporaryChannelId' in message) return message.temporaryChannelId;
  return 'channelId' in message ? message.channelId : undefined;
}
