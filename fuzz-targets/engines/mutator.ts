/// <reference types="node" />
import fc from 'fast-check';
import jsfuzz from 'jsfuzz/build/src/corpus.js';
import type { FuzzTarget } from '../target.ts';

type Int = (n: number) => number;

/** What the mutator may know beyond bytes. jsfuzz by itself has nothing of it. */
export interface Guidance {
  readonly dictionary: boolean;
  readonly structure: boolean;
}
export const FULL_GUIDANCE: Guidance = { dictionary: true, structure: true };
export const NO_GUIDANCE: Guidance = { dictionary: false, structure: false };

/** jsfuzz keeps its inputs, their limit and its dice private; driven from outside they must be ours, seeded. */
interface JsfuzzCorpus {
  inputs: Buffer[];
  maxInputSize: number;
  rand(n: number): number;
  randBool(): boolean;
  mutate(bytes: Buffer): Buffer;
}

function jsfuzzCorpus(maxInputSize: number, int: Int): JsfuzzCorpus {
  const corpus = new jsfuzz.Corpus([], false) as unknown as JsfuzzCorpus;
  corpus.maxInputSize = maxInputSize;
  corpus.rand = (n) => (n <= 0 ? 0 : int(Math.floor(n)));
  corpus.randBool = () => int(2) === 1;
  return corpus;
}

/** Fresh inputs are drawn so many at once: drawing one alone costs ten times as much. */
const DRAWN_AT_ONCE = 24;
const MAX_TOKENS = 3;
const STRETCHED_EVERY = 200;

/**
 * Makes new inputs of old ones: by jsfuzz's own mutations, and, where guidance allows, by words of the target's dictionary, by changing one
 * field of what can be decoded, and by drawing whole inputs from the declarations.
 */
export class Mutator {
  private readonly target: FuzzTarget;
  private readonly int: Int;
  private readonly guidance: Guidance;
  private readonly corpus: JsfuzzCorpus;
  private fresh: Uint8Array[] = [];

  constructor(target: FuzzTarget, int: Int, guidance: Guidance = FULL_GUIDANCE) {
    this.target = target;
    this.int = int;
    this.guidance = guidance;
    this.corpus = jsfuzzCorpus(target.maxLength, int);
  }

  get kept(): readonly Uint8Array[] {
    return this.corpus.inputs;
  }

  keep(bytes: Uint8Array): void {
    this.corpus.inputs.push(Buffer.from(bytes));
  }

  next(): Uint8Array {
    const { dictionary, structure } = this.guidance;
    const { inputs } = this.corpus;
    if (structure && (inputs.length === 0 || this.int(6) === 0)) return this.drawn();
    const parent = inputs.length === 0 ? Buffer.alloc(0) : this.parent(inputs);
    if (structure && this.int(STRETCHED_EVERY) === 0) return this.stretched(parent);
    const way = this.int(8);
    if (structure && way < 3) {
      const varied = this.varied(parent);
      if (varied !== undefined) return this.within(varied);
    }
    if (dictionary && way >= 3 && way < 6) return this.within(this.withTokens(parent));
    return plain(this.corpus.mutate(parent));
  }

  /** The shorter of two, which runs sooner; half of the time of the newest, where something new is nearest. */
  private parent(inputs: readonly Buffer[]): Buffer {
    const span = this.int(2) === 0 ? Math.min(inputs.length, 16) : inputs.length;
    const [a, b] = [1, 2].map(() => inputs[inputs.length - 1 - this.int(span)] as Buffer) as [Buffer, Buffer];
    return a.length < b.length ? a : b;
  }

  private drawn(): Uint8Array {
    if (this.fresh.length === 0) this.fresh = fc.sample(this.target.structure, { numRuns: DRAWN_AT_ONCE, seed: this.int(0x7fffffff) });
    return this.within(this.fresh.pop() as Uint8Array);
  }

  private varied(parent: Uint8Array): Uint8Array | undefined {
    let bytes: Uint8Array | undefined;
    for (let times = 1 + this.int(3); times > 0; times--) bytes = this.target.vary?.(bytes ?? plain(parent), this.int) ?? bytes;
    return bytes;
  }

  /** Words of the dictionary, put in or over what is there. */
  private withTokens(parent: Uint8Array): Uint8Array {
    const { dictionary } = this.target;
    let bytes: Uint8Array = parent;
    for (let times = 1 + this.int(MAX_TOKENS); times > 0 && dictionary.length > 0; times--) {
      const token = dictionary[this.int(dictionary.length)] as Uint8Array;
      const at = this.int(4) === 0 ? bytes.length : this.int(bytes.length + 1);
      const over = this.int(2) === 0 ? 0 : token.length;
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...token, ...bytes.subarray(Math.min(bytes.length, at + over))]);
    }
    return bytes === parent ? plain(parent) : bytes;
  }

  /** Far longer than before, by one byte many times: what takes too long or too much shows only there. */
  private stretched(parent: Uint8Array): Uint8Array {
    const room = this.target.maxLength - parent.length;
    if (room <= 0) return plain(parent);
    const at = this.int(parent.length + 1);
    const run = new Uint8Array(1 + this.int(room)).fill(this.int(2) === 0 ? 0xff : this.int(256));
    return Uint8Array.from([...parent.subarray(0, at), ...run, ...parent.subarray(at)]);
  }

  private within(bytes: Uint8Array): Uint8Array {
    return bytes.length > this.target.maxLength ? bytes.slice(0, this.target.maxLength) : bytes;
  }
}

/** Not a Buffer, whose methods share memory where an Uint8Array's copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
