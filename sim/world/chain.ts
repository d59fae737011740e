import { bip143Sighash, SIGHASH_ALL } from '../../core/bitcoin/sighash.ts';
import { scriptSignature } from '../../core/bitcoin/der.ts';
import { p2pkh, p2wpkh } from '../../core/bitcoin/script.ts';
import { EMPTY_SCRIPT, txid, withWitness } from '../../core/bitcoin/tx.ts';
import type { Outpoint, Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import type { Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import type { BlockTransaction } from '../../core/channel/model/vocabulary.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import type { ChainView } from '../scenario/types.ts';

/** Height at which every world starts: blocks before it are of no interest. */
export const INITIAL_HEIGHT = 1000;

export interface Block {
  readonly height: number;
  readonly minedMs: number;
  readonly transactions: readonly KnownTx[];
}
export interface KnownTx {
  readonly txid: Txid;
  readonly tx: Tx;
}
interface Coin {
  readonly outpoint: Outpoint;
  readonly output: TxOutput;
}

export function sameOutpoint(a: Outpoint, b: Outpoint): boolean {
  return a.txid === b.txid && a.vout === b.vout;
}

/** The one chain of a world. Blocks only come, none goes yet. The mempool takes what spends something known and unspent: first seen wins. */
export class Chain implements ChainView {
  private readonly crypto: Crypto;
  readonly blocks: Block[];
  private pool: KnownTx[];
  private readonly coins: Coin[];

  constructor(crypto: Crypto, from?: Chain) {
    this.crypto = crypto;
    this.blocks = from === undefined ? [] : [...from.blocks];
    this.pool = from === undefined ? [] : [...from.pool];
    this.coins = from === undefined ? [] : [...from.coins];
  }

  fork(): Chain {
    return new Chain(this.crypto, this);
  }

  get height(): number {
    return INITIAL_HEIGHT + this.blocks.length;
  }

  get confirmed(): readonly { readonly height: number; readonly tx: Tx }[] {
    return this.blocks.flatMap(({ height, transactions }) => transactions.map(({ tx }) => ({ height, tx })));
  }

  get mempool(): readonly Tx[] {
    return this.pool.map(({ tx }) => tx);
  }

  get hasUnconfirmed(): boolean {
    return this.pool.length > 0;
  }

  /** Undefined above the tip. */
  block(height: number): Block | undefined {
    return this.blocks[height - INITIAL_HEIGHT - 1];
  }

  private *known(): Generator<KnownTx> {
    for (const block of this.blocks) yield* block.transactions;
    yield* this.pool;
  }

  output(outpoint: Outpoint): TxOutput | undefined {
    for (const entry of this.known()) if (entry.txid === outpoint.txid) return entry.tx.outputs[outpoint.vout];
    return this.coins.find((coin) => sameOutpoint(coin.outpoint, outpoint))?.output;
  }

  private isSpent(outpoint: Outpoint): boolean {
    for (const { tx } of this.known()) if (tx.inputs.some((input) => sameOutpoint(input, outpoint))) return true;
    return false;
  }

  broadcast(tx: Tx): 'accepted' | 'known' | 'conflict' | 'missing-inputs' {
    const id = txid(this.crypto, tx);
    for (const entry of this.known()) if (entry.txid === id) return 'known';
    if (tx.inputs.some((input) => this.output(input) === undefined)) return 'missing-inputs';
    if (tx.inputs.some((input) => this.isSpent(input))) return 'conflict';
    this.pool.push({ txid: id, tx });
    return 'accepted';
  }

  /** One block with everything that waits. */
  mine(nowMs: number): void {
    this.blocks.push({ height: this.height + 1, minedMs: nowMs, transactions: this.pool });
    this.pool = [];
  }

  /** A transaction with one output of this amount and script that spends a coin made up for it, with a true signature. */
  fundingTx(secret: SecretKey, coinTxid: Txid, amountSat: bigint, script: Script): Tx {
    const key = this.crypto.publicKey(secret);
    const home = p2wpkh(this.crypto, key);
    const changeSat = 100_000n;
    const feeSat = 2_000n;
    const coin = { outpoint: { txid: coinTxid, vout: 0 }, output: { amountSat: amountSat + changeSat + feeSat, script: home } };
    this.coins.push(coin);
    const outputs = [
      { amountSat, script },
      { amountSat: changeSat, script: home },
    ];
    // The funding output is not always the first.
    if (coinTxid.charCodeAt(0) % 2 === 0) outputs.reverse();
    const unsigned: Tx = {
      version: 2,
      locktime: 0,
      inputs: [{ txid: coinTxid, vout: 0, sequence: 0xfffffffd, scriptSig: EMPTY_SCRIPT, witness: [] }],
      outputs,
    };
    const digest = bip143Sighash(this.crypto, unsigned, 0, p2pkh(this.crypto, key), coin.output.amountSat, SIGHASH_ALL);
    return withWitness(unsigned, 0, [scriptSignature(this.crypto.sign(digest, secret), SIGHASH_ALL), key]);
  }
}

/** What one node knows of the chain: how far it has seen, and what it watches. */
export class ChainWatch {
  seenHeight: number;
  private readonly txids: Set<Txid>;
  private readonly outpoints: Outpoint[];

  constructor(from?: ChainWatch) {
    this.seenHeight = from?.seenHeight ?? INITIAL_HEIGHT;
    this.txids = new Set(from?.txids);
    this.outpoints = from === undefined ? [] : [...from.outpoints];
  }

  watchTx(id: Txid): void {
    this.txids.add(id);
  }

  watchSpend(outpoint: Outpoint): void {
    if (!this.outpoints.some((known) => sameOutpoint(known, outpoint))) this.outpoints.push(outpoint);
  }

  /** The transactions of a block that this node asked for. */
  relevant(block: Block): BlockTransaction[] {
    const out: BlockTransaction[] = [];
    for (const [index, entry] of block.transactions.entries()) {
      if (this.txids.has(entry.txid) || this.spendsWatched(entry.tx)) out.push({ index, tx: entry.tx });
    }
    return out;
  }

  private spendsWatched(tx: Tx): boolean {
    return tx.inputs.some((input) => this.outpoints.some((known) => sameOutpoint(known, input)));
  }
}
