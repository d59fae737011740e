import { describe, expect, it } from 'vitest';
import file from '../../corpus/vectors/bolt08-handshake.json' with { type: 'json' };
import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { Handshake, HandshakeStep } from './handshake.ts';
import { closed, initiator, responder, step } from './handshake.ts';

const env = { crypto: noble, cipher: nobleChaCha20Poly1305 };

interface Vector {
  readonly name: string;
  readonly role: string;
  readonly staticSecret: string;
  readonly static: string;
  readonly ephemeralSecret: string;
  readonly ephemeral: string;
  readonly remoteStatic?: string;
  readonly steps: readonly {
    readonly input?: string;
    readonly output?: string;
    readonly error?: string;
    readonly keys?: { readonly sk: string; readonly rk: string };
  }[];
}
const vectors: readonly Vector[] = file.vectors;

/** A step fed byte by byte must be the step fed at once. */
function feed(state: Handshake, bytes: Uint8Array, bytewise: boolean): HandshakeStep {
  if (!bytewise) return step(env, state, bytes);
  let current: HandshakeStep = { kind: 'waiting', state };
  for (const byte of bytes) {
    if (current.kind !== 'waiting') throw new Error('over before its last byte');
    current = step(env, current.state, Uint8Array.of(byte));
  }
  return current;
}

function run(vector: Vector, bytewise: boolean): void {
  const secrets = { staticSecret: vector.staticSecret as SecretKey, ephemeralSecret: vector.ephemeralSecret as SecretKey };
  expect(noble.publicKey(secrets.staticSecret)).toBe(vector.static);
  expect(noble.publicKey(secrets.ephemeralSecret)).toBe(vector.ephemeral);
  let last: HandshakeStep =
    vector.role === 'initiator'
      ? { kind: 'waiting', ...initiator(env, { ...secrets, remoteStatic: vector.remoteStatic as PublicKey }) }
      : { kind: 'waiting', state: responder(env, secrets) };
  for (const { input, output, error, keys } of vector.steps) {
    if (input !== undefined) {
      if (last.kind !== 'waiting') throw new Error('over too early');
      last = feed(last.state, fromHex(input), bytewise);
    }
    if (output !== undefined) expect(last.kind !== 'failed' && last.send && toHex(last.send)).toBe(output);
    if (error?.endsWith('READ_FAILED')) {
      if (last.kind !== 'waiting') throw new Error('a cut act is no error until the connection closes');
      expect(closed(last.state)).toBe(error);
    } else if (error !== undefined) {
      expect(last).toEqual({ kind: 'failed', error });
    }
    if (keys !== undefined) {
      if (last.kind !== 'done') throw new Error('not done');
      expect(toHex(last.established.sending.key)).toBe(keys.sk);
      expect(toHex(last.established.receiving.key)).toBe(keys.rk);
      expect(last.rest).toHaveLength(0);
    }
  }
}

describe('BOLT 8, Appendix A', () => {
  it('is complete', () => expect(vectors).toHaveLength(15));
  it.each(vectors)('$name', (vector) => run(vector, false));
  it.each(vectors)('$name, byte by byte', (vector) => run(vector, true));
});

describe('handshake', () => {
  const [staticSecret, ephemeralSecret] = ['11'.repeat(32) as SecretKey, '12'.repeat(32) as SecretKey];
  const peer = { staticSecret: '21'.repeat(32) as SecretKey, ephemeralSecret: '22'.repeat(32) as SecretKey };

  it('tells both sides whom they talk to, and hands over the bytes that follow the last act', () => {
    const dialled = initiator(env, { staticSecret, ephemeralSecret, remoteStatic: noble.publicKey(peer.staticSecret) });
    const two = step(env, responder(env, peer), dialled.send);
    if (two.kind !== 'waiting' || !two.send) throw new Error('no act two');
    const three = step(env, dialled.state, Uint8Array.of(...two.send, 7, 8, 9));
    if (three.kind !== 'done' || !three.send) throw new Error('no act three');
    expect([...three.rest]).toEqual([7, 8, 9]);
    const end = step(env, two.state, Uint8Array.of(...three.send, 1, 2));
    if (end.kind !== 'done') throw new Error('not done');
    expect([...end.rest]).toEqual([1, 2]);
    expect(end.established.remoteStatic).toBe(noble.publicKey(staticSecret));
    expect(three.established.remoteStatic).toBe(noble.publicKey(peer.staticSecret));
    expect(end.established.receiving).toEqual(three.established.sending);
    expect(end.established.sending).toEqual(three.established.receiving);
  });

  it('fails with a responder that is another node', () => {
    const { send } = initiator(env, { staticSecret, ephemeralSecret, remoteStatic: noble.publicKey(ephemeralSecret) });
    expect(step(env, responder(env, peer), send)).toEqual({ kind: 'failed', error: 'ACT1_BAD_TAG' });
  });

  it('fails when act three comes with act one, before it can be known', () => {
    const { send } = initiator(env, { staticSecret, ephemeralSecret, remoteStatic: noble.publicKey(peer.staticSecret) });
    const both = new Uint8Array(50 + 66);
    both.set(send);
    expect(step(env, responder(env, peer), both)).toEqual({ kind: 'failed', error: 'ACT3_BAD_CIPHERTEXT' });
  });
});
