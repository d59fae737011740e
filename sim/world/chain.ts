import { p2wpkh } from '../../core/bitcoin/script.ts';
import { EMPTY_SCRIPT, serialiseTx, txid, txWeight } from '../../core/bitcoin/tx.ts';
import type { Outpoint, Tx, TxOutput } from '../../core/bitcoin/tx.ts';
import type { ChainPoint } from '../../core/chain/update.ts';
import type { Hash32, Script, SecretKey, Txid } from '../../core/crypto/bytes.ts';
import type { Crypto } from '../../core/crypto/types.ts';
import { placeOfChannel } from '../../core/wire/short-channel-id.ts';
import type { ChainView, ScriptInterpreter } from '../scenario/types.ts';
import { signCoin } from './coin-signature.ts';
import { isFinal, mayReplace, relayFeeSat } from './mempool-policy.ts';
import type { Paid } from './mempool-policy.ts';

/** Height at which every world starts: blocks before it are of no interest. */
export const INITIAL_HEIGHT = 1000;
/** Where every chain of every world starts. */
export const INITIAL_POINT: ChainPoint = { height: INITIAL_HEIGHT, hash: hashOf(INITIAL_HEIGHT, 0) };
/** The most blocks that may ever be replaced at once. */
export const MAX_REORG_DEPTH = 100;

/** What becomes of the transactions of blocks that are replaced: in the first new block, back in the mempool, or gone. */
export type AfterReorg = 'mined' | 'waiting' | 'lost';

export interface Block extends ChainPoint {
  readonly parent: Hash32;
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

/** Why a package did not come into the mempool. */
type Refused = 'missing-inputs' | 'conflict' | 'not-final' | 'invalid' | 'fee-too-low';

function shareInput(a: Tx, b: Tx): boolean {
  return a.inputs.some((input) => b.inputs.some((other) => sameOutpoint(input, other)));
}

export function sameOutpoint(a: Outpoint, b: Outpoint): boolean {
  return a.txid === b.txid && a.vout === b.vout;
}

/** Readable and never the same twice: `branch` counts the reorganisations so far. */
function hashOf(height: number, branch: number): Hash32 {
  return `${branch.toString(16).padStart(8, '0')}${height.toString(16).padStart(56, '0')}` as Hash32;
}

/**
 * The one chain of a world. Blocks come, and are replaced by a longer branch. The mempool takes what spends something known and unspent:
 * first seen wins.
 */
export class Chain implements ChainView {
  private readonly crypto: Crypto;
  readonly blocks: Block[];
  /** Blocks that were replaced: who has seen them finds from there to the chain. */
  private readonly replaced: Block[];
  private branch: number;
  private pool: KnownTx[];
  private readonly coins: Coin[];

  constructor(crypto: Crypto, from?: Chain) {
    this.crypto = crypto;
    this.blocks = from === undefined ? [] : [...from.blocks];
    this.replaced = from === undefined ? [] : [...from.replaced];
    this.branch = from?.branch ?? 0;
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

  /** Of the newest replaced block that had what is neither in the chain nor waiting now, though it still could be. Undefined where there is none. */
  get lostHeight(): number | undefined {
    if (this.replaced.length === 0) return undefined;
    const known = new Set([...this.known()].map((entry) => entry.txid));
    const isLost = ({ txid: id, tx }: KnownTx): boolean => !known.has(id) && !tx.inputs.some((input) => this.isSpent(input));
    const heights = this.replaced.flatMap(({ height, transactions }) => (transactions.some(isLost) ? [height] : []));
    return heights.length === 0 ? undefined : Math.max(...heights);
  }

  get tip(): ChainPoint {
    return this.blocks.at(-1) ?? INITIAL_POINT;
  }

  /** The newest block of the chain that this one builds on, itself if it is still there. */
  forkBelow(point: ChainPoint): ChainPoint {
    let { height, hash } = point;
    while (height > INITIAL_HEIGHT && this.block(height)?.hash !== hash) {
      const gone = this.replaced.find((block) => block.hash === hash);
      if (gone === undefined) throw new RangeError(`no block ${hash} at height ${height} was ever mined`);
      hash = gone.parent;
      height--;
    }
    return { height, hash };
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

  /** The output at a place of the chain, if a block has it and none has spent it. */
  unspentAt(shortChannelId: bigint): { readonly script: Script; readonly amountSat: bigint } | undefined {
    const { blockHeight, txIndex, outputIndex } = placeOfChannel(shortChannelId);
    const found = this.block(blockHeight)?.transactions[txIndex];
    const output = found?.tx.outputs[outputIndex];
    if (found === undefined || output === undefined || this.isSpent({ txid: found.txid, vout: outputIndex })) return undefined;
    return { script: output.script, amountSat: output.amountSat };
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

  /** A wallet's coin, with no history. */
  give(coin: Coin): void {
    this.coins.push(coin);
  }

  /**
   * Takes a package into the mempool, by the policy of those who relay: fees, replacements, finality, and scripts where there is an interpreter.
   * What it says of a package that it has not taken names why.
   */
  submit(txs: readonly Tx[], interpreter?: ScriptInterpreter): 'accepted' | 'known' | Refused {
    const known = new Set([...this.known()].map((entry) => entry.txid));
    const news = txs.map((tx) => ({ txid: txid(this.crypto, tx), tx })).filter((entry) => !known.has(entry.txid));
    if (news.length === 0) return 'known';
    const conflicts = this.withDescendants(this.pool.filter(({ tx }) => news.some((entry) => shareInput(entry.tx, tx))));
    const rest = this.pool.filter((entry) => !conflicts.includes(entry));
    const before = this.pool;
    const replaced = conflicts.map(({ tx }) => this.paidBy(tx));
    this.pool = rest;
    const paid = { feeSat: 0n, weight: 0 };
    for (const entry of news) {
      const refused = this.refusal(entry.tx, interpreter);
      if (refused !== undefined) {
        this.pool = before;
        return refused;
      }
      const { feeSat, weight } = this.paidBy(entry.tx);
      paid.feeSat += feeSat;
      paid.weight += weight;
      this.pool = [...this.pool, entry];
    }
    const enough = paid.feeSat >= relayFeeSat(paid.weight) && (replaced.length === 0 || mayReplace(paid, replaced));
    if (enough) return 'accepted';
    this.pool = before;
    return 'fee-too-low';
  }

  /** Why the next block could not have a transaction. */
  private refusal(tx: Tx, interpreter: ScriptInterpreter | undefined): Refused | undefined {
    const prevouts: TxOutput[] = [];
    for (const input of tx.inputs) {
      const output = this.output(input);
      if (output === undefined) return 'missing-inputs';
      if (this.isSpent(input)) return 'conflict';
      prevouts.push(output);
    }
    const heights = tx.inputs.map((input) => this.heightOf(input));
    if (!isFinal(tx, this.height + 1, heights)) return 'not-final';
    const isValid = interpreter === undefined || interpreter.verifySpend(this.crypto, serialiseTx(tx), prevouts).ok;
    return isValid ? undefined : 'invalid';
  }

  /** Of the block that has an output, the next one where it waits for it; a coin has always been there. */
  private heightOf({ txid: id }: Outpoint): number {
    for (const { height, transactions } of this.blocks) if (transactions.some((entry) => entry.txid === id)) return height;
    return this.pool.some((entry) => entry.txid === id) ? this.height + 1 : 0;
  }

  private paidBy(tx: Tx): Paid {
    const brought = tx.inputs.reduce((sum, input) => sum + (this.output(input)?.amountSat ?? 0n), 0n);
    return { feeSat: tx.outputs.reduce((left, { amountSat }) => left - amountSat, brought), weight: txWeight(tx) };
  }

  private withDescendants(entries: readonly KnownTx[]): readonly KnownTx[] {
    const all = [...entries];
    for (const { txid: id } of all)
      for (const entry of this.pool) if (!all.includes(entry) && entry.tx.inputs.some((input) => input.txid === id)) all.push(entry);
    return all;
  }

  /** One block with everything that waits. */
  mine(nowMs: number): void {
    this.add(nowMs, this.pool);
    this.pool = [];
  }

  private add(minedMs: number, transactions: readonly KnownTx[]): void {
    const height = this.height + 1;
    this.blocks.push({ height, hash: hashOf(height, this.branch), parent: this.tip.hash, minedMs, transactions });
  }

  /** The newest `depth` blocks are replaced by one more. False where there are not so many. */
  reorganise(depth: number, nowMs: number, after: AfterReorg): boolean {
    if (depth < 1 || depth > Math.min(MAX_REORG_DEPTH, this.blocks.length)) return false;
    const gone = this.blocks.splice(-depth);
    const transactions = gone.flatMap((block) => block.transactions);
    this.replaced.push(...gone);
    this.branch++;
    this.add(nowMs, after === 'mined' ? transactions : []);
    while (this.height <= (gone.at(-1) as Block).height) this.add(nowMs, []);
    if (after === 'waiting') this.pool = [...transactions, ...this.pool];
    if (after === 'lost') this.pool = this.spendable(this.pool);
    return true;
  }

  /** The same from the block of a transaction on, where something else spends what that spent; what was confirmed with it waits again. */
  doubleSpend({ height, index }: { readonly height: number; readonly index: number }, nowMs: number): boolean {
    const spent = this.block(height)?.transactions[index];
    if (spent === undefined || !this.reorganise(this.height - height + 1, nowMs, 'lost')) return false;
    const tx: Tx = { ...spent.tx, locktime: spent.tx.locktime + 1 };
    const first = this.blocks[height - INITIAL_HEIGHT - 1] as Block;
    this.blocks[height - INITIAL_HEIGHT - 1] = { ...first, transactions: [{ txid: txid(this.crypto, tx), tx }] };
    this.pool = this.spendable(this.pool);
    return true;
  }

  /** Those of a mempool whose inputs are still there. */
  private spendable(pool: readonly KnownTx[]): KnownTx[] {
    this.pool = [];
    for (const known of pool) if (known.tx.inputs.every((input) => this.output(input) !== undefined)) this.pool.push(known);
    return this.pool;
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
    return signCoin(this.crypto, { secret, key }, unsigned, 0, coin.output.amountSat);
  }
}
