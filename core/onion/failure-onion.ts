import type { Hash32, Hex } from '../crypto/bytes.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Crypto } from '../crypto/types.ts';
import type { AttributionData } from '../wire/attribution.ts';
import { attributionReader } from './attribution.ts';
import { decodeFailure } from './failure-messages.ts';
import type { ReceivedFailure } from './failure-messages.ts';
import { deriveKey, sameCode, xor } from './keys.ts';
import { HMAC_SIZE } from './packet.ts';

/** BOLT 4, Erring node: of `failuremsg` and `pad` together. */
const PADDED_SIZE = 256;
const LENGTH_SIZE = 2;
/** BOLT 4, Origin node: the most hops that a route of TLV payloads can have; each failure is decrypted so often. */
export const MAX_ROUTE_HOPS = 27;
/** Decrypts with it change nothing: the origin goes on to 27, so that the time it takes doesn't tell the length of its route. */
const NO_SECRET = '00'.repeat(32) as Hash32;

/**
 * The return packet of the erring node: `hmac`, `failure_len`, `failuremsg`, `pad_len`, `pad`. `paddedSize` is the length of message and padding; a
 * longer message has no padding.
 */
export function returnPacket(crypto: Crypto, sharedSecret: Hash32, failure: Uint8Array, paddedSize = PADDED_SIZE): Uint8Array {
  const padding = Math.max(0, Math.max(paddedSize, PADDED_SIZE) - failure.length);
  const packet = new Uint8Array(HMAC_SIZE + LENGTH_SIZE + failure.length + LENGTH_SIZE + padding);
  writeLength(packet, HMAC_SIZE, failure.length);
  packet.set(failure, HMAC_SIZE + LENGTH_SIZE);
  writeLength(packet, HMAC_SIZE + LENGTH_SIZE + failure.length, padding);
  packet.set(crypto.hmacSha256(deriveKey(crypto, 'um', sharedSecret), packet.subarray(HMAC_SIZE)));
  return packet;
}

function writeLength(packet: Uint8Array, at: number, length: number): void {
  packet[at] = length >> 8;
  packet[at + 1] = length;
}

/** What the erring node does last and every node upstream once more: the `reason` of update_fail_htlc. */
export function obfuscate(crypto: Crypto, sharedSecret: Hash32, packet: Uint8Array): Uint8Array {
  const out = packet.slice();
  xor(out, crypto.chacha20(deriveKey(crypto, 'ammag', sharedSecret), out.length));
  return out;
}

/** What the origin has learned from a failure that came back. */
export interface ReadFailure {
  /** Who failed the HTLC, by index in the route, and what it says; undefined where no hop's HMAC is right. */
  readonly source: { readonly hop: number; readonly message: Uint8Array; readonly failure: ReceivedFailure | undefined } | undefined;
  /** What the hops committed to, in units of 100 ms, from the first on. */
  readonly holdTimes: readonly number[];
  /**
   * The first hop whose code in the attribution data is wrong: it, or the hop before it, altered what came back or doesn't support attribution.
   * Undefined where there was no data, or all of it is right.
   */
  readonly unattributed: number | undefined;
}

/**
 * BOLT 4, Origin node: takes the layers off, for `sharedSecrets` of at most 27 hops. The number of decryptions is always the same. Throws a RangeError for more
 * hops; never on what a stranger sent.
 */
export function readFailure(crypto: Crypto, sharedSecrets: readonly Hash32[], reason: Hex, data?: AttributionData): ReadFailure {
  if (sharedSecrets.length > MAX_ROUTE_HOPS) throw new RangeError(`a route of ${sharedSecrets.length} hops`);
  const packet = fromHex(reason);
  const attribution = data === undefined ? undefined : attributionReader(crypto, data, sharedSecrets.length);
  const holdTimes: number[] = [];
  let source: ReadFailure['source'];
  let unattributed: number | undefined;
  for (let hop = 0; hop < MAX_ROUTE_HOPS; hop++) {
    const secret = sharedSecrets[hop] ?? NO_SECRET;
    xor(packet, crypto.chacha20(deriveKey(crypto, 'ammag', secret), packet.length));
    const isReal = hop < sharedSecrets.length;
    if (attribution !== undefined && isReal && source === undefined && unattributed === undefined) {
      const time = attribution.next(secret, packet);
      if (time === undefined) unattributed = hop;
      else holdTimes.push(time);
    }
    const message = authentic(crypto, secret, packet);
    if (source === undefined && isReal && message !== undefined) source = { hop, message, failure: decodeFailure(message) };
  }
  return { source, holdTimes, unattributed };
}

/** The `failuremsg`, where the HMAC is this hop's; empty where its length is a lie of who made it. */
function authentic(crypto: Crypto, secret: Hash32, packet: Uint8Array): Uint8Array | undefined {
  const hmac = crypto.hmacSha256(deriveKey(crypto, 'um', secret), packet.subarray(HMAC_SIZE));
  if (!sameCode(hmac, packet.subarray(0, HMAC_SIZE))) return undefined;
  const length = ((packet[HMAC_SIZE] ?? 0) << 8) | (packet[HMAC_SIZE + 1] ?? 0);
  const start = HMAC_SIZE + LENGTH_SIZE;
  return start + length <= packet.length ? packet.slice(start, start + length) : new Uint8Array(0);
}
