import type { Style } from './style.ts';
import { plain } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A table of plain text, columns as wide as their widest cell. No line ends in blanks. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style = plain): string {
  const widths = columns.map(({ title }, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const width = widths[index] ?? 0;
        return align === 'right' ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [style.bold(line(columns.map(({ title }) => title))), ...rows.map(line)].join('\n');
}
