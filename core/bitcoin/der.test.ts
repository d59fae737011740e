import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { parseScriptSignature, scriptSignature } from './der.ts';

const SEED = 0x646572;

/** Words with leading zeros and with a top bit are the ones that DER treats specially. */
const word = fc
  .tuple(fc.nat(31), fc.uint8Array({ minLength: 32, maxLength: 32 }))
  .map(([zeros, bytes]) => toHex(bytes.fill(0, 0, zeros).fill(1, 31)));
const signature = fc.tuple(word, word).map(([r, s]) => (r + s) as Signature);

describe('signatures in scripts', () => {
  it('encode as noble does', () => {
    fc.assert(
      fc.property(signature, fc.nat(255), (compact, type) => {
        const expected = secp256k1.Signature.fromBytes(fromHex(compact)).toBytes('der');
        expect(scriptSignature(compact, type)).toBe(toHex(expected) + type.toString(16).padStart(2, '0'));
        expect(parseScriptSignature(scriptSignature(compact, type))).toEqual({ signature: compact, sighashType: type });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('have one encoding: whatever parses is what would be written', () => {
    fc.assert(
      fc.property(signature, fc.nat(), fc.nat(255), (compact, at, value) => {
        const bytes = fromHex(scriptSignature(compact, 1));
        bytes[at % bytes.length] = value;
        const item = toHex(bytes);
        const parsed = parseScriptSignature(item);
        if (parsed !== undefined) expect(scriptSignature(parsed.signature, parsed.sighashType)).toBe(item);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a sighash byte alone', '01'],
    ['no sequence', '310602010102010101'],
    ['a wrong total length', '300702010102010101'],
    ['a negative r', '300602018102010101'],
    ['a negative s', '300602010102018101'],
    ['a padded r', '30070202000102010101'],
    ['an empty r', '3005020002010101'],
    ['something behind s', '3007020101020101ff01'],
    ['no s', '300302010101'],
    ['s of another type', '300602010103010101'],
    ['r of 33 significant bytes', '302602210' + '1'.repeat(65) + '02010101'],
  ])('are refused with %s', (_, item) => expect(parseScriptSignature(item)).toBeUndefined());

  it('may hold a zero, which verification refuses', () => {
    expect(parseScriptSignature('300602010002010101')?.signature).toBe('00'.repeat(32) + '00'.repeat(31) + '01');
  });
});
