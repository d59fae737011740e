import { RULES } from '../../core/rules.ts';
import type { Rule } from '../../core/rules.ts';

/** The rule of core that a finding names: where it stands in the BOLTs, and in which words. Nothing for rules of an oracle's own. */
export function ruleWords(id: string): readonly string[] {
  const rule = (RULES as Readonly<Record<string, Rule>>)[id];
  if (rule === undefined) return [];
  if ('why' in rule) return [`${id}: our own rule, ${rule.why}`];
  const [requirement] = rule.requirements;
  const bolt = /^B(\d+)/.exec(requirement)?.[1];
  return [`${id}, BOLT ${bolt ?? '?'} (${rule.requirements.join(', ')}):`, `“${rule.words}”`];
}
