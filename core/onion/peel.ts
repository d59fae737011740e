import type { Hash32, PublicKey } from '../crypto/bytes.ts';
import { Reader, WireFailure } from '../wire/reader-writer.ts';
import type { Broken, OnionNodeEnv } from './env.ts';
import { broken } from './env.ts';
import { blindingFactor, deriveKey, nodeIdTweak, sameCode, xor } from './keys.ts';
import { HMAC_SIZE, joinPacket, splitPacket } from './packet.ts';
import type { OnionPacket } from './packet.ts';

/** An onion with one layer off. */
export interface Peeled {
  readonly ok: true;
  /** With it failures are encrypted, and replays recognised. */
  readonly sharedSecret: Hash32;
  readonly payload: Uint8Array;
  /** What goes to the next hop; nothing where this node is the final one. */
  readonly next: Uint8Array | undefined;
}

/** Where the HMAC was right, the origin can be answered under the shared secret; where not, only the sending peer. */
export interface Unpeelable extends Broken {
  readonly sharedSecret: Hash32 | undefined;
}

function unreadable(sharedSecret: Hash32, detail: string): Unpeelable {
  return { ...broken('onion.payload_length', detail), sharedSecret };
}

/**
 * BOLT 4, Onion Decryption. `associatedData` is the payment hash of an HTLC, nothing for a message; `pathKey` what came beside the onion: then it
 * was made for our blinded id.
 */
export function peelOnion(env: OnionNodeEnv, bytes: Uint8Array, associatedData: Uint8Array, pathKey?: PublicKey): Peeled | Unpeelable {
  const refused = (rule: Broken['rule'], detail: string): Unpeelable => ({ ...broken(rule, detail), sharedSecret: undefined });
  const { crypto } = env;
  const packet = splitPacket(bytes);
  if (packet === undefined) return refused('onion.size', `${bytes.length} bytes`);
  if (packet.version !== 0) return refused('onion.version', `version ${packet.version}`);
  if (!crypto.isValidPublicKey(packet.publicKey)) return refused('onion.public_key', `${packet.publicKey} is no point`);
  if (pathKey !== undefined && !crypto.isValidPublicKey(pathKey)) return refused('onion.path_key', `${pathKey} is no point`);
  // Tweaking the onion's key is the same as tweaking ours, which may lie elsewhere.
  const tweak = pathKey === undefined ? undefined : nodeIdTweak(crypto, env.ecdh(pathKey));
  const sharedSecret = env.ecdh(tweak === undefined ? packet.publicKey : crypto.pointMultiply(packet.publicKey, tweak));
  const covered = new Uint8Array(packet.hopPayloads.length + associatedData.length);
  covered.set(packet.hopPayloads);
  covered.set(associatedData, packet.hopPayloads.length);
  const hmac = crypto.hmacSha256(deriveKey(crypto, 'mu', sharedSecret), covered);
  if (!sameCode(hmac, packet.hmac)) return refused('onion.hmac', 'another HMAC than was computed');
  return unwrap(env, packet, sharedSecret);
}

function unwrap({ crypto }: OnionNodeEnv, { publicKey, hopPayloads }: OnionPacket, sharedSecret: Hash32): Peeled | Unpeelable {
  const size = hopPayloads.length;
  const unwrapped = crypto.chacha20(deriveKey(crypto, 'rho', sharedSecret), 2 * size);
  xor(unwrapped.subarray(0, size), hopPayloads);
  const reader = new Reader(unwrapped);
  const length = payloadLength(reader);
  if (length === undefined) return unreadable(sharedSecret, 'the length of the payload is no BigSize');
  if (length < 2) return unreadable(sharedSecret, `a payload of ${length} bytes`);
  const payloadAt = reader.position;
  const end = payloadAt + length + HMAC_SIZE;
  if (end > size) return unreadable(sharedSecret, `a payload of ${length} bytes in ${size}`);
  const payload = unwrapped.slice(payloadAt, payloadAt + length);
  const hmac = unwrapped.subarray(payloadAt + length, end);
  if (hmac.every((byte) => byte === 0)) return { ok: true, sharedSecret, payload, next: undefined };
  const next: OnionPacket = {
    version: 0,
    publicKey: crypto.pointMultiply(publicKey, blindingFactor(crypto, publicKey, sharedSecret)),
    hopPayloads: unwrapped.subarray(end, end + size),
    hmac,
  };
  return { ok: true, sharedSecret, payload, next: joinPacket(next) };
}

function payloadLength(reader: Reader): number | undefined {
  try {
    return Number(reader.bigSize());
  } catch (failure) {
    if (failure instanceof WireFailure) return undefined;
    throw failure;
  }
}
