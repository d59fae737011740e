/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RULES } from '../../core/rules.ts';
import type { Rule } from '../../core/rules.ts';

/**
 * `npm run drift -- <checkout of the BOLTs>`: which rules quote words that this revision of the specification does not have (any more). A
 * report for whoever follows the specification, never an error: the rules stand for revision a377265.
 */
export interface Drift {
  readonly id: string;
  readonly requirements: readonly string[];
  readonly words: string;
}

/** One line of running text: without line breaks, bullets, and the numbers of footnotes. */
export function runningText(markdown: string): string {
  return markdown
    .replace(/^[ \t]*[-*][ \t]+/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The rules whose words are in none of these texts. */
export function drifted(rules: Readonly<Record<string, Rule>>, texts: readonly string[]): readonly Drift[] {
  const all = texts.map(runningText);
  return Object.entries(rules).flatMap(([id, rule]) => {
    if (!('words' in rule)) return [];
    const { requirements, words } = rule;
    return all.some((text) => text.includes(words)) ? [] : [{ id, requirements, words }];
  });
}

/** The numbered documents of a checkout. */
export function boltTexts(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => /^\d\d-.*\.md$/.test(name));
  if (names.length === 0) throw new RangeError(`${folder} has no BOLTs: give a checkout of the specification`);
  return names.map((name) => readFileSync(join(folder, name), 'utf8'));
}

function report(folder: string): string {
  const found = drifted(RULES, boltTexts(folder));
  const quoted = Object.values(RULES).filter((rule) => 'words' in rule).length;
  const lines = found.map(({ id, requirements, words }) => `${id} (${requirements.join(', ')})\n    ${words}`);
  return [`${quoted - found.length} of ${quoted} rules stand verbatim in ${folder}`, ...lines].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder] = process.argv;
  console.log(folder === undefined ? 'usage: npm run drift -- <checkout of the BOLTs>' : report(folder));
}
