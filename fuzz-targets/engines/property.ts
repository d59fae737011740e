import fc from 'fast-check';
import type { FuzzTarget } from '../target.ts';
import { fingerprintOf } from '../target.ts';
import type { Failure } from './replay.ts';

/** An edit of an input: at a place in its 65,536ths, so many bytes give way to these. */
interface Edit {
  readonly place: number;
  readonly drop: number;
  readonly put: Uint8Array;
}

function applyEdit(bytes: Uint8Array, { place, drop, put }: Edit): Uint8Array {
  const at = Math.floor((bytes.length * place) / 0x10000);
  return Uint8Array.from([...bytes.subarray(0, at), ...put, ...bytes.subarray(Math.min(bytes.length, at + drop))]);
}

/** Inputs of a target: as its declarations have them, the same with some edits, and any bytes. All of them shrink. */
export function inputsOf({ structure, dictionary, maxLength }: FuzzTarget): fc.Arbitrary<Uint8Array> {
  const anyBytes = fc.uint8Array({ maxLength: Math.min(maxLength, 400) });
  const put = dictionary.length === 0 ? anyBytes : fc.oneof(fc.constantFrom(...dictionary), fc.uint8Array({ maxLength: 8 }));
  const edit: fc.Arbitrary<Edit> = fc
    .record({ place: fc.nat(0xffff), drop: fc.oneof(fc.constant('over' as const), fc.nat(40)), put })
    .map(({ place, drop, put: bytes }) => ({ place, drop: drop === 'over' ? bytes.length : drop, put: bytes }));
  const edited = fc
    .tuple(structure, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([bytes, edits]) => edits.reduce(applyEdit, bytes));
  return fc
    .oneof({ weight: 4, arbitrary: structure }, { weight: 4, arbitrary: edited }, { weight: 1, arbitrary: anyBytes })
    .map((bytes) => bytes.subarray(0, maxLength));
}

export interface PropertyOptions {
  readonly seed: number;
  readonly numRuns: number;
  /** Milliseconds. */
  readonly timeLimit?: number;
  /** Called before each execution, those of shrinking too. */
  readonly executing?: (bytes: Uint8Array) => void;
}

/** The target as a property. A failure comes with the smallest input that fast-check found for it. */
export function checkProperty(target: FuzzTarget, options: PropertyOptions): (Failure & { readonly bytes: Uint8Array }) | undefined {
  const { seed, numRuns, timeLimit, executing } = options;
  let first: string | undefined;
  const property = fc.property(inputsOf(target), (bytes) => {
    executing?.(bytes);
    try {
      target.fuzz(bytes);
    } catch (error) {
      first ??= fingerprintOf(error);
      // Shrinking must not slide from one bug into another.
      if (fingerprintOf(error) === first) throw error;
    }
  });
  const result = fc.check(property, {
    seed,
    numRuns,
    ...(timeLimit === undefined ? {} : { interruptAfterTimeLimit: timeLimit, markInterruptAsFailure: false }),
  });
  if (!result.failed || result.counterexample === null || first === undefined) return undefined;
  return { fingerprint: first, error: result.errorInstance, bytes: result.counterexample[0] };
}
