/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ANNOUNCE_RULES } from './channel/announce/rules.ts';
import { CLOSE_RULES } from './channel/close/rules.ts';
import { COMMITMENT_RULES } from './channel/commitments/rules.ts';
import { ESTABLISH_RULES } from './channel/establish/rules.ts';
import { FAIL_RULES } from './channel/fail/rules.ts';
import { OPERATE_RULES } from './channel/operate/rules.ts';
import { RETRANSMIT_RULES } from './channel/retransmit/rules.ts';
import { CHANNEL_RULES } from './channel/rules.ts';
import { GOSSIP_RULES } from './gossip/rules.ts';
import { INVOICE_RULES } from './invoice/rules.ts';
import { MONITOR_RULES } from './monitor/rules.ts';
import { NODE_RULES } from './node/rules.ts';
import { ONION_RULES } from './onion/rules.ts';
import { FORWARDING_RULES, PAY_RULES, RECEIVE_RULES, REPLAY_RULES } from './payments/rules.ts';
import { PEERS_RULES } from './peers/rules.ts';
import type { Rule } from './rules.ts';
import { RULES } from './rules.ts';
import { SOURCES_RULES } from './sources/rules.ts';
import { TRANSPORT_RULES } from './transport/rules.ts';
import { WATCHERS_RULES } from './watchers/rules.ts';
import { WIRE_RULES } from './wire/rules.ts';

const core = fileURLToPath(new URL('.', import.meta.url));
const corpus = fileURLToPath(new URL('../corpus/', import.meta.url));

/** By folder. The rules of `channel` itself are those of its dispatcher. */
const TABLES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  wire: WIRE_RULES,
  transport: TRANSPORT_RULES,
  onion: ONION_RULES,
  invoice: INVOICE_RULES,
  gossip: GOSSIP_RULES,
  'channel/announce': ANNOUNCE_RULES,
  'channel/establish': ESTABLISH_RULES,
  'channel/operate': OPERATE_RULES,
  'channel/commitments': COMMITMENT_RULES,
  'channel/retransmit': RETRANSMIT_RULES,
  'channel/close': CLOSE_RULES,
  'channel/fail': FAIL_RULES,
  channel: CHANNEL_RULES,
  monitor: MONITOR_RULES,
  payments: { ...FORWARDING_RULES, ...PAY_RULES, ...RECEIVE_RULES, ...REPLAY_RULES },
  peers: PEERS_RULES,
  sources: SOURCES_RULES,
  watchers: WATCHERS_RULES,
  node: NODE_RULES,
};

/** Sources of core by path, without tests, fixtures and the tables themselves. */
const sources = readdirSync(core, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/(\.test|\.fixture|(^|\/)rules)\.ts$/.test(path))
  .map((path) => ({ owner: ownerOf(path), path, text: readFileSync(join(core, path), 'utf8') }));

/** The folder whose table a source goes by: its own, or the nearest above it. */
function ownerOf(path: string): string | undefined {
  const above = Object.keys(TABLES).filter((folder) => path.startsWith(`${folder}/`));
  return above.sort((a, b) => b.length - a.length)[0];
}

const requirements = new Set(
  readFileSync(join(corpus, 'requirements/bolt-requirements.tsv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[2]),
);

describe('the tables of rules', () => {
  it('have no id in common, and are all in the one union', () => {
    const ids = Object.values(TABLES).flatMap((table) => Object.keys(table));
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(Object.keys(RULES).sort());
  });

  it('name requirements that exist, with words of theirs, or say why there is none', () => {
    expect(requirements.size).toBeGreaterThan(700);
    for (const [id, rule] of Object.entries<Rule>(RULES)) {
      expect(id).toMatch(/^[a-z0-9_]+\.[a-z0-9_]+$/);
      for (const requirement of rule.requirements) expect(requirements, id).toContain(requirement);
      const said = 'words' in rule ? rule.words : rule.why;
      expect(said.length, id).toBeGreaterThan(8);
      expect(said, id).not.toMatch(/\.$|\n/);
    }
  });

  // BOLT 8 names its errors itself: `sessionRule` makes the ids of `transport` from them, and the type of the table holds that none is missing.
  const written = Object.entries(TABLES).filter(([folder]) => folder !== 'transport');

  it.each(written)('of %s are used there, each of them, and nowhere else', (folder, table) => {
    for (const id of Object.keys(table)) {
      const users = sources.filter(({ text }) => text.includes(`'${id}'`)).map(({ owner }) => owner);
      expect(new Set(users), id).toEqual(new Set([folder]));
    }
  });
});
