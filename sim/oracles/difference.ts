import type { Comparison, Finding, WorldView } from '../scenario/types.ts';

export interface Difference {
  readonly oracle: string;
  readonly rule: string;
  readonly kind: string;
  readonly node?: string | undefined;
  readonly channel?: string | undefined;
  readonly message: string;
  readonly expected: unknown;
  readonly actual: unknown;
  /** Default: made of `expected` and `actual`, where both have fields. */
  readonly comparison?: Comparison | undefined;
  /** Whose the two are, above their columns. Default 'expected' and 'actual'. */
  readonly titles?: readonly [string, string] | undefined;
}

/** A finding of this moment. `rule` and `kind` must not contain anything that depends on the seed. */
export function finding(world: WorldView, { node, channel, expected, actual, comparison, titles, ...rest }: Difference): Finding {
  const compared = comparison ?? comparisonOf(expected, actual, titles);
  return {
    ...rest,
    ...(node === undefined ? {} : { node }),
    ...(channel === undefined ? {} : { channel }),
    expected: print(expected),
    actual: print(actual),
    ...(compared === undefined ? {} : { comparison: compared }),
    at: world.at,
  };
}

/** Two values with fields, field by field; of those that are equal only as many as a page has room for. */
function comparisonOf(
  expected: unknown,
  actual: unknown,
  [left, right]: readonly [string, string] = ['expected', 'actual'],
): Comparison | undefined {
  if (!hasFields(expected) || !hasFields(actual)) return undefined;
  const expectedRows = new Map<string, string>();
  const actualRows = new Map<string, string>();
  flatten(expected, '', expectedRows);
  flatten(actual, '', actualRows);
  const all = [...new Set([...expectedRows.keys(), ...actualRows.keys()])].map((what) => ({
    what,
    left: expectedRows.get(what) ?? 'none',
    right: actualRows.get(what) ?? 'none',
  }));
  // What is of another kind has other fields: that it is says all.
  const kinds = all.find(({ what, left: a, right: b }) => what === 'kind' && a !== b);
  if (kinds !== undefined) return { left, right, rows: [kinds] };
  const rows = all.length <= MOST_ROWS ? all : all.filter((row) => row.left !== row.right).slice(0, MOST_ROWS);
  return { left, right, rows };
}

const MOST_ROWS = 40;

function hasFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && Object.keys(value).length > 0;
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (value instanceof Map) return flatten(Object.fromEntries(value), path, into);
  if (!hasFields(value)) {
    if (value !== undefined) into.set(path, print(value));
    return;
  }
  for (const [key, field] of Object.entries(value)) flatten(field, path === '' ? key : `${path}.${key}`, into);
}

/** A value for people: amounts as digits, bulk bytes as their length and first bytes. Strings stay as they are. */
export function print(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return value.toString();
  if (value === undefined || value === null) return 'none';
  if (value instanceof Uint8Array) return `<${value.length} bytes ${Array.from(value.subarray(0, 4), (b) => b.toString(16)).join(' ')}>`;
  if (Array.isArray(value)) return `[${value.map(print).join(', ')}]`;
  if (typeof value === 'object') {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    return `{ ${fields.map(([key, field]) => `${key}: ${print(field)}`).join(', ')} }`;
  }
  return typeof value;
}
