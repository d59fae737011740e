import { list } from './codec.ts';
import type { Codec } from './codec.ts';

/** What stored forms have in common: how the states of channels, the chain and watchers' updates stand in bytes. */

/** Any list of stored state; what peers make grow is bounded by its own rules, far below. */
const MAX_ITEMS = 1_000_000;

/**
 * A codec for every property of T, optional ones as `option`: a property that is missing here, or unknown there, does not compile.
 */
export type FieldsOf<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Codec<T[K] | undefined> & { readonly optional: true } : Codec<T[K]>;
};

export function items<T>(item: Codec<T>): Codec<readonly T[]> {
  return list(item, MAX_ITEMS);
}
