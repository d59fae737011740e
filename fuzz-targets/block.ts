import fc from 'fast-check';
import { readBlock, wholeTx } from '../core/bitcoin/block.ts';
import { compactSize } from '../core/bitcoin/encode.ts';
import { serialiseTx, txid } from '../core/bitcoin/tx.ts';
import { fromHex, readHex, toHex } from '../core/crypto/bytes.ts';
import type { Hex } from '../core/crypto/bytes.ts';
import { hash256Hex } from '../core/crypto/hashes.ts';
import { createNobleCrypto } from '../core/crypto/noble.ts';
import { sizeOf } from './size.ts';
import type { FuzzTarget } from './target.ts';
import { promise } from './target.ts';

const crypto = createNobleCrypto();
const HEADER = 80;
const ROOT = 36;

/** Nobody guesses a merkle root: that of a block with one transaction without witness is put in. */
function withRoot(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER + 1 || bytes[HEADER] !== 1) return bytes;
  const block = bytes.slice();
  block.set(fromHex(hash256Hex(crypto, toHex(bytes.subarray(HEADER + 1)))), ROOT);
  return block;
}

function check(bytes: Uint8Array): string {
  const block = readBlock(crypto, bytes);
  if (typeof block === 'string') return block;
  let parts: Hex = readHex(bytes, 0, HEADER) + compactSize(block.transactions.length);
  for (const sliced of block.transactions) {
    const tx = wholeTx(sliced);
    promise(tx !== undefined, 'a transaction of a block is read', () => toHex(sliced.bytes));
    if (tx === undefined) continue;
    promise(txid(crypto, tx) === sliced.txid, 'both ways to read a transaction give its id', () => toHex(sliced.bytes));
    parts += serialiseTx(tx);
  }
  promise(parts === toHex(bytes), 'a block is its header and its transactions', () => toHex(bytes));
  promise(sizeOf(block) <= 64 * bytes.length + 2048, 'decoded size', () => `${bytes.length} bytes became ${sizeOf(block)}`);
  return 'read';
}

export const blockTarget: FuzzTarget = {
  name: 'block',
  about: 'a whole block, checked against its header: as it came, and with the merkle root of its one transaction',
  maxLength: 4096,
  fuzz(bytes) {
    check(bytes);
    check(withRoot(bytes));
  },
  dictionary: ['0001', '01', 'fdffff', 'fe00010000', 'ffffffffffffffffff', '6a24aa21a9ed', '00'.repeat(32), 'ffffffff'].map(fromHex),
  structure: fc
    .record({
      spent: fc.uint8Array({ minLength: 36, maxLength: 36 }),
      script: fc.uint8Array({ maxLength: 90 }),
      outputs: fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 }),
    })
    .map(({ spent, script, outputs }) => {
      const sized = (part: Uint8Array): Hex => compactSize(part.length) + toHex(part);
      const paid = outputs.map((output) => `${'01'.padEnd(16, '0')}${sized(output)}`).join('');
      const tx = `0200000001${toHex(spent)}${sized(script)}ffffffff${compactSize(outputs.length)}${paid}00000000`;
      return fromHex(`${'00'.repeat(HEADER)}01${tx}`);
    }),
  describe(bytes) {
    return `${bytes.length} bytes: ${check(bytes)}, ${check(withRoot(bytes))} with its root`;
  },
  reaches(bytes) {
    return [check(bytes), check(withRoot(bytes))];
  },
};
