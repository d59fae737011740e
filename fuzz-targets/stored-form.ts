import type { Codec, Result } from '../core/wire/codec.ts';
import { toJson } from '../core/wire/print.ts';
import { arbitraryOf } from './arbitraries.ts';
import { faithful, linearWork } from './codec-promises.ts';
import { dictionaryOf } from './dictionary.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

/** The state behind its version. */
const VERSION_BYTES = 2;

/** A state as a host stores it. */
interface StoredForm<S extends object> extends Pick<FuzzTarget, 'name' | 'about'> {
  /** Of the state alone. */
  readonly codec: Codec<S>;
  readonly decode: (bytes: Uint8Array) => Result<S>;
  readonly encode: (state: S) => Uint8Array;
  /** The state as its schema says it, and the reverse. */
  readonly plain: (state: S) => object;
  readonly stateOf: (value: object) => S;
  /** A copy of a plain state that is changed in one place; undefined where there is none. */
  readonly vary: (plain: object, int: (n: number) => number) => object | undefined;
  readonly reaches: (state: S) => readonly string[];
}

export function storedFormTarget<S extends object>(form: StoredForm<S>): FuzzTarget {
  const { name, about, codec, decode, encode, plain, stateOf, vary, reaches } = form;
  return {
    name,
    about,
    maxLength: 16_384,
    fuzz(bytes) {
      // Decoded from a buffer that is then overwritten: a state must not share its input's memory.
      const buffer = bytes.slice();
      const decoded = decode(buffer);
      buffer.fill(0xa5);
      if (decoded.ok) {
        faithful(bytes, plain(decoded.value), encode(decoded.value));
        JSON.stringify(toJson(plain(decoded.value)));
      } else {
        promise(decoded.error.detail.length <= 300, 'errors are short', () => decoded.error.detail.slice(0, 400));
      }
      linearWork(codec, bytes.subarray(VERSION_BYTES));
    },
    dictionary: dictionaryOf(codec.schema),
    structure: arbitraryOf(codec).map((value) => encode(stateOf(value))),
    vary(bytes, int) {
      const decoded = decode(bytes);
      const changed = decoded.ok ? vary(plain(decoded.value), int) : undefined;
      return changed && encode(stateOf(changed));
    },
    describe(bytes) {
      const decoded = decode(bytes);
      if (decoded.ok) return JSON.stringify(toJson(plain(decoded.value)));
      const { kind, field, detail } = decoded.error;
      return `refused at ${field === '' ? 'its end' : field}: ${kind}, ${detail}`;
    },
    reaches(bytes) {
      const decoded = decode(bytes);
      return decoded.ok ? reaches(decoded.value) : [];
    },
  };
}
