/// <reference types="node" />
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Found } from '../../sim/campaign.ts';
import { fingerprint } from '../../sim/finding.ts';
import type { Scenario } from '../../sim/types.ts';

/** A name for a file: what a fingerprint says, without what file systems don't like. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 80);
}

/** A scenario as a readable file, one action a line. */
export function scenarioText({ actions, ...scenario }: Scenario): string {
  const lines = actions.map((action) => `    ${JSON.stringify(action)}`);
  const { expect, milestones, ...head } = scenario;
  const rest = JSON.stringify(head, undefined, 2).replace(/\n\}$/, '');
  const tail = [
    `  "actions": [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]`,
    ...(milestones === undefined ? [] : [`  "milestones": ${JSON.stringify(milestones)}`]),
    `  "expect": ${JSON.stringify(expect)}`,
  ];
  return `${rest},\n${tail.join(',\n')}\n}\n`;
}

export function writeScenario(file: string, scenario: Scenario): void {
  writeFileSync(file, scenarioText(scenario));
}

/** The folder of a campaign's findings: one scenario a fingerprint, of the lowest seed that showed it, written the moment it is found. */
export class FindingFiles {
  private readonly folder: string;
  private readonly lowest = new Map<string, number>();

  constructor(folder: string) {
    this.folder = folder;
  }

  file(found: Found): string {
    return join(this.folder, `${slug(fingerprint(found.finding))}.json`);
  }

  write(found: Found): void {
    const name = fingerprint(found.finding);
    if (found.seed >= (this.lowest.get(name) ?? Infinity)) return;
    this.lowest.set(name, found.seed);
    this.save(found, found.scenario);
  }

  /** Replaces it, once it is shrunk. */
  save(found: Found, scenario: Scenario): string {
    mkdirSync(this.folder, { recursive: true });
    const file = this.file(found);
    writeScenario(file, { ...scenario, about: `${found.finding.message} Found with seed ${found.token}.` });
    return file;
  }
}
