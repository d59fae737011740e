/// <reference types="node" />
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Rule } from '../../core/rules.ts';
import { scratch } from '../node/scratch.fixture.ts';
import { boltTexts, drifted } from './drift.ts';

const rules: Readonly<Record<string, Rule>> = {
  'ping.length': { requirements: ['B1-PING-08-ping-ignore'], words: 'otherwise: MUST ignore the `ping`', consequence: 'ignore' },
  'own.limit': { requirements: [], why: 'a limit of our own', consequence: 'refuse' },
};

describe('drift', () => {
  it('finds words whatever breaks their line, and reports those that another revision does not have', () => {
    const folder = scratch();
    mkdirSync(folder, { recursive: true });
    const document = join(folder, '01-messaging.md');
    writeFileSync(document, '  - otherwise:\n    - MUST ignore\n      the `ping`.\n');
    expect(drifted(rules, boltTexts(folder))).toEqual([]);
    writeFileSync(document, '  - otherwise:\n    - SHOULD ignore the `ping`.\n');
    expect(drifted(rules, boltTexts(folder)).map(({ id }) => id)).toEqual(['ping.length']);
  });

  it('asks for a checkout where there is none', () => {
    expect(() => boltTexts(scratch())).toThrow(/has no BOLTs/);
  });
});
