import type { PublicKey } from '../../core/crypto/bytes.ts';
import { toHex } from '../../core/crypto/bytes.ts';
import type { Established, ShakingHands, Transport } from '../../core/transport/transport.ts';

/** Of a frame: its message's length. */
export const FRAME_HEADER = 2;

const SHAKING: ShakingHands = { kind: 'handshake' };
const NOTHING = new Uint8Array(0);

/**
 * No cipher: what a node's peer manager speaks on the links of a world, which say who is at their ends. The first bytes that an end reads are
 * the id of the other; all others are whole frames, each a length in two bytes and a message.
 */
export const plainTransport: Transport = {
  dial: () => ({ session: SHAKING, send: NOTHING }),
  accept: () => SHAKING,
  receive(session, bytes) {
    if (session.kind !== 'handshake') return { session, messages: messagesIn(bytes) };
    const open: Established = { kind: 'open', remoteStatic: toHex<PublicKey>(bytes) };
    return { session: open, messages: [] };
  },
  send: (session, message) => ({ session, bytes: frame(message) }),
};

export function frame(message: Uint8Array): Uint8Array {
  if (message.length > 0xffff) throw new RangeError(`message of ${message.length} bytes`);
  const bytes = new Uint8Array(FRAME_HEADER + message.length);
  bytes[0] = message.length >> 8;
  bytes[1] = message.length;
  bytes.set(message, FRAME_HEADER);
  return bytes;
}

/** The message of the first frame. */
export function firstMessage(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(FRAME_HEADER, FRAME_HEADER + (((bytes[0] as number) << 8) | (bytes[1] as number)));
}

function messagesIn(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const message = firstMessage(rest);
    messages.push(message);
    rest = rest.subarray(FRAME_HEADER + message.length);
  }
  return messages;
}
