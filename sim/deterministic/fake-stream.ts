import type { ChaCha20 } from '../../core/crypto/chacha20.ts';
import { RunningHash } from './hash.ts';

/**
 * No encryption at all: bytes of a small generator (xorshift128, Marsaglia 2003) that every bit of the key seeds. As with the real stream, a
 * longer one begins with the shorter one, and two keys have nothing in common.
 */
export const fakeStream: ChaCha20 = (key, length) => {
  const hash = new RunningHash();
  hash.bytes(key);
  const seed = hash.state();
  const word = (at: number): number =>
    ((seed[at] as number) << 24) | ((seed[at + 1] as number) << 16) | ((seed[at + 2] as number) << 8) | (seed[at + 3] as number);
  let [x, y, z, w] = [word(0), word(4), word(8), word(12) | 1];
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i += 4) {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    out[i] = w;
    out[i + 1] = w >>> 8;
    out[i + 2] = w >>> 16;
    out[i + 3] = w >>> 24;
  }
  return out;
};
