import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { CipherState, TransportEnv } from './cipher.ts';
import type { Handshake, HandshakeError } from './handshake.ts';
import { closed, initiator, responder, step } from './handshake.ts';
import type { DecryptionError, Receiver } from './messages.ts';
import { createReceiver, decryptMessages, encryptMessage } from './messages.ts';

/** A connection from its first byte to its last (BOLT 8). A value: the host holds the socket. */
export type Session =
  | { readonly kind: 'handshake'; readonly handshake: Handshake }
  | { readonly kind: 'open'; readonly remoteStatic: PublicKey; readonly sending: CipherState; readonly receiving: Receiver }
  /** Close the connection; whatever still comes is ignored. */
  | { readonly kind: 'failed'; readonly error: SessionError };

export type HandshakeSession = Extract<Session, { readonly kind: 'handshake' }>;
export type OpenSession = Extract<Session, { readonly kind: 'open' }>;
export type SessionError = HandshakeError | DecryptionError;

export interface SessionStep {
  readonly session: Session;
  /** Bytes for the peer, before anything else that is sent. */
  readonly send?: Uint8Array;
  /** The decrypted messages, in order; they are genuine even when the session has failed after them. */
  readonly messages: readonly Uint8Array[];
}

const NOTHING: readonly Uint8Array[] = [];

/** Our side dials. `ephemeralSecret` must be fresh randomness, used for this connection alone. */
export function dial(
  env: TransportEnv,
  keys: { readonly staticSecret: SecretKey; readonly remoteStatic: PublicKey; readonly ephemeralSecret: SecretKey },
): { readonly session: HandshakeSession; readonly send: Uint8Array } {
  const { state, send } = initiator(env, keys);
  return { session: { kind: 'handshake', handshake: state }, send };
}

/** The peer has dialled. `ephemeralSecret` must be fresh randomness, used for this connection alone. */
export function accept(
  env: TransportEnv,
  keys: { readonly staticSecret: SecretKey; readonly ephemeralSecret: SecretKey },
): HandshakeSession {
  return { kind: 'handshake', handshake: responder(env, keys) };
}

/** Takes the next bytes from the peer, cut anywhere. A session that becomes `open` or `failed` here says so by its kind. */
export function receive(env: TransportEnv, session: Session, bytes: Uint8Array): SessionStep {
  switch (session.kind) {
    case 'failed':
      return { session, messages: NOTHING };
    case 'open':
      return receiveMessages(env, session, bytes);
    case 'handshake': {
      const next = step(env, session.handshake, bytes);
      if (next.kind === 'failed') return { session: next, messages: NOTHING };
      const send = next.send === undefined ? {} : { send: next.send };
      if (next.kind === 'waiting') return { session: { kind: 'handshake', handshake: next.state }, messages: NOTHING, ...send };
      const { remoteStatic, sending, receiving } = next.established;
      const open: OpenSession = { kind: 'open', remoteStatic, sending, receiving: createReceiver(receiving) };
      return { ...receiveMessages(env, open, next.rest), ...send };
    }
  }
}

/** Encrypts one message of at most 65,535 bytes; throws a RangeError above. */
export function send(
  env: TransportEnv,
  session: OpenSession,
  message: Uint8Array,
): { readonly session: OpenSession; readonly bytes: Uint8Array } {
  const { state, bytes } = encryptMessage(env, session.sending, message);
  const { kind, remoteStatic, receiving } = session;
  return { session: { kind, remoteStatic, sending: state, receiving }, bytes };
}

/** The peer has closed the connection. That is no error once the session is open: BOLT 8 has no goodbye. */
export function close(session: Session): Session {
  return session.kind === 'handshake' ? { kind: 'failed', error: closed(session.handshake) } : session;
}

function receiveMessages(env: TransportEnv, session: OpenSession, bytes: Uint8Array): SessionStep {
  const { state, messages, error } = decryptMessages(env, session.receiving, bytes);
  if (error !== undefined) return { session: { kind: 'failed', error }, messages };
  const { kind, remoteStatic, sending } = session;
  return { session: { kind, remoteStatic, sending, receiving: state }, messages };
}
