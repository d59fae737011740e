import { describe, expect, it } from 'vitest';
import { fromHex } from '../crypto/bytes.ts';
import { deriveKey, xor } from './keys.ts';
import { ASSOCIATED, fake, fakeNode, key } from './onion.fixture.ts';
import { joinPacket } from './packet.ts';
import { peelOnion } from './peel.ts';

/** A one-hop packet whose decrypted payloads begin with these bytes: what an origin can make that lies about lengths. */
function packetOf(start: string, size: number, zeros: boolean): Uint8Array {
  const node = fakeNode(1);
  const secret = fake.ecdh(node.id, key('07'));
  const covered = new Uint8Array(size + ASSOCIATED.length).fill(zeros ? 0 : 0xff);
  covered.set(ASSOCIATED, size);
  const hopPayloads = covered.subarray(0, size);
  hopPayloads.set(fromHex(start));
  xor(hopPayloads, fake.chacha20(deriveKey(fake, 'rho', secret), size));
  const hmac = fake.hmacSha256(deriveKey(fake, 'mu', secret), covered);
  return joinPacket({ version: 0, publicKey: fake.publicKey(key('07')), hopPayloads, hmac });
}

const peel = (start: string, size = 100, zeros = false) => peelOnion(fakeNode(1).env, packetOf(start, size, zeros), ASSOCIATED);

describe('the length of a payload', () => {
  it.each([
    ['is reserved: 0', '00'],
    ['is reserved: 1', '01'],
    ['is not minimal', 'fd0010'],
    ['is one more than fits before an HMAC', '44'],
    ['is all that is left', '63'],
    ['is more than is left', 'fd0800'],
    ['is absurd', 'ffffffffffffffffff'],
  ])('%s', (_, start) => {
    const result = peel(start);
    expect(result).toMatchObject({ ok: false, rule: 'onion.payload_length' });
    // The HMAC was right: the origin can be told.
    expect(result.sharedSecret).toBeDefined();
  });

  it('is cut off by the end of a small packet', () => {
    expect(peel('fd', 1)).toMatchObject({ rule: 'onion.payload_length' });
    expect(peel('02aabb', 34)).toMatchObject({ rule: 'onion.payload_length' });
  });

  it('may be all that fits, for a final node and for another', () => {
    expect(peel('43', 100, true)).toMatchObject({ ok: true, next: undefined });
    const other = peel('43');
    expect(other.ok && other.next?.length).toBe(166);
    expect(other.ok && other.payload.length).toBe(0x43);
    expect(peel('02aabb', 35, true)).toMatchObject({ ok: true, next: undefined });
  });
});
