import { toHex } from '../core/crypto/bytes.ts';
import type { Crypto } from '../core/crypto/types.ts';

/** 32 bytes of hex: equal for equal seeds and labels. */
export function entropy(crypto: Crypto, seed: string, label: string): string {
  return toHex(crypto.sha256(ascii(`${seed}/${label}`)));
}

/** Labels and names are ASCII: anything else would make equal seeds differ by encoding. */
function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
