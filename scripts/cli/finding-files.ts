/// <reference types="node" />
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '../../fuzz-targets/host/replace-file.ts';
import type { Found } from '../../sim/campaign/results.ts';
import type { FindingDocument } from '../../sim/report/html/finding-page.ts';
import { findingPage } from '../../sim/report/html/finding-page.ts';
import { fingerprint } from '../../sim/world/finding.ts';
import type { Finding, Scenario } from '../../sim/scenario/types.ts';

/** A name for a file: what a fingerprint says, without what file systems don't like. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
}

/** A scenario as a readable file: one node, link, channel or action a line. */
export function scenarioText({ world, ...scenario }: Scenario): string {
  const { format, about, actions, milestones, expect } = scenario;
  const field = (name: string, value: unknown): string[] => (value === undefined ? [] : [`${JSON.stringify(name)}: ${oneLine(value)}`]);
  const list = (name: string, items: readonly unknown[], indent: string): string =>
    items.length === 0 ? `"${name}": []` : `"${name}": [\n${items.map((item) => `${indent}  ${oneLine(item)}`).join(',\n')}\n${indent}]`;
  const { nodes, links, channels, ...rest } = world;
  const worldLines = [
    ...Object.entries(rest).flatMap(([name, value]) => field(name, value)),
    list('nodes', nodes, '    '),
    list('links', links, '    '),
    list('channels', channels, '    '),
  ];
  const lines = [
    ...field('format', format),
    ...field('about', about),
    `"world": {\n    ${worldLines.join(',\n    ')}\n  }`,
    list('actions', actions, '  '),
    ...field('milestones', milestones),
    ...field('expect', expect),
  ];
  return `{\n  ${lines.join(',\n  ')}\n}\n`;
}

function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return fields.length === 0 ? '{}' : `{ ${fields.map(([name, field]) => `${JSON.stringify(name)}: ${oneLine(field)}`).join(', ')} }`;
}

/** Makes its folder where it is missing. */
export function writeScenario(file: string, scenario: Scenario): void {
  replaceFile(file, scenarioText(scenario));
}

/** A finding's case in a folder, under the name of what it shows. Returns the file. */
export function writeFinding(folder: string, finding: Finding, token: string, scenario: Scenario, name = scenario.expect): string {
  const file = join(folder, `${slug(name)}.json`);
  writeScenario(file, { ...scenario, about: `${finding.message}. Found with seed ${token}.` });
  return file;
}

/** The page of a finding beside its case. Returns its file. */
export function writePage(caseFile: string, finding: FindingDocument): string {
  const file = caseFile.replace(/(\.json|\.html)?$/, '.html');
  replaceFile(file, findingPage(finding));
  return file;
}

/** The folder of a campaign's findings: one scenario a fingerprint, of the lowest seed that showed it, written the moment it is found. */
export class FindingFiles {
  private readonly folder: string;
  private readonly lowest = new Map<string, number>();

  constructor(folder: string) {
    this.folder = folder;
  }

  write(found: Found): void {
    const name = fingerprint(found.finding);
    if (found.seed >= (this.lowest.get(name) ?? Infinity)) return;
    this.lowest.set(name, found.seed);
    writeFinding(this.folder, found.finding, found.token, found.scenario, name);
  }

  /** Replaces it, once it is shrunk, under the name of what it shows now. */
  save(found: Found, scenario: Scenario): string {
    const file = writeFinding(this.folder, found.finding, found.token, scenario);
    const before = join(this.folder, `${slug(fingerprint(found.finding))}.json`);
    if (before !== file) for (const path of [before, before.replace(/json$/, 'html')]) rmSync(path, { force: true });
    return file;
  }
}
