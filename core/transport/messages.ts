import type { CipherState, TransportEnv } from './cipher.ts';
import { advance, encodeNonce, TAG_LENGTH } from './cipher.ts';
import type { Fragments } from '../wire/fragments.ts';
import { append, join, NO_FRAGMENTS } from '../wire/fragments.ts';

/** BOLT 8: the length prefix has two bytes. */
export const MAX_MESSAGE_LENGTH = 65535;

const LENGTH_BYTES = 2;
const NO_ASSOCIATED_DATA = new Uint8Array(0);

/** The receiving half of a connection. It never holds more than one message of the greatest length, and its tag. */
export interface Receiver {
  readonly cipher: CipherState;
  /** What has come of the next frame: a length, or the message whose length is known. */
  readonly pending: Fragments;
  readonly messageLength: number | undefined;
}

export type DecryptionError = 'BAD_LENGTH_TAG' | 'BAD_MESSAGE_TAG';

export function createReceiver(cipher: CipherState): Receiver {
  return { cipher, pending: NO_FRAGMENTS, messageLength: undefined };
}

/**
 * BOLT 8, "Encrypting and Sending Messages". Throws a RangeError for a message over `MAX_MESSAGE_LENGTH` bytes: whoever built it
 * has broken BOLT 1.
 */
export function encryptMessage(
  env: TransportEnv,
  state: CipherState,
  message: Uint8Array,
): { readonly state: CipherState; readonly bytes: Uint8Array } {
  if (message.length > MAX_MESSAGE_LENGTH) throw new RangeError(`message of ${message.length} bytes`);
  const length = Uint8Array.of(message.length >> 8, message.length & 0xff);
  const prefix = env.cipher.encrypt(state.key, encodeNonce(state.nonce), NO_ASSOCIATED_DATA, length);
  const afterPrefix = advance(env, state);
  const body = env.cipher.encrypt(afterPrefix.key, encodeNonce(afterPrefix.nonce), NO_ASSOCIATED_DATA, message);
  const bytes = new Uint8Array(prefix.length + body.length);
  bytes.set(prefix);
  bytes.set(body, prefix.length);
  return { state: advance(env, afterPrefix), bytes };
}

/**
 * BOLT 8, "Receiving and Decrypting Messages", for a stream cut anywhere. After an error the connection must be closed; the messages
 * before it are genuine.
 */
export function decryptMessages(
  env: TransportEnv,
  receiver: Receiver,
  bytes: Uint8Array,
): { readonly state: Receiver; readonly messages: readonly Uint8Array[]; readonly error?: DecryptionError } {
  const messages: Uint8Array[] = [];
  let { cipher, pending, messageLength } = receiver;
  let offset = 0;
  for (;;) {
    const end = offset + (messageLength ?? LENGTH_BYTES) + TAG_LENGTH - pending.length;
    if (bytes.length < end) break;
    const frame = join(pending, bytes.subarray(offset, end));
    const plaintext = env.cipher.decrypt(cipher.key, encodeNonce(cipher.nonce), NO_ASSOCIATED_DATA, frame);
    if (plaintext === undefined) {
      return { state: receiver, messages, error: messageLength === undefined ? 'BAD_LENGTH_TAG' : 'BAD_MESSAGE_TAG' };
    }
    offset = end;
    pending = NO_FRAGMENTS;
    cipher = advance(env, cipher);
    if (messageLength === undefined) {
      messageLength = ((plaintext[0] as number) << 8) | (plaintext[1] as number);
    } else {
      messageLength = undefined;
      messages.push(plaintext);
    }
  }
  return { state: { cipher, pending: append(pending, bytes.subarray(offset)), messageLength }, messages };
}
