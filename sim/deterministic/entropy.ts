import { ascii, toHex } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';

/** 32 bytes of hex: equal for equal seeds and labels, which are ASCII: anything else would make equal seeds differ by encoding. */
export function entropy(crypto: Crypto, seed: string, label: string): string {
  return toHex(crypto.sha256(ascii(`${seed}/${label}`)));
}
