/**
 * Bytes that wait for the rest of their frame. A value: appending leaves the old one intact, so that a state can be kept and continued
 * twice. The pieces at least halve in size from each to the next, so there are few of them however the stream was cut, and every byte
 * is copied O(log n) times only.
 */
export interface Fragments {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

export const NO_FRAGMENTS: Fragments = { pieces: [], length: 0 };

/** Copies what it keeps: a host may reuse its read buffer. */
export function append(fragments: Fragments, bytes: Uint8Array): Fragments {
  if (bytes.length === 0) return fragments;
  const pieces = [...fragments.pieces];
  let last: Uint8Array = bytes.slice();
  for (let previous = pieces.at(-1); previous !== undefined && previous.length < 2 * last.length; previous = pieces.at(-1)) {
    last = concat(previous, last);
    pieces.pop();
  }
  pieces.push(last);
  return { pieces, length: fragments.length + bytes.length };
}

/** All the bytes, and then `tail`. */
export function join(fragments: Fragments, tail: Uint8Array): Uint8Array {
  return fragments.length === 0 ? tail : concat(...fragments.pieces, tail);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
