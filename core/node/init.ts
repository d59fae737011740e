import type { Hex } from '../crypto/bytes.ts';
import type { ChannelConfig } from '../channel/model/channel-vocabulary.ts';
import { initFeatures, minimalFeatures, missingDependencies, unknownEven, unsupportedCompulsory } from '../wire/features.ts';
import type { Init } from '../wire/messages/index.ts';
import type { RemoteAddress } from '../peers/peers-vocabulary.ts';
import { addressDescriptor } from './remote-address.ts';
import type { NODE_RULES } from './rules.ts';

/** `from`: where the peer has connected from, if that is known. */
export function initMessage(config: ChannelConfig, from?: RemoteAddress): Init {
  const init: Init = { type: 'init', globalfeatures: '', features: minimalFeatures(config.features), networks: [config.chainHash] };
  const remoteAddr = from === undefined ? undefined : addressDescriptor(from);
  return remoteAddr === undefined ? init : { ...init, remoteAddr };
}

interface Unusable {
  readonly rule: keyof typeof NODE_RULES & `init.${string}`;
  readonly detail: string;
}

/** BOLT 1, init, receiving node: the peer's features, or why the connection can't be used. */
export function badInit(config: ChannelConfig, message: Init): { readonly features: Hex } | Unusable {
  const features = initFeatures(message);
  const unknown = unknownEven(features);
  if (unknown.length > 0) return { rule: 'init.unknown_features', detail: `unknown compulsory features ${unknown.join(', ')}` };
  const unsupported = unsupportedCompulsory(config.features, features);
  if (unsupported.length > 0) return { rule: 'init.unsupported_features', detail: `we don't have ${unsupported.join(', ')}` };
  const missing = missingDependencies(features);
  if (missing.length > 0)
    return { rule: 'init.feature_dependencies', detail: missing.map((m) => `${m.feature} needs ${m.needs}`).join(', ') };
  if (message.networks !== undefined && message.networks.length > 0 && !message.networks.includes(config.chainHash)) {
    return { rule: 'init.networks', detail: 'no network in common' };
  }
  return { features };
}
