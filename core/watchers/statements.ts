import { ascii, toHex } from '../crypto/bytes.ts';
import type { ChannelId, Hash32, Hex, PublicKey, SecretKey, Signature } from '../crypto/bytes.ts';
import { sha256Hex } from '../crypto/hashes.ts';
import type { Crypto } from '../crypto/types.ts';

/**
 * One start of a device: watchers take no word of an older one. The session, 16 random bytes of this start, tells two starts apart that took the
 * same number.
 */
export interface Epoch {
  readonly number: number;
  readonly session: Hex;
}

/** That of a watcher which no device has spoken to. */
export const NO_EPOCH: Epoch = { number: 0, session: '00'.repeat(16) };

export function sameEpoch(a: Epoch, b: Epoch): boolean {
  return a.number === b.number && a.session === b.session;
}

/** All updates of a channel up to a number: a hash chain says whether two mean the same. */
export interface Prefix {
  readonly number: number;
  readonly chain: Hash32;
}

function hashOf(crypto: Crypto, purpose: string, ...parts: readonly Hex[]): Hash32 {
  return sha256Hex(crypto, toHex(ascii(`fulgurite ${purpose}`)) + parts.join(''));
}

/** Eight bytes. */
function counted(number: number): Hex {
  return number.toString(16).padStart(16, '0');
}

/** Before the first update. */
export function noUpdates(crypto: Crypto, channelId: ChannelId): Prefix {
  return { number: 0, chain: hashOf(crypto, 'no updates', channelId) };
}

/** With one update more. `content`: its bytes. */
export function withUpdate(crypto: Crypto, { number, chain }: Prefix, content: Hex): Prefix {
  return { number: number + 1, chain: hashOf(crypto, 'an update', chain, counted(number + 1), sha256Hex(crypto, content)) };
}

/** A watcher holds a channel's updates up to this number, and has last heard the device of this epoch. */
export interface Held extends Prefix {
  readonly channelId: ChannelId;
  readonly signature: Signature;
}

function digestOf(crypto: Crypto, epoch: Epoch, channelId: ChannelId, { number, chain }: Prefix): Hash32 {
  return hashOf(crypto, 'a watcher holds', channelId, counted(epoch.number), epoch.session, counted(number), chain);
}

export function signHeld(crypto: Crypto, secret: SecretKey, epoch: Epoch, channelId: ChannelId, prefix: Prefix): Held {
  const { number, chain } = prefix;
  return { channelId, number, chain, signature: crypto.sign(digestOf(crypto, epoch, channelId, prefix), secret) };
}

/** Whether this watcher has signed it: proof to anybody who knows its key. */
export function isSigned(crypto: Crypto, watcher: PublicKey, epoch: Epoch, held: Held): boolean {
  return crypto.verify(held.signature, digestOf(crypto, epoch, held.channelId, held), watcher);
}
