import { describe, expect, it } from 'vitest';
import { nobleChaCha20Poly1305 } from '../../core/crypto/chacha20poly1305.ts';
import { fakeCipher } from './fake-cipher.ts';

const text = (n: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => n + i);

describe('the fake cipher', () => {
  const plain = text(5, 70);
  const args = [text(1, 32), text(2, 12), text(3, 10)] as const;

  it.each([0, 1, 16, 17, 70])('gives back %i bytes, with a tag like the real one', (length) => {
    const sealed = fakeCipher.encrypt(...args, plain.subarray(0, length));
    expect(sealed).toHaveLength(nobleChaCha20Poly1305.encrypt(...args, plain.subarray(0, length)).length);
    expect(fakeCipher.decrypt(...args, sealed)).toEqual(plain.subarray(0, length));
    if (length > 0) expect(sealed.subarray(0, length)).not.toEqual(plain.subarray(0, length));
  });

  it('refuses every flipped bit, and another key, nonce or associated data', () => {
    const sealed = fakeCipher.encrypt(...args, plain);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = sealed.with(bit >> 3, (sealed[bit >> 3] as number) ^ (1 << (bit & 7)));
      expect(fakeCipher.decrypt(...args, flipped)).toBeUndefined();
    }
    for (const at of [0, 1, 2]) {
      const others = args.map((bytes, i) => (i === at ? bytes.with(0, 9) : bytes)) as unknown as typeof args;
      expect(fakeCipher.decrypt(...others, sealed)).toBeUndefined();
    }
    expect(fakeCipher.decrypt(...args, sealed.subarray(0, 15))).toBeUndefined();
  });
});
