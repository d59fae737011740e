/**
 * Branded hex strings: the one representation of ids, hashes, keys, signatures, scripts and transactions in core.
 *
 * Lower case, two digits a byte. Strings compare with `===`, key a Map, print, and serialise canonically.
 * Only bulk payloads (onions, raw messages) are `Uint8Array`.
 */
declare const brand: unique symbol;
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Any number of bytes as hex. */
export type Hex = string;
/** 32 bytes: a SHA-256 digest, a payment hash, a chain hash. */
export type Hash32 = Branded<'Hash32'>;
/** 32 bytes, in internal (wire) byte order, NOT the reversed order that explorers print. */
export type Txid = Branded<'Txid'>;
/** 32 bytes, BOLT 2 channel_id (temporary or final). */
export type ChannelId = Branded<'ChannelId'>;
/** 32 bytes: a secp256k1 scalar in [1, n-1]. */
export type SecretKey = Branded<'SecretKey'>;
/** 33 bytes: a compressed secp256k1 point. */
export type PublicKey = Branded<'PublicKey'>;
/** 64 bytes: a compact ECDSA signature r || s. */
export type Signature = Branded<'Signature'>;
/** 32 bytes: a payment preimage. */
export type Preimage = Branded<'Preimage'>;
/** A Bitcoin script, without length prefix. */
export type Script = Branded<'Script'>;
/** A serialised Bitcoin transaction. */
export type RawTx = Branded<'RawTx'>;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Bytes to lower-case hex. */
export function toHex<T extends string = Hex>(bytes: Uint8Array): T {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += HEX[bytes[i] as number];
  return out as T;
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

/** Hex to bytes. Throws a RangeError on an odd length or a character that is no hex digit: hex that peers send is never parsed here. */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0) throw new RangeError('hex string of odd length');
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0, j = 0; i < out.length; i++, j += 2) {
    const high = digit(hex.charCodeAt(j));
    const low = digit(hex.charCodeAt(j + 1));
    if (high < 0 || low < 0) throw new RangeError(`not a hex digit at ${j}`);
    out[i] = high * 16 + low;
  }
  return out;
}
