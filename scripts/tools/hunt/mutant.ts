import type { Fault } from './runtime.ts';

/** One place of a source that a mutant changes. */
export interface Edit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** What stands there instead; a statement is left out by `;`. */
  readonly after: string;
}

/** What is taken out of the core to see whether the hunt notices. */
export interface Mutant {
  /** `class/what`, stable as long as what it takes out has its name. */
  readonly id: string;
  readonly edits: readonly Edit[];
  /** Where it is no edit of one place. */
  readonly fault?: Fault;
}

/** The name of the number that chooses: 0 is the core as it is. */
export const CHOSEN = 'chosenMutant';

/** Source of one file in which every edit happens only while its number is chosen, so that one build carries all mutants. Ranges nest or are apart. */
export function guarded(source: string, edits: readonly (Omit<Edit, 'file'> & { readonly number: number })[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || b.end - a.end);
  let next = 0;
  const render = (start: number, end: number): string => {
    let text = '';
    let at = start;
    for (let edit = sorted[next]; edit !== undefined && edit.end <= end; edit = sorted[next]) {
      next++;
      text += source.slice(at, edit.start) + choice(edit, render(edit.start, edit.end));
      at = edit.end;
    }
    return text + source.slice(at, end);
  };
  return render(0, source.length);
}

function choice({ number, after }: { readonly number: number; readonly after: string }, original: string): string {
  // In a block: an `else` behind it belongs to the condition before it.
  if (after === ';') return `{ if (${CHOSEN} !== ${number}) { ${original} } }`;
  return `(${CHOSEN} === ${number} ? (${after}) : (${original}))`;
}
