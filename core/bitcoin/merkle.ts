import { toHex, writeHex } from '../crypto/bytes.ts';
import type { Hash32, Hex } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';

/** Of so many bytes a transaction could be two hashes, and the tree could be said to go on below it (CVE-2017-12842): none is proved. */
export const TWO_HASHES_BYTES = 64;

/** The hash of two nodes of a merkle tree, side by side. */
export function merkleParent(hashes: HashFunctions, left: Hex, right: Hex): Hash32 {
  const both = new Uint8Array(TWO_HASHES_BYTES);
  writeHex(left, both, 0);
  writeHex(right, both, 32);
  return toHex<Hash32>(hash256(hashes, both));
}

/**
 * The root of Bitcoin's merkle tree over these leaves, at least one. Undefined where two neighbours are equal that are no copy of the last: then
 * another list of leaves has the same root (CVE-2012-2459), and no real block is like that.
 */
export function merkleRoot(hashes: HashFunctions, leaves: readonly Hex[]): Hex | undefined {
  let row = leaves;
  while (row.length > 1) {
    const above: Hex[] = [];
    for (let i = 0; i < row.length; i += 2) {
      const left = row[i] as Hex;
      const right = row[i + 1];
      if (left === right) return undefined;
      above.push(merkleParent(hashes, left, right ?? left));
    }
    row = above;
  }
  return row[0];
}

/** The root that a leaf at this place has with these neighbours, from the leaf upwards. Undefined where so few can't reach the place. */
export function rootOfBranch(hashes: HashFunctions, leaf: Hex, place: number, branch: readonly Hex[]): Hex | undefined {
  if (!Number.isSafeInteger(place) || place < 0 || place >= 2 ** branch.length) return undefined;
  let node = leaf;
  let at = place;
  for (const neighbour of branch) {
    // A right node that equals its left one is a copy, and has no place of its own.
    if (at % 2 === 1 && neighbour === node) return undefined;
    node = at % 2 === 1 ? merkleParent(hashes, neighbour, node) : merkleParent(hashes, node, neighbour);
    at = Math.floor(at / 2);
  }
  return node;
}
