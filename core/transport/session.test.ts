import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFakeCrypto } from '../../sim/deterministic/fake-crypto.ts';
import type { SecretKey } from '../crypto/bytes.ts';
import { nobleChaCha20Poly1305 } from '../crypto/chacha20poly1305.ts';
import { noble } from '../crypto/noble.fixture.ts';
import type { TransportEnv } from './cipher.ts';
import type { OpenSession, Session, SessionStep } from './session.ts';
import { accept, close, dial, receive, send } from './session.ts';

const fakeEnv: TransportEnv = { crypto: createFakeCrypto(), cipher: nobleChaCha20Poly1305 };
const realEnv: TransportEnv = { crypto: noble, cipher: nobleChaCha20Poly1305 };
const key = (byte: string): SecretKey => byte.repeat(32) as SecretKey;
const ALICE = { staticSecret: key('11'), ephemeralSecret: key('12') };
const BOB = { staticSecret: key('21'), ephemeralSecret: key('22') };

/** Feeds a stream in pieces of the given sizes, in turn, and collects what comes out. */
function receiveCut(env: TransportEnv, session: Session, stream: Uint8Array, sizes: readonly number[]): Required<SessionStep> {
  const messages: Uint8Array[] = [];
  const sent: number[] = [];
  for (let offset = 0, i = 0; offset < stream.length; i++) {
    const size = sizes[i % sizes.length] as number;
    const step = receive(env, session, stream.subarray(offset, offset + size));
    session = step.session;
    messages.push(...step.messages);
    sent.push(...(step.send ?? []));
    offset += size;
  }
  return { session, messages, send: Uint8Array.from(sent) };
}

function opened(session: Session): OpenSession {
  if (session.kind !== 'open') throw new Error(`session is ${session.kind}`);
  return session;
}

function connect(env: TransportEnv, sizes: readonly number[]): { readonly alice: OpenSession; readonly bob: OpenSession } {
  const one = dial(env, { ...ALICE, remoteStatic: env.crypto.publicKey(BOB.staticSecret) });
  const two = receiveCut(env, accept(env, BOB), one.send, sizes);
  const three = receiveCut(env, one.session, two.send, sizes);
  const end = receiveCut(env, two.session, three.send, sizes);
  return { alice: opened(three.session), bob: opened(end.session) };
}

function sendAll(env: TransportEnv, session: OpenSession, messages: readonly Uint8Array[]): { session: OpenSession; stream: Uint8Array } {
  const bytes: number[] = [];
  for (const message of messages) {
    const sent = send(env, session, message);
    session = sent.session;
    for (const byte of sent.bytes) bytes.push(byte);
  }
  return { session, stream: Uint8Array.from(bytes) };
}

const anySizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 8 });
const anyMessages = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 });

describe('session', () => {
  it('delivers what was sent, both ways, however the streams are cut', () => {
    fc.assert(
      fc.property(anySizes, anySizes, anyMessages, anyMessages, (cutA, cutB, fromAlice, fromBob) => {
        const { alice, bob } = connect(fakeEnv, cutA);
        const a = sendAll(fakeEnv, alice, fromAlice);
        const b = sendAll(fakeEnv, bob, fromBob);
        const atBob = receiveCut(fakeEnv, b.session, a.stream, cutB);
        const atAlice = receiveCut(fakeEnv, a.session, b.stream, cutA);
        expect(atBob.messages).toEqual(fromAlice);
        expect(atAlice.messages).toEqual(fromBob);
        // Both ends are in step again, whatever was cut.
        expect(opened(atBob.session).receiving.cipher).toEqual(a.session.sending);
        expect(opened(atAlice.session).receiving.cipher).toEqual(b.session.sending);
      }),
      { seed: 8, numRuns: 150 },
    );
  });

  it('fails for good at the first changed byte, and has delivered only what came whole before it', () => {
    fc.assert(
      fc.property(
        anySizes,
        fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (sizes, messages, where, flip) => {
          const { alice, bob } = connect(fakeEnv, [66]);
          const { stream } = sendAll(fakeEnv, alice, messages);
          const at = where % stream.length;
          stream[at] = (stream[at] as number) ^ flip;
          let whole = 0;
          for (let end = 0; whole < messages.length; whole++) {
            end += (messages[whole] as Uint8Array).length + 34;
            if (end > at) break;
          }
          const { session, messages: read } = receiveCut(fakeEnv, bob, stream, sizes);
          expect(session.kind).toBe('failed');
          expect(read).toEqual(messages.slice(0, whole));
          expect(receive(fakeEnv, session, stream)).toEqual({ session, messages: [] });
        },
      ),
      { seed: 9, numRuns: 100 },
    );
  });

  it('rotates each direction by itself over thousands of messages', () => {
    let { alice, bob } = connect(fakeEnv, [50, 66]);
    const firstKeys = [alice.sending.key, bob.sending.key];
    for (let i = 0; i < 1100; i++) {
      const message = Uint8Array.of(i >> 8, i & 0xff);
      const sent = send(fakeEnv, alice, message);
      const got = receive(fakeEnv, bob, sent.bytes);
      expect(got.messages).toEqual([message]);
      [alice, bob] = [sent.session, opened(got.session)];
    }
    expect(alice.sending.key).toEqual(bob.receiving.cipher.key);
    expect(alice.sending.key).not.toEqual(firstKeys[0]);
    expect(alice.sending.nonce).toBe(200);
    expect(bob.sending.key).toBe(firstKeys[1]);
  });

  it('works with real keys, and knows the peer', () => {
    const { alice, bob } = connect(realEnv, [7]);
    expect(bob.remoteStatic).toBe(noble.publicKey(ALICE.staticSecret));
    expect(alice.remoteStatic).toBe(noble.publicKey(BOB.staticSecret));
  });

  it('delivers the first messages that come in one piece with the last act', () => {
    const one = dial(fakeEnv, { ...ALICE, remoteStatic: fakeEnv.crypto.publicKey(BOB.staticSecret) });
    const two = receive(fakeEnv, accept(fakeEnv, BOB), one.send);
    const three = receive(fakeEnv, one.session, two.send as Uint8Array);
    const hello = send(fakeEnv, opened(three.session), Uint8Array.of(42));
    const end = receive(fakeEnv, two.session, Uint8Array.of(...(three.send as Uint8Array), ...hello.bytes));
    expect(end.messages).toEqual([Uint8Array.of(42)]);
    expect(end.session.kind).toBe('open');
  });

  it('takes a close during the handshake as its failure, and later as nothing', () => {
    expect(close(accept(fakeEnv, BOB))).toEqual({ kind: 'failed', error: 'ACT1_READ_FAILED' });
    const { alice } = connect(fakeEnv, [66]);
    expect(close(alice)).toBe(alice);
  });

  it('fails with the reason of the handshake', () => {
    const step = receive(fakeEnv, accept(fakeEnv, BOB), new Uint8Array(50).fill(1));
    expect(step).toEqual({ session: { kind: 'failed', error: 'ACT1_BAD_VERSION' }, messages: [] });
  });
});
