import { describe, expect, it } from 'vitest';
import { addressDescriptor } from './remote-address.ts';

describe('the address that a peer came from', () => {
  it.each([
    ['08080404', 9735, '01080804042607'],
    ['00000000000000000000ffff08080404', 65535, '0108080404ffff'],
    ['2a000000000000000000000000000001', 1, '022a0000000000000000000000000000010001'],
    ['ac0fffff', 9735, '01ac0fffff2607'],
    ['ac200000', 9735, '01ac2000002607'],
    ['64800000', 9735, '01648000002607'],
  ])('%s:%i is told as BOLT 7 describes it', (ip, port, descriptor) => {
    expect(addressDescriptor({ ip, port })).toBe(descriptor);
  });

  it.each([
    '0a000001',
    '7f000001',
    'ac100000',
    'ac1fffff',
    'c0a80101',
    'a9fe0001',
    '64400001',
    '647fffff',
    '00000000',
    'e0000001',
    'ffffffff',
    '00000000000000000000ffff0a000001',
    '00000000000000000000000000000001',
    'fe800000000000000000000000000001',
    'fd000000000000000000000000000001',
    'ff020000000000000000000000000001',
    '20010db8000000000000000000000001',
    '',
    '0808',
  ])('%s is not: it is private, or no address', (ip) => {
    expect(addressDescriptor({ ip, port: 9735 })).toBeUndefined();
  });

  it.each([0, -1, 65536, 1.5, Number.NaN])('is none with the port %d', (port) => {
    expect(addressDescriptor({ ip: '08080404', port })).toBeUndefined();
  });
});
