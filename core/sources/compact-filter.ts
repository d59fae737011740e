import { ByteCursor } from '../bitcoin/byte-cursor.ts';
import { compactSize } from '../bitcoin/encode.ts';
import { fromHex, toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Script } from '../crypto/bytes.ts';
import { hash256, hash256Hex } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { SipHash } from './siphash.ts';

/** BIP 158, basic filters: how many bits of each difference are written as they are, and one in how many scripts matches by chance. */
const REMAINDER_BITS = 19;
const CHANCE = 784931;
const OP_RETURN = '6a';

/** A compact filter of a block: the scripts that its transactions pay to and spend from, each hashed to a number, in their order. */
export interface CompactFilter {
  readonly values: readonly number[];
}

/** Undefined for what is no filter: fewer or more numbers than it says, or padding that is none. */
export function readFilter(bytes: Uint8Array): CompactFilter | undefined {
  const cursor = new ByteCursor(bytes);
  const count = cursor.compactSize();
  const bits = new BitReader(bytes, cursor.at);
  if (cursor.broken || count * (REMAINDER_BITS + 1) > bits.left) return undefined;
  const values: number[] = [];
  let last = 0;
  for (let i = 0; i < count; i++) {
    let quotient = 0;
    while (bits.left > 0 && bits.read(1) === 1) quotient++;
    if (bits.left < REMAINDER_BITS) return undefined;
    last += quotient * 2 ** REMAINDER_BITS + bits.read(REMAINDER_BITS);
    values.push(last);
  }
  return bits.left < 8 && bits.read(bits.left) === 0 ? { values } : undefined;
}

/** Whether some of these scripts is in the block of this hash, or seems to be. A script that is there always matches. */
export function matchesAny({ values }: CompactFilter, blockHash: Hash32, scripts: Iterable<Script>): boolean {
  const wanted = hashed(blockHash, scripts, values.length);
  let at = 0;
  for (const one of wanted) {
    while (at < values.length && (values[at] as number) < one) at++;
    if (values[at] === one) return true;
  }
  return false;
}

/** Those of these scripts that certainly are not in the block, if the filter is true. */
export function missingFrom(filter: CompactFilter, blockHash: Hash32, scripts: Iterable<Script>): readonly Script[] {
  return [...scripts].filter((script) => !matchesAny(filter, blockHash, [script]));
}

/** Whether a filter has it: what is empty, or can't be spent, is left out. */
export function isFiltered(script: Script): boolean {
  return script !== '' && !script.startsWith(OP_RETURN);
}

/** The filter of a block with these scripts. */
export function writeFilter(blockHash: Hash32, scripts: ReadonlySet<Script>): Hex {
  return encodeFilter({ values: hashed(blockHash, scripts, scripts.size) });
}

/** A filter as it is sent; `values` ascend, and none is 2^53 or more. */
export function encodeFilter({ values }: CompactFilter): Hex {
  let bits = '';
  let last = 0;
  for (const value of values) {
    const difference = value - last;
    const rest = (difference % 2 ** REMAINDER_BITS).toString(2).padStart(REMAINDER_BITS, '0');
    bits += `${'1'.repeat(Math.floor(difference / 2 ** REMAINDER_BITS))}0${rest}`;
    last = value;
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((eight) => Number.parseInt(eight.padEnd(8, '0'), 2));
  return compactSize(values.length) + toHex(Uint8Array.from(bytes));
}

/** In ascending order. */
function hashed(blockHash: Hash32, scripts: Iterable<Script>, count: number): readonly number[] {
  const sip = new SipHash(fromHex(blockHash.slice(0, 32)));
  const range = BigInt(count * CHANCE);
  const values = Array.from(scripts, (script) => Number((sip.hash(fromHex(script)) * range) >> 64n));
  return values.sort((a, b) => a - b);
}

export function filterHash(hashes: HashFunctions, bytes: Uint8Array): Hash32 {
  return toHex<Hash32>(hash256(hashes, bytes));
}

/** What commits to this filter and to those of all blocks before it (BIP 157). */
export function filterHeader(hashes: HashFunctions, hash: Hash32, previous: Hash32): Hash32 {
  return hash256Hex<Hash32>(hashes, hash + previous);
}

/** The highest bit of each byte first. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = 8 * start;
  }

  get left(): number {
    return 8 * this.#bytes.length - this.#at;
  }

  /** At most 32 bits, which must be there. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] as number;
      value = 2 * value + ((byte >> (7 - (this.#at & 7))) & 1);
    }
    return value;
  }
}
