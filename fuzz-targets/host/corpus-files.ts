/// <reference types="node" />
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import type { FuzzTarget, Notation } from '../target.ts';
import { replaceFile } from './replace-file.ts';

/** An input with a name, and what it promises to reach. */
export interface Seed {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly reaches: readonly string[];
}

const LINE_DIGITS = 128;

/** Hex, with `#` comments: what git diffs and people can read. */
export const hexNotation: Notation = {
  extension: '.hex',
  parse: (text) => fromHex(text.replace(/#.*$/gm, '').replace(/\s+/g, '').toLowerCase()),
  print: (bytes) => (toHex(bytes).match(new RegExp(`.{1,${LINE_DIGITS}}`, 'g')) ?? []).join('\n'),
};

function comments(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith('#') ? [line.slice(1).trim()] : []));
}

/** A seed in its file: `.hex`, the target's own notation, or, with any other name, raw bytes. Throws with the file's name. */
export function readSeed(target: FuzzTarget, file: string): Seed {
  const notation = [hexNotation, target.notation].find((known) => known !== undefined && file.endsWith(known.extension));
  const name = basename(file, notation?.extension);
  if (notation === undefined) return { name, bytes: new Uint8Array(readFileSync(file)), reaches: [] };
  const text = readFileSync(file, 'utf8');
  try {
    const reaches = comments(text).flatMap((line) =>
      line.startsWith('reaches:')
        ? line
            .slice(8)
            .trim()
            .split(/[\s,]+/)
        : [],
    );
    return { name, bytes: notation.parse(text), reaches };
  } catch (error) {
    throw new RangeError(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** All seeds of a target, by name. `corpus` is the folder of all corpora. Hidden files are none: systems and editors leave some. */
export function readCorpus(target: FuzzTarget, corpus: string): readonly Seed[] {
  const folder = join(corpus, target.name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => readSeed(target, join(folder, name)));
}

/** Writes an input in the target's notation, with what it says in front. Returns the file. */
export function writeSeed(target: FuzzTarget, folder: string, name: string, bytes: Uint8Array, words: readonly string[] = []): string {
  const notation = target.notation ?? hexNotation;
  const file = join(folder, name + notation.extension);
  const head = words.flatMap((text) => text.split('\n')).map((line) => `# ${line.length > 200 ? `${line.slice(0, 199)}…` : line}\n`);
  replaceFile(file, `${head.join('')}${notation.print(bytes)}\n`);
  return file;
}
