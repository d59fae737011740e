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
/**
 * 64 bytes: a compact ECDSA signature r || s. What a taproot format signs with (MuSig2: a nonce and a partial signature) will be a type of its
 * own beside this one, chosen by the format.
 */
export type Signature = Branded<'Signature'>;
/** 32 bytes: a payment preimage. */
export type Preimage = Branded<'Preimage'>;
/** A Bitcoin script, without length prefix. */
export type Script = Branded<'Script'>;
/** A serialised Bitcoin transaction. */
export type RawTx = Branded<'RawTx'>;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
/** Character codes of the high and the low digit of every byte. */
const HIGH = Uint8Array.from(HEX, (pair) => pair.charCodeAt(0));
const LOW = Uint8Array.from(HEX, (pair) => pair.charCodeAt(1));
/** Value of a hex digit by character code, 0xff for anything else. */
const DIGIT = new Uint8Array(128).fill(0xff);
for (const [value, text] of HEX.slice(0, 16).entries()) {
  DIGIT[text.charCodeAt(1)] = value;
  DIGIT[text.toUpperCase().charCodeAt(1)] = value;
}

/** Bytes to lower-case hex. */
export function toHex<T extends string = Hex>(bytes: Uint8Array): T {
  return readHex<T>(bytes, 0, bytes.length);
}

/** `toHex` of the bytes in [start, end), which must be there. */
export function readHex<T extends string = Hex>(bytes: Uint8Array, start: number, end: number): T {
  const code = (table: Uint8Array, i: number): number => table[bytes[i] as number] as number;
  let out = '';
  let i = start;
  // Eight bytes a call: twice as fast as one string concatenation a byte.
  for (; i + 8 <= end; i += 8) {
    // prettier-ignore
    out += String.fromCharCode(
      code(HIGH, i), code(LOW, i), code(HIGH, i + 1), code(LOW, i + 1), code(HIGH, i + 2), code(LOW, i + 2), code(HIGH, i + 3), code(LOW, i + 3),
      code(HIGH, i + 4), code(LOW, i + 4), code(HIGH, i + 5), code(LOW, i + 5), code(HIGH, i + 6), code(LOW, i + 6), code(HIGH, i + 7), code(LOW, i + 7),
    );
  }
  for (; i < end; i++) out += HEX[bytes[i] as number];
  return out as T;
}

/** One byte a character: labels and protocol names, which are ASCII. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Hex to bytes. Throws a RangeError on an odd length or a character that is no hex digit: hex that peers send is never parsed here. */
export function fromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length >>> 1);
  writeHex(hex, out, 0);
  return out;
}

/** `fromHex` into a buffer that has the room, from `at` on. */
export function writeHex(hex: string, target: Uint8Array, at: number): void {
  if (hex.length % 2 !== 0) throw new RangeError('hex string of odd length');
  let seen = 0;
  for (let j = 0; j < hex.length; j += 2) {
    const high = DIGIT[hex.charCodeAt(j)] ?? 0xff;
    const low = DIGIT[hex.charCodeAt(j + 1)] ?? 0xff;
    seen |= high | low;
    target[at++] = (high << 4) | low;
  }
  if (seen > 15) throw new RangeError('not a hex string');
}
