import type { Style } from './style.ts';
import { plain } from './style.ts';
import { wrapped } from './wrapped.ts';

const INDENT = 12;
/** Texts that begin with so many equal characters are shown where they part. */
const ALIKE = 8;

/**
 * Two values that should have been equal, one above the other, with the difference marked. Values of several lines (printed
 * structures) are compared line by line and only the lines that differ are shown, with the line above for orientation; long
 * single lines (transactions) are shown around the first difference.
 */
export function difference(expected: string, actual: string, style: Style = plain, width = 80): string {
  const expectedLines = expected.split('\n');
  const actualLines = actual.split('\n');
  return expectedLines.length === 1 && actualLines.length === 1
    ? pair(expected, actual, style, width).join('\n')
    : lines(expectedLines, actualLines, style).join('\n');
}

function pair(expected: string, actual: string, style: Style, width: number): string[] {
  const most = width - INDENT - 2;
  const from = commonPrefix(expected, actual);
  if (Math.max(expected.length, actual.length) > most && from < ALIKE) return apart(expected, actual, style, most);
  const room = expected.length <= most && actual.length <= most ? 0 : Math.max(0, from - 24);
  const tail = commonSuffix(expected.slice(from), actual.slice(from));
  const show = (text: string, paint: (text: string) => string): string => {
    const end = Math.min(text.length - tail, room + most);
    const rest = text.slice(Math.max(end, from), room + most);
    const more = text.length > room + most ? '…' : '';
    return `${room > 0 ? '…' : ''}${text.slice(room, from)}${paint(text.slice(from, Math.max(end, from)))}${rest}${more}`;
  };
  const longest = Math.max(expected.length, actual.length) - tail - from;
  const marks = ' '.repeat(from - room + (room > 0 ? 1 : 0)) + '^'.repeat(Math.max(1, Math.min(longest, most - (from - room))));
  return [
    `  expected  ${show(expected, style.good)}`,
    `  actual    ${show(actual, style.bad)}`,
    `            ${style.mark(marks)}`,
    ...(room > 0 ? [style.dim(`            first difference at character ${from} of ${expected.length} and ${actual.length}`)] : []),
  ];
}

/** Long texts with nothing in common are told whole. */
function apart(expected: string, actual: string, style: Style, most: number): string[] {
  const told = (title: string, text: string, paint: (line: string) => string): string[] =>
    wrapped(text, most).map((line, i) => `  ${(i === 0 ? title : '').padEnd(INDENT - 2)}${paint(line)}`);
  return [...told('expected', expected, style.good), ...told('actual', actual, style.bad)];
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function commonSuffix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length += 1;
  return length;
}

/** Lines matched by the longest common subsequence: what is only in one of both stands out with - (expected) or + (actual). */
function lines(expected: readonly string[], actual: readonly string[], style: Style): string[] {
  const lengths = subsequenceLengths(expected, actual);
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const out: string[] = ['  - expected, + actual'];
  let unshown: string | undefined;
  for (let i = 0, j = 0; i < expected.length || j < actual.length;) {
    if (i < expected.length && expected[i] === actual[j]) {
      unshown = expected[i];
      i += 1;
      j += 1;
      continue;
    }
    if (unshown !== undefined) out.push(style.dim(`    ${unshown}`));
    unshown = undefined;
    if (i < expected.length && (j >= actual.length || at(i + 1, j) >= at(i, j + 1))) out.push(style.good(`  - ${expected[i++]}`));
    else out.push(style.bad(`  + ${actual[j++]}`));
  }
  return out;
}

function subsequenceLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? [];
    const below = lengths[i + 1] ?? [];
    for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return lengths;
}
