import { ascii } from '../../../core/crypto/bytes.ts';
import type { ChannelId } from '../../../core/crypto/bytes.ts';
import type { NotifyEffect, OfferedHtlc } from '../../scenario/border.ts';

/** An HTLC that the peer has offered and the host has not answered. */
export interface Incoming {
  readonly channelId: ChannelId;
  readonly add: OfferedHtlc;
}

/** What a node must find again: LDK's own, and what its host was told and has not taken. */
export interface StoredNode {
  readonly manager: Uint8Array;
  readonly monitors: readonly Uint8Array[];
  readonly incoming: readonly Incoming[];
  readonly told: readonly NotifyEffect[];
  readonly nextEventId: number;
}

export const NOTHING_STORED: StoredNode = { manager: new Uint8Array(0), monitors: [], incoming: [], told: [], nextEventId: 1 };

/** A line of JSON with the length of each part that follows. */
export function writeNode({ manager, monitors, ...rest }: StoredNode): Uint8Array {
  const parts = [manager, ...monitors];
  const head = ascii(`${JSON.stringify({ ...rest, lengths: parts.map(({ length }) => length) }, plain)}\n`);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, head.length));
  let at = 0;
  for (const part of [head, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export function readNode(bytes: Uint8Array): StoredNode {
  let at = bytes.indexOf(0x0a);
  const text = Array.from(bytes.subarray(0, at), (byte) => String.fromCharCode(byte)).join('');
  const { lengths, ...rest } = JSON.parse(text, rich) as Omit<StoredNode, 'manager' | 'monitors'> & { readonly lengths: number[] };
  at += 1;
  const [manager = new Uint8Array(0), ...monitors] = lengths.map((length) => bytes.slice(at, (at += length)));
  return { ...rest, manager, monitors };
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof Uint8Array ? null : value;
}

/** No onion is read again. */
function rich(key: string, value: unknown): unknown {
  if (key === 'onion') return new Uint8Array(0);
  return typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}
