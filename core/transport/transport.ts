import type { PublicKey, SecretKey } from '../crypto/bytes.ts';
import type { TransportEnv } from './cipher.ts';
import { accept, dial, receive, send } from './session.ts';
import type { HandshakeSession, OpenSession, Session, SessionError, SessionStep } from './session.ts';

/** How far a connection has come. Whatever else a transport keeps in its sessions is its own business. */
export type AnySession = ShakingHands | Established | { readonly kind: 'failed'; readonly error: SessionError };

export interface ShakingHands {
  readonly kind: 'handshake';
}
/** The other end has proved that it is this node. */
export interface Established {
  readonly kind: 'open';
  readonly remoteStatic: PublicKey;
}

/** What connections are spoken over, with the key of one node: BOLT 8 (`bolt8`), unless a host brings another. Sessions are values. */
export interface Transport {
  /** `ephemeralSecret` must be fresh randomness, used for this connection alone; `send` goes out before anything else, and may be empty. */
  dial(peer: PublicKey, ephemeralSecret: SecretKey): { readonly session: ShakingHands; readonly send: Uint8Array };
  accept(ephemeralSecret: SecretKey): ShakingHands;
  /** Takes the next bytes, cut anywhere: see `SessionStep`. */
  receive(session: AnySession, bytes: Uint8Array): Omit<SessionStep, 'session'> & { readonly session: AnySession };
  /** One message of at most 65,535 bytes; throws a RangeError above. */
  send(session: Established, message: Uint8Array): { readonly session: Established; readonly bytes: Uint8Array };
}

/** A transport that shows its sessions. */
export interface Bolt8 extends Transport {
  dial(peer: PublicKey, ephemeralSecret: SecretKey): { readonly session: HandshakeSession; readonly send: Uint8Array };
  accept(ephemeralSecret: SecretKey): HandshakeSession;
  receive(session: Session, bytes: Uint8Array): SessionStep;
  send(session: OpenSession, message: Uint8Array): { readonly session: OpenSession; readonly bytes: Uint8Array };
}

/** BOLT 8, with the static key of our node id. */
export function bolt8(env: TransportEnv, staticSecret: SecretKey): Bolt8 {
  return {
    dial: (remoteStatic, ephemeralSecret) => dial(env, { staticSecret, remoteStatic, ephemeralSecret }),
    accept: (ephemeralSecret) => accept(env, { staticSecret, ephemeralSecret }),
    receive: (session, bytes) => receive(env, session, bytes),
    send: (session, message) => send(env, session, message),
  };
}
