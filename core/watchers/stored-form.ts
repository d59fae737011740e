import { storedView } from '../chain/stored-form.ts';
import { Log } from '../monitor/log.ts';
import { watcherCodec } from '../monitor/stored-form.ts';
import * as codec from '../wire/codec.ts';
import type { Codec, Result } from '../wire/codec.ts';
import { items, versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import type { BlindChannel } from './blind.ts';
import { sealedPenalties, storedEpoch, storedMandate, storedPrefix } from './messages.ts';
import { PenaltyLog } from './penalty-log.ts';
import type { Epoch } from './statements.ts';
import type { FullChannel } from './watchers-vocabulary.ts';

/** How what watchers elsewhere keep stands in bytes: canonical, strict, with a version in front. Any change to it needs a new version. */
export const WATCHED_VERSION = 1;

const { struct } = codec;

/** The channel itself, behind the version. */
export const fullChannelCodec: Codec<FullChannel> = struct({
  mandate: storedMandate,
  prefix: storedPrefix,
  watcher: watcherCodec,
} satisfies FieldsOf<FullChannel>);

/** A log of penalties as their list. */
const penalties: Codec<PenaltyLog> = {
  schema: items(sealedPenalties).schema,
  minSize: items(sealedPenalties).minSize,
  read: (reader) => new PenaltyLog(new Log([...items(sealedPenalties).read(reader)])),
  write: (writer, { log }) => items(sealedPenalties).write(writer, log.first(log.length)),
};

export const blindChannelCodec: Codec<BlindChannel> = struct({
  prefix: storedPrefix,
  penalties,
  view: storedView,
} satisfies FieldsOf<BlindChannel>);

const versionedBlind = versioned('a blind watcher', WATCHED_VERSION, blindChannelCodec);
const versionedFull = versioned('a full watcher', WATCHED_VERSION, fullChannelCodec);
const versionedEpoch = versioned('a watcher elsewhere', WATCHED_VERSION, storedEpoch);

/** A channel of a full watcher for storage, whole. `decodeFullChannel` gives an equal one. */
export function encodeFullChannel(channel: FullChannel): Uint8Array {
  return codec.encode(versionedFull, channel);
}

/** Bytes that `encodeFullChannel` would not have written are an error; nothing throws. */
export function decodeFullChannel(bytes: Uint8Array): Result<FullChannel> {
  return codec.decode(versionedFull, bytes);
}

/** A channel of a blind watcher for storage, whole. `decodeBlindChannel` gives an equal one. */
export function encodeBlindChannel(channel: BlindChannel): Uint8Array {
  return codec.encode(versionedBlind, channel);
}

/** Bytes that `encodeBlindChannel` would not have written are an error; nothing throws. */
export function decodeBlindChannel(bytes: Uint8Array): Result<BlindChannel> {
  return codec.decode(versionedBlind, bytes);
}

export function encodeEpoch(epoch: Epoch): Uint8Array {
  return codec.encode(versionedEpoch, epoch);
}

export function decodeEpoch(bytes: Uint8Array): Result<Epoch> {
  return codec.decode(versionedEpoch, bytes);
}
