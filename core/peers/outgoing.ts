import type { Fragments } from '../wire/fragments.ts';
import { append, concat, NO_FRAGMENTS } from '../wire/fragments.ts';

/** Encrypted bytes on their way out. A value. */
export interface Outgoing {
  readonly queue: Fragments;
  /** How many bytes from the front the host has been offered and has not answered for; 0 when it may be offered more. */
  readonly offered: number;
  /** When the queue was last empty, or the host last took something. */
  readonly progressMs: number;
}

export const EMPTY_OUTGOING: Outgoing = { queue: NO_FRAGMENTS, offered: 0, progressMs: 0 };

export function enqueue(outgoing: Outgoing, bytes: Uint8Array, nowMs: number): Outgoing {
  const progressMs = outgoing.queue.length === 0 ? nowMs : outgoing.progressMs;
  return { ...outgoing, queue: append(outgoing.queue, bytes), progressMs };
}

/** The next bytes for the host, at most `maxBytes`; undefined when there are none, or when it has not answered for the last ones. */
export function offer(outgoing: Outgoing, maxBytes: number): { readonly outgoing: Outgoing; readonly bytes: Uint8Array } | undefined {
  if (outgoing.offered > 0 || outgoing.queue.length === 0) return undefined;
  const parts: Uint8Array[] = [];
  let offered = 0;
  for (const piece of outgoing.queue.pieces) {
    if (offered === maxBytes) break;
    const part = piece.subarray(0, maxBytes - offered);
    parts.push(part);
    offered += part.length;
  }
  return { outgoing: { ...outgoing, offered }, bytes: concat(...parts) };
}

/** The host took `taken` bytes of its offer. Throws a RangeError when that is more than it was offered. */
export function take(outgoing: Outgoing, taken: number, nowMs: number): Outgoing {
  if (!Number.isInteger(taken) || taken < 0 || taken > outgoing.offered) {
    throw new RangeError(`took ${taken} bytes of ${outgoing.offered} offered`);
  }
  if (taken === 0) return { ...outgoing, offered: 0 };
  const pieces: Uint8Array[] = [];
  let left = taken;
  for (const piece of outgoing.queue.pieces) {
    if (left < piece.length) pieces.push(piece.subarray(left));
    left = Math.max(0, left - piece.length);
  }
  return { queue: { pieces, length: outgoing.queue.length - taken }, offered: 0, progressMs: nowMs };
}
