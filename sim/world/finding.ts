import { TRANSPORT_KINDS } from './encryption.ts';
import type { Violation } from './encryption.ts';
import { ForeignError } from '../scenario/foreign-error.ts';
import type { Finding, Oracle } from '../scenario/types.ts';

/** Changes whenever the same finding would be called otherwise: what was set aside by its name is then asked about anew. */
export const FINGERPRINT_VERSION = 3;

/** Equal for the same bug, whatever the seed: `oracle/rule/kind`. */
export function fingerprint(finding: Pick<Finding, 'oracle' | 'rule' | 'kind'>): string {
  return `${finding.oracle}/${finding.rule}/${finding.kind}`;
}

/** An oracle has found what it never said that it looks for. Nothing is wrong with any node. */
export class UndeclaredKindError extends Error {
  override readonly name = 'UndeclaredKindError';
}

/** Throws an UndeclaredKindError for a finding of a kind that no oracle of its name declares. */
export function demandDeclared({ oracle, rule, kind }: Finding, oracles: readonly Pick<Oracle, 'name' | 'kinds'>[]): void {
  if (oracles.some(({ name, kinds }) => name === oracle && kinds.includes(kind))) return;
  throw new UndeclaredKindError(`the oracle '${oracle}' found '${kind}' by its rule '${rule}', and does not declare this kind`);
}

/** Of findings that no oracle makes: by who makes them. */
export const OWN_KINDS = {
  transport: TRANSPORT_KINDS,
  theirs: ['exception'],
  exception: ['Error', 'RangeError', 'TypeError', 'ReferenceError', 'SyntaxError', 'AssertionError', 'other'],
  setup: ['refused', 'not-ready', 'restless'],
  determinism: ['hash-differs', 'finding-differs'],
} as const;

/** What an encrypted link has done that it must not do. */
export function transportFinding({ rule, kind, expected, actual }: Violation, node: string, at: Finding['at']): Finding {
  return { oracle: 'transport', rule, kind, node, message: `${node}'s end of an encrypted link: ${kind}`, expected, actual, at };
}

/** A thrown exception is always a bug of the node that threw. Its rule is the function that threw, its kind the class of the error. */
export function exceptionFinding(error: unknown, node: string, at: Finding['at']): Finding {
  if (error instanceof ForeignError) return foreignFinding(error, node, at);
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? (error.stack ?? message) : message;
  return {
    oracle: 'exception',
    rule: throwerOf(detail),
    kind: OWN_KINDS.exception.find((known) => known === name) ?? 'other',
    node,
    message: `${node} threw: ${message}`,
    expected: 'no exception',
    actual: detail,
    at,
  };
}

/** It is theirs, and it is told so that it can be sent to them: its rule is the place where they gave up. */
function foreignFinding({ place, message }: ForeignError, node: string, at: Finding['at']): Finding {
  return {
    oracle: 'theirs',
    rule: place,
    kind: 'exception',
    node,
    message: `${node}'s implementation gave up in ${place}`,
    expected: 'no exception',
    actual: message,
    at,
  };
}

/** A frame of V8's: the function's name, and where it stands. */
const FRAME = /^\s+at (?:async )?(?:new )?([\w$.<>]+)(?: \[as [\w$]+\])? \((.+)\)$/;
/** What is not ours, or has no name of its own. */
const FOREIGN = /node_modules|^node:|<anonymous>|^native$/;

/** The innermost function of ours in a stack, by its own name: a bundler changes files and lines, and puts numbers behind names that occur twice. */
function throwerOf(stack: string): string {
  for (const line of stack.split('\n')) {
    const [, name, place] = FRAME.exec(line) ?? [];
    if (name === undefined || place === undefined || FOREIGN.test(place)) continue;
    const own = (name.split('.').at(-1) ?? '').replace(/^_+/, '').replace(/\d+$/, '');
    if (own !== '' && own !== '<anonymous>') return own;
  }
  return 'unknown';
}
