import type { Finding, WorldView } from '../scenario/types.ts';

export interface Difference {
  readonly oracle: string;
  readonly rule: string;
  readonly kind: string;
  readonly node?: string | undefined;
  readonly channel?: string | undefined;
  readonly message: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** A finding of this moment. `rule` and `kind` must not contain anything that depends on the seed. */
export function finding(world: WorldView, { node, channel, expected, actual, ...rest }: Difference): Finding {
  return {
    ...rest,
    ...(node === undefined ? {} : { node }),
    ...(channel === undefined ? {} : { channel }),
    expected: print(expected),
    actual: print(actual),
    at: world.at,
  };
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
