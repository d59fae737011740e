import { storedPoint } from '../chain/stored-form.ts';
import type { ChainPoint } from '../chain/update.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { ChannelId, Hash32, Hex } from '../crypto/bytes.ts';
import * as codec from '../wire/codec.ts';
import type { Codec, Result } from '../wire/codec.ts';
import { versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { KeptChannel } from './device-vocabulary.ts';
import { storedPrefix } from './messages.ts';
import { open, seal, sealingKeys } from './seal.ts';
import type { SealEnv, SealingKeys } from './seal.ts';

/**
 * All that a node keeps, so that one node moves between devices. A copy can't know by itself that it is old: whoever starts from one asks the watchers
 * first (`createDevice`), and where there are none the channels wait for their peers.
 */
export interface NodeCopy {
  readonly tip: ChainPoint;
  /** In satoshis for 1000 weight units. */
  readonly feeratePerKw: number;
  readonly channels: readonly StoredBytes[];
  /** What the device keeps of its feeds to watchers. */
  readonly feeds: readonly KeptChannel[];
}

/** What a host has stored for a channel, as it is. */
export interface StoredBytes {
  readonly channelId: ChannelId;
  readonly bytes: Hex;
}

/** How a copy stands in bytes before it is sealed. Any change to it needs a new version. */
export const COPY_VERSION = 1;

export const MAX_COPIED_CHANNELS = 10_000;
/** With all that is appended for its own watcher. */
export const MAX_COPIED_CHANNEL_BYTES = 0x0800_0000;

const { channelId, list, struct, u32 } = codec;

const feed: Codec<KeptChannel> = struct({
  channelId,
  base: struct({ full: storedPrefix, blind: storedPrefix } satisfies FieldsOf<KeptChannel['base']>),
} satisfies FieldsOf<KeptChannel>);
const stored: Codec<StoredBytes> = struct({
  channelId,
  bytes: codec.longBytes(MAX_COPIED_CHANNEL_BYTES),
} satisfies FieldsOf<StoredBytes>);

export const copyCodec: Codec<NodeCopy> = struct({
  tip: storedPoint,
  feeratePerKw: u32,
  channels: list(stored, MAX_COPIED_CHANNELS),
  feeds: list(feed, MAX_COPIED_CHANNELS),
} satisfies FieldsOf<NodeCopy>);

export const versionedCopy: Codec<NodeCopy> = versioned('a node', COPY_VERSION, copyCodec);

function keysOf(env: SealEnv, seed: Hash32): SealingKeys {
  return sealingKeys(env, fromHex(seed), 'a copy of a node');
}

/** Under a key that derives from the node's seed: wherever it is kept, only the same node reads it. */
export function sealCopy(env: SealEnv, seed: Hash32, copy: NodeCopy): Uint8Array {
  return seal(env, keysOf(env, seed), codec.encode(versionedCopy, copy));
}

/** Undefined for what this seed has not sealed; an error for what cannot be read all the same. Never throws. */
export function openCopy(env: SealEnv, seed: Hash32, sealed: Uint8Array): Result<NodeCopy> | undefined {
  const plaintext = open(env, keysOf(env, seed), sealed);
  return plaintext === undefined ? undefined : codec.decode(versionedCopy, plaintext);
}
