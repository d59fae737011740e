import type { PublicKey } from '../crypto/bytes.ts';
import { fromHex, readHex } from '../crypto/bytes.ts';

/** BOLT 4, Packet Structure: `version`, `public_key`, `hop_payloads`, `hmac`, one behind the other. */
export interface OnionPacket {
  readonly version: number;
  /** As it came: whether it is a point is the reader's first question. */
  readonly publicKey: PublicKey;
  readonly hopPayloads: Uint8Array;
  readonly hmac: Uint8Array;
}

const PUBLIC_KEY_AT = 1;
const PAYLOADS_AT = 34;
export const HMAC_SIZE = 32;
/** Of everything but `hop_payloads`. */
export const PACKET_OVERHEAD = PAYLOADS_AT + HMAC_SIZE;
/** BOLT 4: of `hop_payloads` in an HTLC. Onion messages may be of any size. */
export const PAYMENT_PAYLOADS_SIZE = 1300;

/** The parts of the bytes, which they share; undefined where there are too few. */
export function splitPacket(bytes: Uint8Array): OnionPacket | undefined {
  if (bytes.length <= PACKET_OVERHEAD) return undefined;
  const end = bytes.length - HMAC_SIZE;
  return {
    version: bytes[0] as number,
    publicKey: readHex<PublicKey>(bytes, PUBLIC_KEY_AT, PAYLOADS_AT),
    hopPayloads: bytes.subarray(PAYLOADS_AT, end),
    hmac: bytes.subarray(end),
  };
}

export function joinPacket({ version, publicKey, hopPayloads, hmac }: OnionPacket): Uint8Array {
  const bytes = new Uint8Array(PACKET_OVERHEAD + hopPayloads.length);
  bytes[0] = version;
  bytes.set(fromHex(publicKey), PUBLIC_KEY_AT);
  bytes.set(hopPayloads, PAYLOADS_AT);
  bytes.set(hmac, PAYLOADS_AT + hopPayloads.length);
  return bytes;
}
