import type { Comparison } from '../scenario/types.ts';
import type { Style } from './style.ts';
import { plain } from './style.ts';
import { wrapped } from './wrapped.ts';

const NARROWEST = 16;
const GAP = 2;

/** What should have been equal, in two aligned columns; only rows that differ are marked. No line is longer than `width`. */
export function columns({ left, right, rows }: Comparison, width: number, style: Style = plain): string {
  const longest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
  const what = Math.min(longest(rows.map((row) => row.what)), Math.max(NARROWEST, Math.floor(width / 2)));
  const both = width - 4 - what - 2 * GAP;
  const [wanted, beside] = [longest([left, ...rows.map((row) => row.left)]), longest([right, ...rows.map((row) => row.right)])];
  // What one of them does not need, the other may have.
  const cell = Math.min(wanted, Math.max(NARROWEST, Math.floor(both / 2), both - beside));
  const room = Math.max(NARROWEST, both - cell);
  const gap = ' '.repeat(GAP);
  const head = `    ${' '.repeat(what)}${gap}${style.bold(left.padEnd(cell))}${gap}${style.bold(right)}`;
  const body = rows.flatMap((row) => {
    const differs = row.left !== row.right;
    const cells = [wrapped(row.what, what), wrapped(row.left, cell), wrapped(row.right, room)] as const;
    const height = longest(cells.map((lines) => 'x'.repeat(lines.length)));
    return Array.from({ length: height }, (_, i) => {
      const [name, a, b] = cells.map((lines) => lines[i] ?? '') as [string, string, string];
      const mark = differs && i === 0 ? '≠ ' : '  ';
      const padded = [name.padEnd(what), a.padEnd(cell)] as const;
      if (!differs) return style.dim(`  ${mark}${padded[0]}${gap}${padded[1]}${gap}${b}`.trimEnd());
      return `  ${style.mark(mark)}${padded[0]}${gap}${style.good(padded[1])}${gap}${style.bad(b)}`.trimEnd();
    });
  });
  return [head.trimEnd(), ...body].join('\n');
}
