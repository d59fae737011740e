/** Values as words of five bits, big-endian: what bech32 carries. */
export type Words = readonly number[];

const BITS = 5;

/** The bytes that begin with these bits, zeros behind them (BOLT 11: what is signed). */
export function paddedBytes(words: Words): Uint8Array {
  return toBytes(words, Math.ceil((words.length * BITS) / 8));
}

/** The whole bytes in these words; the bits that are left over, fewer than eight, are padding. */
export function wholeBytes(words: Words): Uint8Array {
  return toBytes(words, Math.floor((words.length * BITS) / 8));
}

function toBytes(words: Words, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (const [i, word] of words.entries()) {
    const at = (i * BITS) >> 3;
    const bits = word << (11 - ((i * BITS) & 7));
    if (at < length) out[at] = (out[at] as number) | (bits >> 8);
    if (at + 1 < length) out[at + 1] = (out[at + 1] as number) | (bits & 0xff);
  }
  return out;
}

/** The bytes, padded with zero bits to whole words. */
export function toWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit += BITS) {
    const at = bit >> 3;
    const pair = ((bytes[at] as number) << 8) | (bytes[at + 1] ?? 0);
    words.push((pair >> (11 - (bit & 7))) & 31);
  }
  return words;
}

/** The number, undefined when it is beyond what a plain number can count. */
export function numberOf(words: Words): number | undefined {
  let value = 0;
  for (const word of words) {
    value = value * 32 + word;
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return value;
}

/** A number in at least `least` words, without leading zeros beyond them. */
export function wordsOf(value: number, least = 0): number[] {
  const words: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) words.unshift(rest % 32);
  while (words.length < least) words.unshift(0);
  return words;
}
