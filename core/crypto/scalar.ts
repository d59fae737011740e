import type { SecretKey } from './bytes.ts';

/** The order n of secp256k1's group. */
export const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const CURVE_ORDER_HEX = CURVE_ORDER.toString(16);
const ZERO_HEX = '0'.repeat(64);

/** 1 for the character codes of lower-case hex digits. Twice as fast as a regular expression. */
const IS_DIGIT = new Uint8Array(128);
for (const digit of '0123456789abcdef') IS_DIGIT[digit.charCodeAt(0)] = 1;

function isLowerCaseHex(text: string): boolean {
  let all = 1;
  for (let i = 0; i < text.length; i++) all &= IS_DIGIT[text.charCodeAt(i)] ?? 0;
  return all === 1;
}

/** Whether this is 32 bytes of lower-case hex in [1, n-1]. Lower-case hex of one length orders as its numbers do. */
export function isScalar(hex: string): boolean {
  return hex.length === 64 && isLowerCaseHex(hex) && hex > ZERO_HEX && hex < CURVE_ORDER_HEX;
}

export function scalarToBigint(hex: string): bigint {
  return BigInt(`0x${hex}`);
}

function encode(value: bigint): SecretKey {
  if (value === 0n) throw new RangeError('zero scalar');
  const hex = value.toString(16);
  return (hex.length === 64 ? hex : hex.padStart(64, '0')) as SecretKey;
}

/** a + b mod n, for 32-byte operands. Throws a RangeError when that is zero. */
export function scalarAdd(a: SecretKey, b: SecretKey): SecretKey {
  return encode((scalarToBigint(a) + scalarToBigint(b)) % CURVE_ORDER);
}

/** a × b mod n, for 32-byte operands. Throws a RangeError when that is zero. */
export function scalarMultiply(a: SecretKey, b: SecretKey): SecretKey {
  return encode((scalarToBigint(a) * scalarToBigint(b)) % CURVE_ORDER);
}

/** The 32 bytes modulo n: what ECDSA makes of a digest. */
export function reduceScalar(hex: string): string {
  return hex < CURVE_ORDER_HEX ? hex : (scalarToBigint(hex) - CURVE_ORDER).toString(16).padStart(64, '0');
}

/** Whether this is a compact signature with r and s in [1, n-1]. */
export function isSignature(hex: string): boolean {
  return isScalar(hex.slice(0, 64)) && isScalar(hex.slice(64));
}
