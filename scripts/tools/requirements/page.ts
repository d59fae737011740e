/// <reference types="node" />
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../node/package-files.ts';
import { readRequirements } from './table.ts';
import type { Requirement, Status } from './table.ts';

/** The table of requirements as a page for people: `npm run -s requirements -- --page` writes it, and a test holds it up to date. */

export const PAGE = 'docs/requirements.md';

const HEAD = `# Requirements

Every requirement of BOLT 1, 2, 3, 4, 5, 7, 8 and 11 that is meant for a node, from \`corpus/requirements/bolt-requirements.tsv\`. Those that are kept name
the rule or the function that keeps them, and a test. \`npm run -s requirements -- --sample 40\` breaks a sample of these places, one by one,
and runs the test: it must fail. This page is written by \`npm run -s requirements -- --page\`.
`;

/** How the page calls them, in the order of its columns. */
const SHOWN: readonly (readonly [Status, string])[] = [
  ['implemented', 'kept'],
  ['partly', 'kept in part'],
  ['missing', 'missing'],
  ['not applicable', 'not applicable'],
  ['not spoken yet', 'not spoken yet'],
];

function count(requirements: readonly Requirement[], status: Status): number {
  return requirements.filter((requirement) => requirement.status === status).length;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function counts(all: readonly Requirement[]): string {
  const bolts = [...new Set(all.map(({ bolt }) => bolt))];
  const head = [row(['', ...SHOWN.map(([, name]) => name)]), row(['---', ...SHOWN.map(() => '--:')])];
  const line = (name: string, of: readonly Requirement[]): string => row([name, ...SHOWN.map(([status]) => count(of, status))]);
  const body = bolts.map((bolt) =>
    line(
      bolt,
      all.filter((requirement) => requirement.bolt === bolt),
    ),
  );
  return [...head, ...body, line('all', all)].join('\n');
}

/** A bar would end a cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function placesOf({ places, reason }: Requirement): string {
  const named = places.map((place) => `\`${place}\``).join(', ');
  return [named, cell(reason)].filter((part) => part !== '').join(': ');
}

function line(requirement: Requirement): string {
  const { id, level, role, paraphrase, status } = requirement;
  const shown = SHOWN.find(([known]) => known === status)?.[1] ?? status;
  return row([id, `${level}, ${role}`, cell(paraphrase), shown, placesOf(requirement)]);
}

function section(name: string, requirements: readonly Requirement[]): string {
  // Of what is not spoken at all one line says enough.
  const [first] = requirements;
  if (first !== undefined && requirements.every(({ status, reason }) => status === 'not spoken yet' && reason === first.reason))
    return `### ${name}\n\n${requirements.length} requirements, not spoken yet: ${first.reason}.`;
  const head = [row(['requirement', 'of whom', 'what', '', 'where, or why not']), row(['---', '---', '---', '---', '---'])];
  return [`### ${name}\n`, ...head, ...requirements.map(line)].join('\n');
}

export function requirementsPage(all: readonly Requirement[]): string {
  const parts = [HEAD, counts(all)];
  for (const bolt of new Set(all.map((requirement) => requirement.bolt))) {
    const ours = all.filter((requirement) => requirement.bolt === bolt);
    parts.push(`## ${bolt}`);
    for (const name of new Set(ours.map((requirement) => requirement.section)))
      parts.push(
        section(
          name,
          ours.filter((requirement) => requirement.section === name),
        ),
      );
  }
  return `${parts.join('\n\n').replaceAll('\n\n\n', '\n\n')}\n`;
}

export function writePage(): void {
  const root = packageRoot();
  writeFileSync(join(root, PAGE), requirementsPage(readRequirements(root)));
}
