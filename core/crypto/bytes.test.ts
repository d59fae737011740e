import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from './bytes.ts';

describe('hex', () => {
  it('writes two lower-case digits a byte, at every length', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (let length = 0; length <= bytes.length; length++) {
      const part = bytes.subarray(256 - length);
      expect(toHex(part)).toBe(Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
  });

  it('reads back what it wrote, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
      { seed: 21 },
    );
  });

  it.each(['0', 'abc', '0g', 'g0', ' 1', '1 ', '0x', '/0', ':0', '@0', '`0', '\u0130\u0130', '\u0100a', '0\uff11'])('refuses %j', (hex) => {
    expect(() => fromHex(hex)).toThrow(RangeError);
  });
});
