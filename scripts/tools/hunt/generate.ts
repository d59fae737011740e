/// <reference types="node" />
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageRegistry } from '../../../core/wire/messages/index.ts';
import { RULES } from '../../../core/rules.ts';
import type { RuleId } from '../../../core/rules.ts';
import { edges } from './edges.ts';
import { withoutEffects, withoutWaits } from './effects.ts';
import { fields } from './fields.ts';
import { inputs } from './inputs.ts';
import type { Mutant } from './mutant.ts';
import type { Job } from './protocol.ts';
import { rulesNeverEnforced } from './rules.ts';

/** What the campaign's driver consists of: what else there is in core no campaign is after. */
const AREAS = ['core/channel', 'core/node', 'core/peers'];
const LEFT_OUT = /\.(test|fixture)\.ts$|(^|\/)(rules|index)\.ts$/;

export const CLASSES = ['rule', 'effect', 'after', 'field', 'input', 'edge'] as const;
export type Class = (typeof CLASSES)[number];

export function classOf({ id }: Mutant): Class {
  return CLASSES.find((name) => id.startsWith(`${name}/`)) ?? 'rule';
}

/** Every mutant of the hunt, in one order. The number of a mutant is its place in it, from 1 on. */
export function mutantsOf(root: string): readonly Mutant[] {
  const sources = sourcesOf(root);
  const fromSources = (each: (file: string, source: string) => readonly Mutant[]): readonly Mutant[] =>
    [...sources].flatMap(([file, source]) => each(file, source));
  return [
    ...rulesNeverEnforced(sources),
    ...fromSources(withoutEffects),
    ...fromSources(withoutWaits),
    ...[...fields(), ...inputs(), ...edges()].map(({ id, fault }) => ({ id, edits: [], fault })),
  ];
}

function sourcesOf(root: string): ReadonlyMap<string, string> {
  const files = AREAS.flatMap((area) =>
    readdirSync(join(root, area), { recursive: true, encoding: 'utf8' }).map((path) => `${area}/${path}`),
  );
  const kept = files.filter((file) => file.endsWith('.ts') && !LEFT_OUT.test(file)).sort();
  return new Map(kept.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}

/** What of the boundary sweep may show a mutant: what is about the message in its name, or all; of an effect some is enough. */
export function sweepsFor(id: string): Job['sweeps'] {
  const [kind, name = ''] = id.split('/');
  if (kind === 'effect') return 'some';
  if (kind !== 'rule' && kind !== 'edge') return undefined;
  // What a host asks for comes in no message.
  if (kind === 'rule' && RULES[name as RuleId].consequence === 'refuse') return undefined;
  const message = name.split('.')[0] ?? '';
  const family = FAMILIES[message];
  if (family !== undefined) return family;
  return messageRegistry.some((known) => known.name === message) ? [message] : 'all';
}

/** Rules of several messages. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  opening: ['open_channel', 'accept_channel', 'funding_created', 'funding_signed'],
  remove_htlc: ['update_fulfill_htlc', 'update_fail'],
};
