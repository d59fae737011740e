/** How text is set off. Reports are strings: whether a terminal shows colours is for the host to say. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  mark(text: string): string;
}

const same = (text: string): string => text;

export const plain: Style = { bold: same, dim: same, good: same, bad: same, mark: same };

function sgr(on: number, off: number): (text: string) => string {
  return (text) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`);
}

export const ansi: Style = { bold: sgr(1, 22), dim: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39), mark: sgr(33, 39) };
