/** What came of a line that has not ended yet. */
export interface PartialLine {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

export const NO_LINE: PartialLine = { parts: [], length: 0 };

const NEWLINE = 0x0a;

/** The lines that end in these bytes, without their ends, and what is left. Undefined where one is longer than `most`. */
export function splitLines(
  { parts, length }: PartialLine,
  bytes: Uint8Array,
  most: number,
): { readonly lines: readonly Uint8Array[]; readonly rest: PartialLine } | undefined {
  const lines: Uint8Array[] = [];
  let pending = parts;
  let pendingLength = length;
  let start = 0;
  for (;;) {
    const found = bytes.indexOf(NEWLINE, start);
    const piece = bytes.subarray(start, found < 0 ? bytes.length : found);
    if (pendingLength + piece.length > most) return undefined;
    if (found < 0) {
      // A copy: what was handed over is the caller's.
      const left = piece.length === 0 ? pending : [...pending, piece.slice()];
      return { lines, rest: { parts: left, length: pendingLength + piece.length } };
    }
    lines.push(joined([...pending, piece], pendingLength + piece.length));
    pending = [];
    pendingLength = 0;
    start = found + 1;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
