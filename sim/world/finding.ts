import type { Violation } from './encryption.ts';
import type { Finding } from '../scenario/types.ts';

/** Equal for the same bug, whatever the seed. */
export function fingerprint(finding: Pick<Finding, 'oracle' | 'rule' | 'kind'>): string {
  return `${finding.oracle}/${finding.rule}/${finding.kind}`;
}

/** What an encrypted link has done that it must not do. */
export function transportFinding({ rule, kind, expected, actual }: Violation, node: string, at: Finding['at']): Finding {
  return { oracle: 'transport', rule, kind, node, message: `${node}'s end of an encrypted link: ${kind}`, expected, actual, at };
}

/** A thrown exception is always a bug of the node that threw. */
export function exceptionFinding(error: unknown, node: string, at: Finding['at']): Finding {
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  const detail = error instanceof Error ? (error.stack ?? message) : message;
  return {
    oracle: 'exception',
    rule: head(message),
    kind: name,
    node,
    message: `${node} threw: ${message}`,
    expected: 'no exception',
    actual: detail,
    at,
  };
}

/** The message without what differs from seed to seed: numbers and hex. */
function head(message: string): string {
  const [first = ''] = message.split('\n');
  return first
    .replace(/\b[0-9a-f]{16,}\b/g, '#')
    .replace(/\d+n?/g, '#')
    .slice(0, 100);
}
