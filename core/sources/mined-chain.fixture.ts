import { compactSize, u32le } from '../bitcoin/encode.ts';
import { readHeader } from '../bitcoin/header.ts';
import type { BlockHeader } from '../bitcoin/header.ts';
import { merkleParent, merkleRoot } from '../bitcoin/merkle.ts';
import { EMPTY_SCRIPT, serialiseTx, txid } from '../bitcoin/tx.ts';
import type { Outpoint, Tx, TxOutput } from '../bitcoin/tx.ts';
import type { ChainPoint } from '../chain/update.ts';
import { fromHex } from '../crypto/bytes.ts';
import type { Hash32, Hex, Script, Txid } from '../crypto/bytes.ts';
import { hash256Hex } from '../crypto/hashes.ts';
import { noble } from '../crypto/noble.fixture.ts';
import { NETWORKS } from './networks.ts';
import { meetsTarget } from './proof-of-work.ts';

/** A real block of regtest, with the scripts that its transactions spend. */
export interface MinedBlock extends ChainPoint {
  readonly header: BlockHeader;
  readonly headerHex: Hex;
  readonly bytes: Hex;
  readonly txs: readonly Tx[];
}

const RESERVED = '00'.repeat(32);
const GENESIS_TIME = 1296688602;

export function idOf(tx: Tx): Txid {
  return txid(noble, tx);
}

/** A transaction with these inputs, each with this witness, and outputs of 1000 sat. */
export function spendingTx(spent: readonly Outpoint[], scripts: readonly Script[], locktime = 0, witness: readonly Hex[] = ['01']): Tx {
  const inputs = spent.map(({ txid: id, vout }) => ({ txid: id, vout, sequence: 0, scriptSig: EMPTY_SCRIPT, witness }));
  return { version: 2, locktime, inputs, outputs: scripts.map((script) => ({ amountSat: 1000n, script })) };
}

function coinbase(height: number, extra: number, txs: readonly Tx[]): Tx {
  const root = merkleRoot(noble, [RESERVED, ...txs.map((tx) => hash256Hex(noble, serialiseTx(tx)))]) as Hex;
  const commitment = `6a24aa21a9ed${merkleParent(noble, root, RESERVED)}` as Script;
  const input = {
    txid: RESERVED as Txid,
    vout: 0xffffffff,
    sequence: 0xffffffff,
    scriptSig: `04${u32le(height)}04${u32le(extra)}` as Script,
    witness: [RESERVED],
  };
  const outputs: readonly TxOutput[] = [
    { amountSat: 5_000_000_000n, script: '51' as Script },
    { amountSat: 0n, script: commitment },
  ];
  return { version: 2, locktime: 0, inputs: [input], outputs };
}

/** A chain of real blocks at regtest's difficulty. */
export class MinedChain {
  /** Of the best chain, from the genesis block on. */
  blocks: MinedBlock[] = [genesisBlock()];
  /** Every block that ever was. */
  readonly all = new Map<Hash32, MinedBlock>(this.blocks.map((block) => [block.hash, block]));
  #extra = 0;

  get tip(): MinedBlock {
    return this.blocks.at(-1) as MinedBlock;
  }

  mine(txs: readonly Tx[] = []): MinedBlock {
    const block = mineOn(this.tip, ++this.#extra, txs);
    this.blocks.push(block);
    this.all.set(block.hash, block);
    return block;
  }

  /** Takes blocks off the chain. */
  drop(depth: number): readonly MinedBlock[] {
    return this.blocks.splice(Math.max(1, this.blocks.length - depth));
  }

  at(height: number): MinedBlock | undefined {
    return this.blocks[height];
  }
}

function genesisBlock(): MinedBlock {
  const headerHex = NETWORKS.regtest.genesis;
  const header = readHeader(noble, fromHex(headerHex)) as BlockHeader;
  return { height: 0, hash: header.hash, header, headerHex, bytes: headerHex, txs: [] };
}

function mineOn(parent: MinedBlock, extra: number, others: readonly Tx[]): MinedBlock {
  const height = parent.height + 1;
  const txs = [coinbase(height, extra, others), ...others];
  const root = merkleRoot(noble, txs.map(idOf)) as Hex;
  for (let nonce = 0; ; nonce++) {
    const headerHex = `00000020${parent.hash}${root}${u32le(GENESIS_TIME + height * 600)}ffff7f20${u32le(nonce)}`;
    const header = readHeader(noble, fromHex(headerHex)) as BlockHeader;
    if (!meetsTarget(header)) continue;
    const bytes = headerHex + compactSize(txs.length) + txs.map(serialiseTx).join('');
    return { height, hash: header.hash, header, headerHex, bytes, txs };
  }
}
