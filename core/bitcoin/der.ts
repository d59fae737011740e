import type { Hex, Signature } from '../crypto/bytes.ts';
import { byteLength, u8 } from './encode.ts';

/** A DER integer: minimal, and positive. */
function derInteger(word: Hex): Hex {
  let start = 0;
  while (start < word.length - 2 && word.startsWith('00', start)) start += 2;
  const digits = word.slice(start);
  const padded = parseInt(digits.slice(0, 1), 16) >= 8 ? '00' + digits : digits;
  return '02' + u8(byteLength(padded)) + padded;
}

/** A compact signature in the form that scripts carry: DER, then the sighash byte. */
export function scriptSignature(signature: Signature, sighashType: number): Hex {
  const body = derInteger(signature.slice(0, 64)) + derInteger(signature.slice(64));
  return '30' + u8(byteLength(body)) + body + u8(sighashType);
}

function derWord(body: Hex, offset: number): { readonly word: Hex; readonly end: number } | undefined {
  const length = parseInt(body.slice(offset + 2, offset + 4), 16);
  const digits = body.slice(offset + 4, offset + 4 + 2 * length);
  if (!body.startsWith('02', offset) || !(length >= 1 && length <= 33) || byteLength(digits) !== length) return undefined;
  const top = parseInt(digits.slice(0, 2), 16);
  if (top >= 0x80) return undefined;
  if (top === 0 && length > 1 && parseInt(digits.slice(2, 4), 16) < 0x80) return undefined;
  const word = (top === 0 ? digits.slice(2) : digits).padStart(64, '0');
  return word.length === 64 ? { word, end: offset + 4 + 2 * length } : undefined;
}

/**
 * The reverse of `scriptSignature`, strict as BIP 66 is: undefined for anything that is not exactly one minimal DER signature and
 * one sighash byte. Ranges of r and s are left to verification.
 */
export function parseScriptSignature(item: Hex): { readonly signature: Signature; readonly sighashType: number } | undefined {
  const body = item.slice(4, -2);
  if (!item.startsWith('30') || parseInt(item.slice(2, 4), 16) !== byteLength(body)) return undefined;
  const r = derWord(body, 0);
  if (r === undefined) return undefined;
  const s = derWord(body, r.end);
  if (s === undefined || s.end !== body.length) return undefined;
  return { signature: (r.word + s.word) as Signature, sighashType: parseInt(item.slice(-2), 16) };
}
