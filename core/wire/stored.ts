import { list, u16 } from './codec.ts';
import type { Codec } from './codec.ts';
import { WireFailure } from './reader-writer.ts';

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

/** With its version in front. `owner`: whose state it is, for who reads another form. */
export function versioned<T>(owner: string, version: number, state: Codec<T>): Codec<T> {
  return {
    schema: state.schema,
    minSize: u16.minSize + state.minSize,
    read(reader) {
      const written = reader.u16();
      if (written !== version)
        throw new WireFailure('bad-value', `written in form ${written} of ${owner}'s state, this release reads form ${version}`).within(
          'version',
        );
      return state.read(reader);
    },
    write(writer, value) {
      writer.u16(version);
      state.write(writer, value);
    },
  };
}
