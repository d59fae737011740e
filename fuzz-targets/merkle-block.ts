import fc from 'fast-check';
import { readMerkleBlock } from '../core/bitcoin/merkle-block.ts';
import { fromHex } from '../core/crypto/bytes.ts';
import { createNobleCrypto } from '../core/crypto/noble.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

const crypto = createNobleCrypto();
const HEADER = 80;
const ROOT = 36;

/** Nobody guesses a root: that of a tree with one hash is put in. */
function withRoot(bytes: Uint8Array): Uint8Array {
  const proof = bytes.slice();
  if (bytes.length >= HEADER + 37) proof.set(bytes.subarray(HEADER + 5, HEADER + 37), ROOT);
  return proof;
}

function check(bytes: Uint8Array): string {
  const proof = readMerkleBlock(crypto, bytes);
  if (proof === undefined) return 'refused';
  promise(sizeOf(proof) <= 32 * bytes.length + 1024, 'decoded size', () => `${bytes.length} bytes became ${sizeOf(proof)}`);
  promise(
    proof.matches.every(({ index }, i) => index > (proof.matches[i - 1]?.index ?? -1)),
    'each place is proved once, in order',
    () => proof.matches.map(({ index }) => index).join(' '),
  );
  return proof.matches.length === 0 ? 'nothing' : 'proved';
}

export const merkleBlockTarget: FuzzTarget = {
  name: 'merkle-block',
  about: 'a proof that transactions are in a block (BIP 37): as it came, and with the root of its one hash',
  maxLength: 2048,
  fuzz(bytes) {
    check(bytes);
    check(withRoot(bytes));
  },
  dictionary: ['01000000', '02000000', 'ffffff7f', '0101', '0100', '01ff', 'fdffff'].map(fromHex),
  structure: fc
    .tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 4 }),
      fc.nat(255),
    )
    .map(([total, hashes, flags]) =>
      Uint8Array.of(...new Uint8Array(HEADER), total, 0, 0, 0, hashes.length, ...hashes.flatMap((hash) => [...hash]), 1, flags),
    ),
  describe(bytes) {
    return `${bytes.length} bytes: ${check(bytes)}, ${check(withRoot(bytes))} with its root`;
  },
  reaches(bytes) {
    return [check(bytes), check(withRoot(bytes))];
  },
};
