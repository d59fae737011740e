import { Script as ScriptCoder } from '@scure/btc-signer';
import { fromHex, toHex } from '../../core/crypto/bytes.ts';
import type { Script } from '../../core/crypto/bytes.ts';

/** Beyond these, two scripts are simply others. */
const MOST_PARTS = 4;

/** Where two scripts differ, operand by operand, each with the operation after it: `144 CHECKSEQUENCEVERIFY` beside `512 CHECKSEQUENCEVERIFY`. */
export function partsApart(left: Script, right: Script): readonly { readonly left: string; readonly right: string }[] {
  const [a, b] = [wordsOf(left), wordsOf(right)];
  const apart = a.length === b.length ? a.flatMap((word, i) => (word === b[i] ? [] : [i])) : [];
  if (apart.length === 0 || apart.length > MOST_PARTS) return [{ left: a.join(' '), right: b.join(' ') }];
  const told = (words: readonly string[], i: number): string => [words[i], words[i + 1]].filter((word) => word !== undefined).join(' ');
  return apart.map((i) => ({ left: told(a, i), right: told(b, i) }));
}

function wordsOf(script: Script): readonly string[] {
  return ScriptCoder.decode(fromHex(script)).map((word) => {
    if (typeof word === 'string') return word;
    if (typeof word === 'number') return String(word);
    return word.length <= 5 ? String(littleEndian(word)) : toHex(word).slice(0, 16);
  });
}

/** A number in a script. */
function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
