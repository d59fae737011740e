import { describe, expect, it } from 'vitest';
import { toHex } from '../../core/crypto/bytes.ts';
import { ipBytes } from './tcp.ts';

describe('an address of Node.js', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::1', '00000000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['::ffff:8.8.4.4', '00000000000000000000ffff08080404'],
    ['2a00:1450:4001:0:0:0:0:200e', '2a00145040010000000000000000200e'],
    ['2a00:1450:4001::200e', '2a00145040010000000000000000200e'],
    ['fe80::1%eth0', 'fe800000000000000000000000000001'],
    ['2001:db8::', '20010db8000000000000000000000000'],
  ])('%s has the bytes %s', (text, hex) => {
    expect(toHex(ipBytes(text))).toBe(hex);
  });
});
