import type fc from 'fast-check';

/** An input that stands in `corpus/<target>/`, in whatever notation the target's seeds have. */
export interface Notation {
  /** The name of such a file ends in it. */
  readonly extension: string;
  /** Throws a RangeError that says what can't be read. */
  parse(text: string): Uint8Array;
  print(bytes: Uint8Array): string;
}

/** One thing to throw bytes at. */
export interface FuzzTarget {
  /** Also that of its folder in corpus/. */
  readonly name: string;
  readonly about: string;
  /**
   * Throws when the bytes break a promise: whatever is thrown is a finding. Synchronous, deterministic, and keeps nothing from one call
   * to the next.
   */
  readonly fuzz: (bytes: Uint8Array) => void;
  /** Longer inputs teach nothing more. */
  readonly maxLength: number;
  /** Byte strings that mutation would not guess: magic values, type numbers, whole records. */
  readonly dictionary: readonly Uint8Array[];
  /** Inputs that get past the first checks. */
  readonly structure: fc.Arbitrary<Uint8Array>;
  /** A copy that is changed in one place that has a meaning. `int(n)` draws from [0, n). Undefined where the bytes have no such place. */
  readonly vary?: (bytes: Uint8Array, int: (n: number) => number) => Uint8Array | undefined;
  /** What the bytes say, in words, a line an item. */
  readonly describe: (bytes: Uint8Array) => string;
  /** Default: hex. */
  readonly notation?: Notation;
  /** How far the input gets, by name: what a seed with `# reaches: …` promises. */
  readonly reaches?: (bytes: Uint8Array) => readonly string[];
}

/** A promise that was broken. `rule` is the same for the same bug, `detail` says what happened this time. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.rule = rule;
  }
}

export function promise(kept: boolean, rule: string, detail: () => string): void {
  if (!kept) throw new FuzzFailure(rule, detail());
}

/** Equal for the same bug, whatever the input: the rule, or the kind of exception, where it was thrown, and its words without numbers. */
export function fingerprintOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${typeof error}`;
  // Not by its class: an instrumented build has its own.
  if ('rule' in error && typeof error.rule === 'string') return error.rule;
  const [head = ''] = error.message.split('\n');
  const words = head.replace(/\b[0-9a-f]{8,}\b/g, '#').replace(/-?\d+n?/g, '#');
  const frames = [...(error.stack ?? '').matchAll(/^\s+at (?:new )?([\w$.#]+) /gm)].map((match) => match[1] as string);
  // A bundler puts numbers behind names that occur twice.
  const where = frames
    .find((name) => !/^(Object|Array|Map|Set|String|Uint8Array|Module|fuzz)\b/.test(name))
    ?.replace(/(?<=[a-z])\d+$/i, '');
  return `${error.name}: ${words.slice(0, 100)}${where === undefined ? '' : ` in ${where}`}`;
}
