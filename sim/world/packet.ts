import type { CipherState } from '../../core/transport/cipher.ts';
import { messageName } from './message-name.ts';

/** One end of a link, by its place in `LinkSpec.ends`. */
export type End = 0 | 1;

export function otherEnd(end: End): End {
  return end === 0 ? 1 : 0;
}

/** BOLT 8: the messages of a handshake. */
export type Act = 'act_one' | 'act_two' | 'act_three';

/** A message or an act as it is on an encrypted wire, with the sender's cipher before it where it is a message. */
export interface Sealed {
  readonly bytes: Uint8Array;
  readonly before: CipherState | undefined;
}

/** One message on its way. */
export interface Packet {
  /** As the sender's node wrote it. */
  readonly bytes: Uint8Array;
  readonly dueMs: number;
  /** A part of the handshake, which no node sees. */
  readonly act?: Act;
  /** Where the link is encrypted. */
  readonly sealed?: Sealed;
}

/** The BOLT's name. */
export function packetName({ bytes, act }: Packet): string {
  return act ?? messageName(bytes);
}
