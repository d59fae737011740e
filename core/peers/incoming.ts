import type { Fragments } from '../wire/fragments.ts';
import { append, join, NO_FRAGMENTS } from '../wire/fragments.ts';
import type { AnySession, Established, ShakingHands } from '../transport/transport.ts';
import type { PeersEnv } from './peers-vocabulary.ts';

/** A session whose handshake is over. */
export type LiveSession = Exclude<AnySession, ShakingHands>;

/**
 * What has come from a peer and was not handed on yet. Messages are decrypted when the ones before them are done with, so that what
 * waits is never more than the bytes that came. A value.
 */
export interface Incoming {
  readonly session: LiveSession;
  readonly messages: readonly Uint8Array[];
  /** Index of the next message to hand on: nothing is copied when one leaves. */
  readonly next: number;
  /** Bytes of the messages from `next` on, with their frames. */
  readonly messageBytes: number;
  /** What came while messages were waiting. */
  readonly encrypted: Fragments;
}

/** BOLT 8: two bytes of length, its tag, and the message's. */
const FRAME_OVERHEAD = 34;
const NO_BYTES = new Uint8Array(0);

export function startIncoming(session: Established, messages: readonly Uint8Array[]): Incoming {
  return filled(session, messages);
}

/** Bytes that wait for the node: never those of a message that is not complete, which the session holds. */
export function held(incoming: Incoming): number {
  return incoming.messageBytes + incoming.encrypted.length;
}

/** Copies what it keeps. */
export function addBytes(incoming: Incoming, bytes: Uint8Array): Incoming {
  return { ...incoming, encrypted: append(incoming.encrypted, bytes) };
}

/** The next message, and what is left; undefined when nothing complete is there. */
export function nextMessage({ transport }: PeersEnv, incoming: Incoming): { readonly incoming: Incoming; readonly message?: Uint8Array } {
  let from = incoming;
  if (from.next === from.messages.length && from.encrypted.length > 0) {
    const { session, messages } = transport.receive(from.session, join(from.encrypted, NO_BYTES));
    from = filled(session as LiveSession, messages);
  }
  const message = from.messages[from.next];
  if (message === undefined) return { incoming: from };
  const messageBytes = from.messageBytes - message.length - FRAME_OVERHEAD;
  return { incoming: { ...from, next: from.next + 1, messageBytes }, message };
}

function filled(session: LiveSession, messages: readonly Uint8Array[]): Incoming {
  const messageBytes = messages.reduce((sum, message) => sum + message.length + FRAME_OVERHEAD, 0);
  return { session, messages, next: 0, messageBytes, encrypted: NO_FRAGMENTS };
}
