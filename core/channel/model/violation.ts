import type { Tx } from '../../bitcoin/tx.ts';
import { RULES } from '../../rules.ts';
import type { Consequence, RuleId, ViolableId } from '../../rules.ts';

/** A rule that a peer broke: a value, never an exception. What follows stands in the table of the rule's folder. */
export interface Violation {
  readonly kind: 'violation';
  readonly rule: ViolableId;
  readonly detail: string;
  /** The transaction that an invalid signature was for: told to the peer (BOLT 1, `error`). */
  readonly tx: Tx | undefined;
}

/** A command that the rules forbid: the state stays as it was. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly rule: RuleId;
  readonly detail: string;
}

export function violation(rule: ViolableId, detail: string): Violation {
  return { kind: 'violation', rule, detail, tx: undefined };
}

export function badSignature(rule: ViolableId, detail: string, tx: Tx): Violation {
  return { kind: 'violation', rule, detail, tx };
}

export function refusal(rule: RuleId, detail: string): Refusal {
  return { kind: 'refusal', rule, detail };
}

export function isViolation(value: object): value is Violation {
  return 'kind' in value && value.kind === 'violation';
}

export function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refusal';
}

export function consequenceOf({ rule }: Violation): Consequence {
  return RULES[rule].consequence;
}

/** For the peer and for people; whoever decides by a rule takes its id. */
export function ruleText({ rule, detail }: Violation | Refusal): string {
  return `${rule}: ${detail}`;
}
