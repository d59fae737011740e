import { sameBytes } from '../deterministic/bytes.ts';

/** Where two values differ first. `path` names fields and indexes, e.g. `base.htlcs.0.add.amountMsat`. */
export interface FirstDifference {
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Deep comparison of data: objects, arrays, byte arrays, maps and primitives. An absent field equals one that is undefined. */
export function firstDifference(left: unknown, right: unknown, path = ''): FirstDifference | undefined {
  return isEqual(left, right) ? undefined : locate(left, right, path);
}

/** Only whether there is one: nearly always there is none, and then no path is built. */
function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    for (let i = 0; i < left.length; i++) if (!isEqual(left[i], right[i])) return false;
    return true;
  }
  if (Array.isArray(right)) return false;
  if (left instanceof Uint8Array || left instanceof Map || right instanceof Uint8Array || right instanceof Map) {
    return locate(left, right, '') === undefined;
  }
  const a = left as Readonly<Record<string, unknown>>;
  const b = right as Readonly<Record<string, unknown>>;
  for (const key in a) if (!isEqual(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && !(key in a)) return false;
  return true;
}

function locate(left: unknown, right: unknown, path: string): FirstDifference | undefined {
  if (left === right) return undefined;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return { path, left, right };
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    const equal = left instanceof Uint8Array && right instanceof Uint8Array && sameBytes(left, right);
    return equal ? undefined : { path, left, right };
  }
  if (left instanceof Map || right instanceof Map) {
    if (!(left instanceof Map && right instanceof Map)) return { path, left, right };
    return locate([...left.entries()], [...right.entries()], path);
  }
  if (Array.isArray(left) !== Array.isArray(right)) return { path, left, right };
  const a = left as Readonly<Record<string, unknown>>;
  const b = right as Readonly<Record<string, unknown>>;
  if (Array.isArray(left) && Array.isArray(right) && left.length !== right.length) return { path: join(path, 'length'), left, right };
  for (const key of Object.keys(a)) {
    const difference = locate(a[key], b[key], join(path, key));
    if (difference !== undefined) return difference;
  }
  for (const key of Object.keys(b)) {
    if (!(key in a) && b[key] !== undefined) return { path: join(path, key), left: undefined, right: b[key] };
  }
  return undefined;
}

/** What two views of a channel can differ in. */
export const CONTENT_KINDS = ['feerate', 'balance', 'htlcs', 'updates', 'numbers'] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** Of a path into commitment contents, or into the state that both sides share. */
export function kindOfPath(path: string): ContentKind {
  const parts = path.split('.');
  if (parts[0] === 'logs') return 'updates';
  if (parts.includes('htlcs')) return 'htlcs';
  if (parts.includes('feeratePerKw')) return 'feerate';
  return parts.includes('balanceMsat') ? 'balance' : 'numbers';
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
