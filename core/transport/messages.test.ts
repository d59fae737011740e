import { describe, expect, it } from 'vitest';
import vectors from '../../corpus/vectors/bolt08-messages.json' with { type: 'json' };
import { fromHex, toHex } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { CipherState } from './cipher.ts';
import { encodeNonce } from './cipher.ts';
import { concat } from '../wire/fragments.ts';
import { createReceiver, decryptMessages, encryptMessage, MAX_MESSAGE_LENGTH } from './messages.ts';

const env = { crypto: noble, cipher: nobleChaCha20Poly1305 };
const fresh: CipherState = { key: fromHex(vectors.sendingKey), chainingKey: fromHex(vectors.chainingKey), nonce: 0 };

function encryptAll(messages: readonly Uint8Array[]): Uint8Array[] {
  let state = fresh;
  return messages.map((message) => {
    const next = encryptMessage(env, state, message);
    state = next.state;
    return next.bytes;
  });
}

describe('BOLT 8, Appendix A: 1,002 messages over two key rotations', () => {
  const messages = Array.from({ length: vectors.count }, () => fromHex(vectors.message));
  const encrypted = encryptAll(messages);

  it.each(vectors.outputs)('output $index', ({ index, bytes }) => {
    expect(toHex(encrypted[index] as Uint8Array)).toBe(bytes);
  });

  it('are read back, at once and with cuts that drift over every offset', () => {
    const stream = concat(...encrypted);
    expect(decryptMessages(env, createReceiver(fresh), stream).messages).toEqual(messages);
    let receiver = createReceiver(fresh);
    const read: Uint8Array[] = [];
    for (let offset = 0; offset < stream.length; offset += 38) {
      const step = decryptMessages(env, receiver, stream.subarray(offset, offset + 38));
      receiver = step.state;
      read.push(...step.messages);
    }
    expect(read).toEqual(messages);
  });
});

describe('nonces', () => {
  // The published messages use none above 3.
  it.each([
    [0, '000000000000000000000000'],
    [1, '000000000100000000000000'],
    [255, '00000000ff00000000000000'],
    [256, '000000000001000000000000'],
    [999, '00000000e703000000000000'],
  ])('%i is 32 zero bits, then 64 bits little-endian', (nonce, hex) => {
    expect(toHex(encodeNonce(nonce))).toBe(hex);
  });
});

describe('message framing', () => {
  it('carries the empty and the longest message, and refuses a longer one', () => {
    const messages = [new Uint8Array(0), new Uint8Array(MAX_MESSAGE_LENGTH).fill(3), Uint8Array.of(1)];
    const encrypted = encryptAll(messages);
    expect(encrypted.map((bytes) => bytes.length)).toEqual([34, MAX_MESSAGE_LENGTH + 34, 35]);
    expect(decryptMessages(env, createReceiver(fresh), concat(...encrypted)).messages).toEqual(messages);
    expect(() => encryptAll([new Uint8Array(MAX_MESSAGE_LENGTH + 1)])).toThrow(RangeError);
  });

  it.each([
    [0, 'BAD_LENGTH_TAG'],
    [17, 'BAD_LENGTH_TAG'],
    [18, 'BAD_MESSAGE_TAG'],
    [38, 'BAD_MESSAGE_TAG'],
  ])('a change at byte %i of the second message is %s; the first is still delivered', (at, error) => {
    const [first, second] = encryptAll([fromHex('01'), fromHex(vectors.message)]) as [Uint8Array, Uint8Array];
    second[at] = (second[at] as number) ^ 0x80;
    const step = decryptMessages(env, createReceiver(fresh), concat(first, second));
    expect(step.messages).toEqual([fromHex('01')]);
    expect(step.error).toBe(error);
  });

  it('does not accept a message twice, nor out of order', () => {
    const [first, second] = encryptAll([fromHex('01'), fromHex('02')]) as [Uint8Array, Uint8Array];
    expect(decryptMessages(env, createReceiver(fresh), concat(first, first)).error).toBe('BAD_LENGTH_TAG');
    expect(decryptMessages(env, createReceiver(fresh), second).error).toBe('BAD_LENGTH_TAG');
  });

  it('holds few pieces of a message that trickles in, and does not keep the read buffer', () => {
    const message = new Uint8Array(5000).fill(9);
    const [bytes] = encryptAll([message]) as [Uint8Array];
    const buffer = new Uint8Array(1);
    let receiver = createReceiver(fresh);
    let most = 0;
    for (const byte of bytes.subarray(0, -1)) {
      buffer[0] = byte;
      receiver = decryptMessages(env, receiver, buffer).state;
      most = Math.max(most, receiver.pending.pieces.length);
    }
    expect(most).toBeLessThanOrEqual(13);
    const last = bytes.subarray(-1);
    expect(decryptMessages(env, receiver, last).messages).toEqual([message]);
    // The old state is intact: the same end may come again.
    expect(decryptMessages(env, receiver, last).messages).toEqual([message]);
  });
});
