/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Status = 'implemented' | 'partly' | 'missing' | 'not applicable' | 'not spoken yet';

/** One line of corpus/requirements: a requirement of the BOLTs, and who keeps it. */
export interface Requirement {
  readonly bolt: string;
  readonly section: string;
  readonly id: string;
  readonly role: string;
  readonly level: string;
  readonly paraphrase: string;
  readonly status: Status;
  /** Where it is kept: `file.ts#name`, a whole file where that is about it alone, or a rule's id where something can be refused. */
  readonly places: readonly string[];
  /** What would fail without it: `file.test.ts › title`, or a file whose tests are a table. */
  readonly tests: readonly string[];
  /** Why it is not kept, or not in full; empty where it is. */
  readonly reason: string;
}

/** The table of a checkout. */
export function readRequirements(root: string): readonly Requirement[] {
  const [, ...lines] = readFileSync(join(root, 'corpus/requirements/bolt-requirements.tsv'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [bolt = '', section = '', id = '', role = '', level = '', paraphrase = '', status = '', places = '', tests = '', reason = ''] =
      line.split('\t');
    return { bolt, section, id, role, level, paraphrase, status: status as Status, places: listed(places), tests: listed(tests), reason };
  });
}

function listed(cell: string): readonly string[] {
  return cell === 'none' || cell === '' ? [] : cell.split(' | ');
}

/** What a place names: a rule, or a file and a declaration of it. */
export function readPlace(place: string): { readonly rule: string } | { readonly file: string; readonly name?: string } {
  const [file = '', name] = place.split('#');
  if (name !== undefined) return { file, name };
  return file.endsWith('.ts') ? { file } : { rule: file };
}

/** What a test names. Without a title: all of its file. */
export function readTest(test: string): { readonly file: string; readonly title?: string } {
  const [file = '', title] = test.split(' › ');
  return title === undefined ? { file } : { file, title };
}
