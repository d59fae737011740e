import type { Decimal } from '../scenario/types.ts';

export const SIMPLE_FEERATES: readonly number[] = [253, 1000, 2500, 5000];

export function* simplerFields<T extends object>(value: T, candidates: { readonly [K in keyof T]?: Iterable<T[K]> }): Generator<T> {
  for (const key of Object.keys(candidates) as (keyof T)[]) {
    for (const simpler of candidates[key] ?? []) yield { ...value, [key]: simpler };
  }
}

/** Those of `usual` that come before `value` in it, then smaller and rounder. Never the value itself, never a less simple one. */
export function numbers(value: number, usual: readonly number[]): number[] {
  const known = usual.indexOf(value);
  return known >= 0 ? usual.slice(0, known) : [...usual, ...decimals(String(value)).map(Number)];
}

/** Simpler amounts, simplest first: zero, then powers of ten below it, then the same amount with fewer significant digits. */
export function decimals(value: Decimal): Decimal[] {
  const digits = value.replace(/0+$/, '').length;
  if (digits <= 1 && !/^[2-9]/.test(value)) return value.startsWith('10') ? ['0', ...powersBelow(value)] : [];
  const rounded = [];
  for (let kept = 1; kept < digits && kept <= 3; kept++) rounded.push(value.slice(0, kept) + '0'.repeat(value.length - kept));
  return ['0', ...powersBelow(value), ...rounded];
}

/** 1000 (one satoshi), a million and a hundred million where they are smaller, then the largest power of ten below. */
function powersBelow(value: Decimal): Decimal[] {
  const below = [3, 6, 7, 8, value.length - 1].filter((zeros) => zeros < value.length).map((zeros) => `1${'0'.repeat(zeros)}`);
  return [...new Set(below)].filter((power) => power !== value);
}
