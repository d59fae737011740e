import { readHex, toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, RawTx, Script, Txid } from '../crypto/bytes.ts';
import { hash256 } from '../crypto/hashes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { ByteCursor } from './byte-cursor.ts';
import { HEADER_BYTES, readHeader } from './header.ts';
import type { BlockHeader } from './header.ts';
import { merkleParent, merkleRoot } from './merkle.ts';
import { parseTx } from './parse.ts';
import type { Outpoint, Tx } from './tx.ts';

/** The most bytes that a block can have (BIP 141: four million weight units). */
export const MAX_BLOCK_BYTES = 4_000_000;
const LEAST_INPUT_BYTES = 41;
const LEAST_OUTPUT_BYTES = 9;
const LEAST_TX_BYTES = 10;
/** OP_RETURN, 36 bytes, and the mark of BIP 141 before the hash. */
const COMMITMENT_PREFIX = '6a24aa21a9ed';

/** A transaction of a block as far as it must be known to tell whether it is of interest. */
export interface SlicedTx {
  readonly txid: Txid;
  readonly spends: readonly Outpoint[];
  readonly scripts: readonly Script[];
  /** Of the first input; empty where there is none. */
  readonly firstWitness: readonly Hex[];
  readonly hasWitness: boolean;
  readonly bytes: Uint8Array;
}

export interface Block {
  readonly header: BlockHeader;
  readonly transactions: readonly SlicedTx[];
}

/** Why bytes are not the block that their header commits to. */
export type BlockFault = 'bytes' | 'merkle' | 'witness';

/** A block all of whose bytes its header commits to: transactions by the merkle root, witnesses by the coinbase's commitment (BIP 141). */
export function readBlock(hashes: HashFunctions, bytes: Uint8Array): Block | BlockFault {
  const header = readHeader(hashes, bytes);
  if (header === undefined || bytes.length > MAX_BLOCK_BYTES) return 'bytes';
  const cursor = new ByteCursor(bytes, HEADER_BYTES);
  const transactions: SlicedTx[] = [];
  for (let count = cursor.count(LEAST_TX_BYTES); count > 0 && !cursor.broken; count--) transactions.push(sliceTx(hashes, cursor));
  if (!cursor.ended || transactions.length === 0) return 'bytes';
  const root = merkleRoot(
    hashes,
    transactions.map(({ txid }) => txid),
  );
  if (root !== header.merkleRoot) return 'merkle';
  return witnessesHold(hashes, transactions) ? { header, transactions } : 'witness';
}

/** The whole transaction; undefined where the library can't read what the block commits to. */
export function wholeTx({ bytes }: SlicedTx): Tx | undefined {
  return parseTx(toHex<RawTx>(bytes));
}

/** One transaction and nothing else; undefined for other bytes. */
export function readSlicedTx(hashes: HashFunctions, bytes: Uint8Array): SlicedTx | undefined {
  const cursor = new ByteCursor(bytes);
  const sliced = sliceTx(hashes, cursor);
  return cursor.ended ? sliced : undefined;
}

function sliceTx(hashes: HashFunctions, cursor: ByteCursor): SlicedTx {
  const start = cursor.skip(4);
  const { bytes } = cursor;
  const isSegwit = bytes[cursor.at] === 0 && bytes[cursor.at + 1] === 1;
  if (isSegwit) cursor.skip(2);
  const bodyStart = cursor.at;
  const spends = inputs(cursor);
  const scripts = outputs(cursor);
  const bodyEnd = cursor.at;
  const witnesses = isSegwit ? spends.map(() => witness(cursor)) : [];
  cursor.skip(4);
  const end = cursor.at;
  const hasWitness = witnesses.some((items) => items.length > 0);
  // A marker without any witness is no transaction of Bitcoin's.
  if (isSegwit && !hasWitness) cursor.broken = true;
  const plain = new Uint8Array(bodyEnd - bodyStart + 8);
  plain.set(bytes.subarray(start, start + 4));
  plain.set(bytes.subarray(bodyStart, bodyEnd), 4);
  plain.set(bytes.subarray(end - 4, end), bodyEnd - bodyStart + 4);
  const txid = toHex<Txid>(hash256(hashes, plain));
  const firstWitness = (witnesses[0] ?? []).map((item) => toHex(item));
  return { txid, spends, scripts, firstWitness, hasWitness, bytes: bytes.subarray(start, end) };
}

function inputs(cursor: ByteCursor): readonly Outpoint[] {
  const spends: Outpoint[] = [];
  for (let count = cursor.count(LEAST_INPUT_BYTES); count > 0 && !cursor.broken; count--) {
    const start = cursor.skip(32);
    const vout = cursor.u32();
    cursor.skip(cursor.compactSize());
    cursor.skip(4);
    if (!cursor.broken) spends.push({ txid: readHex<Txid>(cursor.bytes, start, start + 32), vout });
  }
  return spends;
}

function outputs(cursor: ByteCursor): readonly Script[] {
  const scripts: Script[] = [];
  for (let count = cursor.count(LEAST_OUTPUT_BYTES); count > 0 && !cursor.broken; count--) {
    cursor.skip(8);
    scripts.push(toHex<Script>(cursor.take(cursor.compactSize())));
  }
  return scripts;
}

function witness(cursor: ByteCursor): readonly Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let count = cursor.count(1); count > 0 && !cursor.broken; count--) items.push(cursor.take(cursor.compactSize()));
  return items;
}

/** BIP 141: the last output of the coinbase with the mark commits to all witnesses; without one there are none. */
function witnessesHold(hashes: HashFunctions, transactions: readonly SlicedTx[]): boolean {
  const [coinbase, ...others] = transactions as readonly [SlicedTx, ...SlicedTx[]];
  const script = coinbase.scripts.findLast((candidate) => candidate.startsWith(COMMITMENT_PREFIX) && candidate.length >= 76);
  if (script === undefined) return transactions.every(({ hasWitness }) => !hasWitness);
  const [reserved = '', ...rest] = coinbase.firstWitness;
  if (reserved.length !== 64 || rest.length > 0) return false;
  const root = merkleRoot(hashes, ['00'.repeat(32), ...others.map(({ bytes }) => toHex(hash256(hashes, bytes)))]);
  const committed: Hash32 = script.slice(COMMITMENT_PREFIX.length, 76) as Hash32;
  return root !== undefined && merkleParent(hashes, root, reserved) === committed;
}
