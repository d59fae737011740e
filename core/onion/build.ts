import type { Hash32, PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import { bigSize, encode } from '../wire/codec.ts';
import { blindingFactor, deriveKey, xor } from './keys.ts';
import { HMAC_SIZE, joinPacket, PAYMENT_PAYLOADS_SIZE } from './packet.ts';

/** One hop: the key to encrypt to (a node id, or the blinded id of a path), and its payload without the length in front. */
export interface OnionHop {
  readonly nodeId: PublicKey;
  readonly payload: Uint8Array;
}

export interface OnionPlan {
  /** 32 random bytes, never used for another onion. */
  readonly sessionKey: SecretKey;
  /** At least one, in the order of the route. */
  readonly hops: readonly OnionHop[];
  /** BOLT 4: the payment hash in an HTLC, nothing in an onion message. */
  readonly associatedData: Uint8Array;
  /** Bytes of `hop_payloads`; 1300 if not given. */
  readonly size?: number;
}

export interface BuiltOnion {
  readonly packet: Uint8Array;
  /** One a hop: with them the origin reads failures and attribution data. */
  readonly sharedSecrets: readonly Hash32[];
}

/** What a payload takes of `hop_payloads`: its length, itself, and the HMAC behind it. */
export function frameSize(payload: Uint8Array): number {
  return encode(bigSize, BigInt(payload.length)).length + payload.length + HMAC_SIZE;
}

/** BOLT 4, Shared Secret and Blinding Ephemeral Onion Keys: one secret a hop. */
function sharedSecretsOf(crypto: Crypto, sessionKey: SecretKey, hops: readonly OnionHop[]): readonly Hash32[] {
  let ephemeral = sessionKey;
  return hops.map(({ nodeId }) => {
    const secret = crypto.ecdh(nodeId, ephemeral);
    ephemeral = crypto.scalarMultiply(ephemeral, blindingFactor(crypto, crypto.publicKey(ephemeral), secret));
    return secret;
  });
}

/**
 * BOLT 4, Filler Generation: what the last hop finds behind its frame, for each hop before it adds zeros and encrypts them. Each stream is as long
 * as the payloads and the frame of its hop.
 */
function fillerOf(streams: readonly Uint8Array[], frames: readonly number[], size: number): Uint8Array {
  const before = frames.slice(0, -1);
  const filler = new Uint8Array(before.reduce((sum, frame) => sum + frame, 0));
  let length = 0;
  for (const [i, frame] of before.entries()) {
    const from = size - length;
    length += frame;
    xor(filler.subarray(0, length), streams[i] as Uint8Array, from);
  }
  return filler;
}

/**
 * BOLT 4, Packet Construction. Undefined where the payloads are longer than the packet: a route is bounded by what fits. Throws a RangeError for
 * no hops, and for payloads of less than two bytes, whose lengths are reserved.
 */
export function buildOnion(crypto: Crypto, plan: OnionPlan): BuiltOnion | undefined {
  const { sessionKey, hops, associatedData, size = PAYMENT_PAYLOADS_SIZE } = plan;
  if (hops.length === 0 || hops.some(({ payload }) => payload.length < 2)) throw new RangeError('an onion has hops, and each a payload');
  const frames = hops.map(({ payload }) => frameSize(payload));
  if (frames.reduce((sum, frame) => sum + frame, 0) > size) return undefined;
  const sharedSecrets = sharedSecretsOf(crypto, sessionKey, hops);
  const streams = sharedSecrets.map((secret, i) => crypto.chacha20(deriveKey(crypto, 'rho', secret), size + (frames[i] as number)));
  const filler = fillerOf(streams, frames, size);

  // The HMAC covers payloads and associated data, so they stand together.
  const covered = new Uint8Array(size + associatedData.length);
  covered.set(associatedData, size);
  const hopPayloads = covered.subarray(0, size);
  hopPayloads.set(crypto.chacha20(deriveKey(crypto, 'pad', sessionKey), size));
  let hmac: Uint8Array = new Uint8Array(HMAC_SIZE);
  for (let i = hops.length - 1; i >= 0; i--) {
    const { payload } = hops[i] as OnionHop;
    const frame = frames[i] as number;
    hopPayloads.copyWithin(frame, 0, size - frame);
    hopPayloads.set(encode(bigSize, BigInt(payload.length)));
    hopPayloads.set(payload, frame - HMAC_SIZE - payload.length);
    hopPayloads.set(hmac, frame - HMAC_SIZE);
    xor(hopPayloads, streams[i] as Uint8Array);
    if (i === hops.length - 1) hopPayloads.set(filler, size - filler.length);
    hmac = crypto.hmacSha256(deriveKey(crypto, 'mu', sharedSecrets[i] as Hash32), covered);
  }
  return { packet: joinPacket({ version: 0, publicKey: crypto.publicKey(sessionKey), hopPayloads, hmac }), sharedSecrets };
}
