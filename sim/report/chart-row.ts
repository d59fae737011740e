import type { Style } from './style.ts';
import { cut } from '../scenario/text.ts';

/** One line of a chart: characters that can be written over each other, each with its paint. */
export class Row {
  private readonly characters: string[];
  private readonly paints: (keyof Style | undefined)[];

  constructor(width: number) {
    this.characters = Array<string>(width).fill(' ');
    this.paints = Array<keyof Style | undefined>(width).fill(undefined);
  }

  /** What does not fit is left out. */
  put(at: number, text: string, paint?: keyof Style): void {
    for (const [index, character] of [...text].entries()) {
      if (at + index >= this.characters.length) return;
      this.characters[at + index] = character;
      this.paints[at + index] = paint;
    }
  }

  /** An arrow between two lifelines: its whole length, the half that leaves its sender, or the half that reaches its receiver. */
  arrow(from: number, to: number, label: string, part: 'whole' | 'departs' | 'arrives'): void {
    const right = to > from;
    const left = Math.min(from, to) + 1;
    const room = Math.abs(to - from) - 1;
    // What is long has a shorter line, before it is cut.
    const line = label.length > room - 6 ? 1 : 2;
    const shown = cut(label, room - 2 * line - 2);
    const length = part === 'whole' ? room : Math.min(room, shown.length + 2 * line + 2);
    const atLeft = part === 'whole' || (part === 'departs') === right;
    const start = atLeft ? left : left + room - length;
    this.put(start, '─'.repeat(length));
    const head = part === 'departs' ? (right ? '▷' : '◁') : right ? '▶' : '◀';
    this.put(right ? start + length - 1 : start, head);
    this.put(start + (right ? line : length - shown.length - line - 2), ` ${shown} `, part === 'departs' ? undefined : 'bold');
  }

  text(style: Style): string {
    const end = this.characters.findLastIndex((character) => character !== ' ') + 1;
    let out = '';
    for (let at = 0; at < end;) {
      const paint = this.paints[at];
      let run = at;
      while (run < end && this.paints[run] === paint) run += 1;
      const text = this.characters.slice(at, run).join('');
      out += paint === undefined ? text : style[paint](text);
      at = run;
    }
    return out;
  }
}
