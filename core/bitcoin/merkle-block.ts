import { toHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Txid } from '../crypto/bytes.ts';
import type { HashFunctions } from '../crypto/types.ts';
import { MAX_BLOCK_BYTES } from './block.ts';
import { ByteCursor } from './byte-cursor.ts';
import { HEADER_BYTES, readHeader } from './header.ts';
import type { BlockHeader } from './header.ts';
import { merkleParent } from './merkle.ts';

/** The least that a transaction takes of a block. */
const LEAST_TX_BYTES = 60;

/** A header with a proof that some transactions are in its block (BIP 37): what `gettxoutproof` gives, and peers send as `merkleblock`. */
export interface MerkleBlock {
  readonly header: BlockHeader;
  readonly matches: readonly { readonly txid: Txid; readonly index: number }[];
}

/** Undefined for what proves nothing: another root, hashes or flags left over, or a block of more transactions than there can be. */
export function readMerkleBlock(hashes: HashFunctions, bytes: Uint8Array): MerkleBlock | undefined {
  const header = readHeader(hashes, bytes);
  const cursor = new ByteCursor(bytes, HEADER_BYTES);
  const total = cursor.u32();
  const nodes = Array.from({ length: cursor.count(32) }, () => toHex<Hash32>(cursor.take(32)));
  const flags = cursor.take(cursor.compactSize());
  if (header === undefined || !cursor.ended || total === 0 || total > MAX_BLOCK_BYTES / LEAST_TX_BYTES) return undefined;
  const tree = new PartialTree(hashes, total, nodes, flags);
  const root = tree.root();
  return root === header.merkleRoot && tree.isUsedUp ? { header, matches: tree.matches } : undefined;
}

/** A merkle tree of which only the way to some leaves is there, from the top down, left before right. */
class PartialTree {
  readonly matches: { readonly txid: Txid; readonly index: number }[] = [];
  readonly #hashes: HashFunctions;
  readonly #total: number;
  readonly #nodes: readonly Hex[];
  readonly #flags: Uint8Array;
  #node = 0;
  #flag = 0;

  constructor(hashes: HashFunctions, total: number, nodes: readonly Hex[], flags: Uint8Array) {
    this.#hashes = hashes;
    this.#total = total;
    this.#nodes = nodes;
    this.#flags = flags;
  }

  get isUsedUp(): boolean {
    return this.#node === this.#nodes.length && Math.ceil(this.#flag / 8) === this.#flags.length;
  }

  root(): Hex | undefined {
    let height = 0;
    while (this.#width(height) > 1) height++;
    return this.#under(height, 0);
  }

  #width(height: number): number {
    return Math.ceil(this.#total / 2 ** height);
  }

  /** The hash of a node; undefined where the proof is none. */
  #under(height: number, place: number): Hex | undefined {
    if (this.#flag >= 8 * this.#flags.length) return undefined;
    const isOnTheWay = (((this.#flags[this.#flag >> 3] as number) >> (this.#flag & 7)) & 1) === 1;
    this.#flag++;
    if (height === 0 || !isOnTheWay) {
      const node = this.#nodes[this.#node++];
      if (height === 0 && isOnTheWay && node !== undefined) this.matches.push({ txid: node as Txid, index: place });
      return node;
    }
    const left = this.#under(height - 1, 2 * place);
    if (left === undefined || 2 * place + 1 >= this.#width(height - 1)) return left && merkleParent(this.#hashes, left, left);
    const right = this.#under(height - 1, 2 * place + 1);
    // Two equal neighbours would let the same transaction stand twice (CVE-2012-2459).
    return right === undefined || right === left ? undefined : merkleParent(this.#hashes, left, right);
  }
}
