import { append, join, NO_FRAGMENTS } from '../wire/fragments.ts';
import type { Fragments } from '../wire/fragments.ts';

const NEWLINE = 0x0a;

/** The lines that end in these bytes, without their ends, and what is left of one that does not. Undefined where one is longer than `most`. */
export function splitLines(
  before: Fragments,
  bytes: Uint8Array,
  most: number,
): { readonly lines: readonly Uint8Array[]; readonly rest: Fragments } | undefined {
  const lines: Uint8Array[] = [];
  let pending = before;
  let start = 0;
  for (;;) {
    const found = bytes.indexOf(NEWLINE, start);
    const piece = bytes.subarray(start, found < 0 ? bytes.length : found);
    if (pending.length + piece.length > most) return undefined;
    if (found < 0) return { lines, rest: append(pending, piece) };
    lines.push(join(pending, piece));
    pending = NO_FRAGMENTS;
    start = found + 1;
  }
}
