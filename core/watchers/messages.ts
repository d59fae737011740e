import { toHex } from '../crypto/bytes.ts';
import type { ChannelId, Hex, Preimage, Script, SecretKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { storedMonitorUpdate } from '../knowledge/stored-form.ts';
import type { MonitorUpdate } from '../knowledge/updates.ts';
import type { Knowledge } from '../monitor/knowledge.ts';
import { storedKnowledge } from '../monitor/stored-knowledge.ts';
import * as codec from '../wire/codec.ts';
import type { Codec } from '../wire/codec.ts';
import { versioned } from '../wire/stored.ts';
import type { FieldsOf } from '../wire/stored.ts';
import { withUpdate } from './statements.ts';
import type { Epoch, Held, Prefix } from './statements.ts';

/** The words between a device and its watchers, before they are sealed. Any change to them needs a new version. */
export const WORDS_VERSION = 1;

/** An update for a watcher that learns everything is that of the channel; a blind one gets penalties, or nothing. */
export type Content =
  | { readonly kind: 'update'; readonly update: MonitorUpdate }
  | { readonly kind: 'penalties'; readonly bundles: readonly SealedPenalties[] }
  | { readonly kind: 'nothing' };

/** Penalties for a commitment that is revoked: nobody reads them before the chain has it. */
export interface SealedPenalties {
  /** The first bytes of its txid. */
  readonly hint: Hex;
  readonly sealed: Hex;
}

/** The secrets of one channel's basepoints, but for the funding key (BOLT 3, Key Derivation). */
export interface WatchedSecrets {
  readonly revocation: SecretKey;
  readonly payment: SecretKey;
  readonly delayed: SecretKey;
  readonly htlc: SecretKey;
}

/** What a watcher needs beside a channel's updates: where it pays to, and the secrets of one that learns everything. */
export interface Mandate {
  readonly destination: Script;
  readonly secrets: WatchedSecrets | undefined;
}

/** All that one watcher knows, for another: the same as the updates that it stands for. */
export interface Copy extends Prefix {
  readonly knowledge: Knowledge | undefined;
}

/** Each with the epoch of the device, and a serial that its answer repeats. */
export type ToWatcher = {
  readonly serial: number;
  readonly epoch: Epoch;
} & (
  | { readonly kind: 'begin' }
  /** From here on the watcher has this channel. With a copy it goes on behind that, whatever it held. */
  | { readonly kind: 'join'; readonly channelId: ChannelId; readonly mandate: Mandate; readonly copy: Copy | undefined }
  | { readonly kind: 'update'; readonly channelId: ChannelId; readonly number: number; readonly content: Content }
  /** The channel is over, or watched by others now: nothing of it is kept. */
  | { readonly kind: 'leave'; readonly channelId: ChannelId }
  | { readonly kind: 'fetch'; readonly channelId: ChannelId }
);

/** `answers`: the newest serial that the watcher has heard. */
export type ToDevice = {
  readonly answers: number;
  readonly epoch: Epoch;
} & (
  | { readonly kind: 'begun'; readonly held: readonly Held[] }
  | { readonly kind: 'holds'; readonly held: Held }
  /** `epoch` is that of a newer device. */
  | { readonly kind: 'superseded' }
  /** An update came, and those before it did not. */
  | { readonly kind: 'lacks'; readonly held: Held }
  | { readonly kind: 'unknown'; readonly channelId: ChannelId }
  | { readonly kind: 'left'; readonly channelId: ChannelId }
  | { readonly kind: 'copy'; readonly channelId: ChannelId; readonly copy: Copy }
  /** The chain has shown it. */
  | { readonly kind: 'preimage'; readonly channelId: ChannelId; readonly preimage: Preimage }
);

/** Channels of one device at one watcher. */
export const MAX_WATCHED_CHANNELS = 10_000;
/** Penalties for a commitment with 483 HTLCs of both sides take half of it. */
export const MAX_PENALTIES_BYTES = 0x40000;

const { channelId, hash32, list, longBytes, maybe, preimage, script, secretKey, signature, struct, u53, union, variant } = codec;

export const storedEpoch: Codec<Epoch> = struct({ number: u53, session: codec.bytes(16) } satisfies FieldsOf<Epoch>);
export const storedPrefix: Codec<Prefix> = struct({ number: u53, chain: hash32 } satisfies FieldsOf<Prefix>);
export const HINT_BYTES = 16;

export const sealedPenalties: Codec<SealedPenalties> = struct({
  hint: codec.bytes<Hex>(HINT_BYTES),
  sealed: longBytes<Hex>(MAX_PENALTIES_BYTES),
} satisfies FieldsOf<SealedPenalties>);
const content: Codec<Content> = union('kind', {
  update: variant(1, { update: storedMonitorUpdate }),
  penalties: variant(2, { bundles: codec.fewItems(sealedPenalties) }),
  nothing: variant(3, {}),
});
export const storedSecretsOfWatcher: Codec<WatchedSecrets> = struct({
  revocation: secretKey,
  payment: secretKey,
  delayed: secretKey,
  htlc: secretKey,
} satisfies FieldsOf<WatchedSecrets>);
export const storedMandate: Codec<Mandate> = struct({
  destination: script,
  secrets: maybe(storedSecretsOfWatcher),
} satisfies FieldsOf<Mandate>);
const copy: Codec<Copy> = struct({ number: u53, chain: hash32, knowledge: maybe(storedKnowledge) } satisfies FieldsOf<Copy>);
const held: Codec<Held> = struct({ channelId, number: u53, chain: hash32, signature } satisfies FieldsOf<Held>);

const spoken = { serial: u53, epoch: storedEpoch };
export const toWatcher: Codec<ToWatcher> = union('kind', {
  begin: variant(1, spoken),
  join: variant(2, { ...spoken, channelId, mandate: storedMandate, copy: maybe(copy) }),
  update: variant(3, { ...spoken, channelId, number: u53, content }),
  leave: variant(4, { ...spoken, channelId }),
  fetch: variant(5, { ...spoken, channelId }),
});

const answered = { answers: u53, epoch: storedEpoch };
export const toDevice: Codec<ToDevice> = union('kind', {
  begun: variant(1, { ...answered, held: list(held, MAX_WATCHED_CHANNELS) }),
  holds: variant(2, { ...answered, held }),
  superseded: variant(3, answered),
  lacks: variant(4, { ...answered, held }),
  unknown: variant(5, { ...answered, channelId }),
  left: variant(6, { ...answered, channelId }),
  copy: variant(7, { ...answered, channelId, copy }),
  preimage: variant(8, { ...answered, channelId, preimage }),
});

export const wordsToWatcher: Codec<ToWatcher> = versioned('a device', WORDS_VERSION, toWatcher);
export const wordsToDevice: Codec<ToDevice> = versioned('a watcher', WORDS_VERSION, toDevice);

/** With one update more, of this content. */
export function withContent(crypto: Crypto, prefix: Prefix, value: Content): Prefix {
  return withUpdate(crypto, prefix, toHex(codec.encode(content, value)));
}
